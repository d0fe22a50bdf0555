# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""GitHub Apps: their keys, where they are installed, and the access tokens that an installation gets.

https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app
"""

from __future__ import annotations

import base64
import json
import secrets
import string
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from .errors import ApiError, not_found
from .places import REPO, Place
from .tokens import INSTALLATION, Token, Tokens

TOKEN_LIFE = 3600.0
#: The longest that GitHub lets a JWT live, and how far its clock may be behind an App's.
JWT_LIFE, SKEW = 600, 60
#: GitHub's installation tokens have had about so many characters since 2026.
TOKEN_LENGTH = 516
_LEVELS = ("read", "write")


@dataclass
class Installation:
    """Where an App is installed; ``repositories`` None: all of the owner's."""

    id: int
    owner: str
    permissions: dict[str, str]
    repositories: tuple[str, ...] | None = None
    suspended: bool = False


@dataclass
class App:
    """An App."""

    id: int
    client_id: str
    public_key: str
    installations: list[Installation] = field(default_factory=list)


class Apps:
    """All Apps."""

    def __init__(self, now: Callable[[], float], tokens: Tokens):
        self._now = now
        self._tokens = tokens
        self._apps: list[App] = []

    def add(self, app: App) -> None:
        """Make an App known, in the place of one with the same id."""
        self._apps = [one for one in self._apps if one.id != app.id] + [app]

    def authenticate(self, authorization: str | None) -> App:
        """The App whose JWT an Authorization header holds. Raises ApiError (401)."""
        scheme, _space, text = (authorization or "").partition(" ")
        parts = text.strip().split(".")
        if scheme.lower() != "bearer" or len(parts) != 3:
            raise ApiError(401, "A JSON web token could not be decoded")
        try:
            head, claims = (json.loads(_decoded(part)) for part in parts[:2])
            signature = _decoded(parts[2])
            issued, ends, issuer = int(claims["iat"]), int(claims["exp"]), str(claims["iss"])
        except (ValueError, KeyError, TypeError):
            raise ApiError(401, "A JSON web token could not be decoded") from None
        app = next((one for one in self._apps if issuer in (one.client_id, str(one.id))), None)
        if app is None:
            raise ApiError(401, "Integration not found")
        if head.get("alg") != "RS256" or not _verifies(app.public_key, signature, f"{parts[0]}.{parts[1]}".encode()):
            raise ApiError(401, "A JSON web token could not be decoded")
        now = self._now()
        if issued > now + SKEW:
            raise ApiError(401, "'Issued at' claim ('iat') must be an Integer representing the time in the past")
        if ends <= now:
            raise ApiError(401, "'Expiration time' claim ('exp') must be a numeric value representing the future time")
        if ends > now + JWT_LIFE + SKEW or ends - issued > JWT_LIFE + SKEW:
            raise ApiError(401, "'Expiration time' claim ('exp') is too far in the future")
        return app

    def installed_at(self, app: App, place: Place) -> Installation:
        """The App's installation at an organisation or repository. Raises ApiError (404)."""
        for installation in app.installations:
            if installation.owner.lower() == place.owner.lower() and _reaches(installation, place):
                return installation
        raise not_found()

    def create_token(self, app: App, number: int, wanted: dict) -> tuple[str, Token]:
        """An access token, with the permissions and repositories that are wanted. Raises ApiError (403, 404, 422)."""
        installation = next((one for one in app.installations if one.id == number), None)
        if installation is None:
            raise not_found()
        if installation.suspended:
            raise ApiError(403, "This installation has been suspended")
        repositories = _narrowed(installation, wanted.get("repositories"))
        permissions = wanted.get("permissions") or installation.permissions
        for name, level in permissions.items():
            if level not in _LEVELS or not _grants(installation.permissions.get(name), level):
                raise ApiError(422, "The permissions requested are not granted to this installation.")
        value = "ghs_" + "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(TOKEN_LENGTH))
        token = Token(
            kind=INSTALLATION,
            login=f"{app.client_id}[bot]",
            permissions=dict(permissions),
            owners=(installation.owner,),
            repositories=repositories,
            expires_at=self._now() + TOKEN_LIFE,
        )
        self._tokens.add(value, token)
        return value, token


def _reaches(installation: Installation, place: Place) -> bool:
    if place.kind != REPO or installation.repositories is None:
        return True
    return place.name.lower() in {f"{installation.owner}/{one}".lower() for one in installation.repositories}


def _narrowed(installation: Installation, wanted: list | None) -> tuple[str, ...] | None:
    """The full names of the repositories that a token is for. Raises ApiError (422)."""
    if wanted is None:
        chosen = installation.repositories
    else:
        chosen = tuple(str(one) for one in wanted)
        if any(not _reaches(installation, Place(REPO, f"{installation.owner}/{one}")) for one in chosen):
            raise ApiError(
                422,
                "There is at least one repository that does not exist or is not accessible to the parent installation.",
            )
    return None if chosen is None else tuple(f"{installation.owner}/{one}" for one in chosen)


def _grants(granted: str | None, level: str) -> bool:
    return granted in _LEVELS and _LEVELS.index(granted) >= _LEVELS.index(level)


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _verifies(public_key: str, signature: bytes, text: bytes) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        key, signed = Path(folder, "key.pem"), Path(folder, "signature")
        key.write_text(public_key)
        signed.write_bytes(signature)
        command = ["openssl", "dgst", "-sha256", "-verify", str(key), "-signature", str(signed)]
        return subprocess.run(command, input=text, capture_output=True, check=False).returncode == 0
