# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A GitHub App: from its private key to an access token that can manage runners and nothing else.

Source: https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app.
"""

from __future__ import annotations

import base64
import json
import time
from typing import Any, NamedTuple

from . import moments, openssl, permissions
from .credential import App
from .errors import Trouble
from .github import GitHub, Transport
from .scope import Scope

# GitHub takes ten minutes at most, and clocks differ.
_JWT_LIFE = 540
_CLOCK_SKEW = 60


class AccessToken(NamedTuple):
    """What the App's installation may use for an hour."""

    token: str
    expires_at: float  #: Unix time


def access_token(transport: Transport, scope: Scope, app: App) -> AccessToken:
    """A new access token, narrowed to the one permission that manages the runners of this scope. Raises Trouble."""
    github = GitHub(transport, scope, jwt(app, time.time()))
    number = app.installation_id or installation(github, scope)["id"]
    wanted: dict[str, Any] = {"permissions": {permissions.NEEDED[scope.kind]: "write"}}
    if scope.kind == "repository":
        wanted["repositories"] = [scope.owner.partition("/")[2]]
    try:
        document = github.create_access_token(number, wanted)
        return AccessToken(document["token"], moments.seconds(document["expires_at"]))
    except (KeyError, TypeError, ValueError) as error:
        raise Trouble("nonsense", "GitHub's answer to an App's request for an access token cannot be read") from error
    except Trouble as trouble:
        raise _explained(trouble, scope) from trouble


def installation(github: GitHub, scope: Scope) -> dict[str, Any]:
    """The App's installation at the scope's owner. Raises Trouble, naming what it lacks."""
    if scope.kind not in permissions.NEEDED:
        raise Trouble(
            "forbidden",
            "GitHub lets no GitHub App manage an enterprise's runners: use a classic token with "
            f"{permissions.SCOPES[scope.kind]}",
            lasting=True,
        )
    try:
        found = github.installation()
    except Trouble as trouble:
        if trouble.kind == "not_found":
            raise Trouble(
                "not_found",
                f"the GitHub App is not installed at {scope.owner} (404): install it there, or look at the URL",
                lasting=True,
            ) from trouble
        raise _explained(trouble, scope) from trouble
    if found.get("suspended_at"):
        raise Trouble(
            "forbidden",
            f"the GitHub App's installation at {scope.owner} is suspended: unsuspend it on the installation's page",
            lasting=True,
        )
    granted = found.get("permissions") or {}
    if granted.get(permissions.NEEDED[scope.kind]) != "write":
        raise _lacks(scope)
    return found


def jwt(app: App, now: float) -> str:
    """What the App proves itself with, signed by openssl: the key is on a pipe. Raises Trouble."""
    head = {"alg": "RS256", "typ": "JWT"}
    claims = {"iat": int(now) - _CLOCK_SKEW, "exp": int(now) + _JWT_LIFE, "iss": app.client_id}
    text = ".".join(_base64(json.dumps(part, separators=(",", ":")).encode()) for part in (head, claims))
    try:
        signature = openssl.run(
            ("dgst", "-sha256", "-binary", "-sign", "/dev/fd/{0}"), text.encode(), [app.private_key.encode()]
        )
    except openssl.OpensslError as error:
        raise Trouble("credential", f"the GitHub App's private key cannot sign: {error}", lasting=True) from error
    return f"{text}.{_base64(signature)}"


def _explained(trouble: Trouble, scope: Scope) -> Trouble:
    """What GitHub's answer to an App means, where it is not the same as for a token."""
    if trouble.kind == "refused":
        return Trouble(
            "refused",
            "GitHub refused the GitHub App (401): look at its client id, its private key and the clock",
            lasting=True,
        )
    if trouble.kind == "invalid":
        return _lacks(scope)
    if trouble.kind == "not_found":
        return Trouble(
            "not_found",
            f"the GitHub App has no such installation at {scope.owner} (404): look at its number, or leave it out",
            lasting=True,
        )
    return trouble


def _lacks(scope: Scope) -> Trouble:
    return Trouble(
        "forbidden",
        f"the GitHub App's installation at {scope.owner} lacks {permissions.needed(scope)}: "
        "tick it in the App's settings, then accept it at the installation",
        lasting=True,
    )


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
