# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Access tokens: which are known, what they may do, and how often.

Scopes and permissions: the descriptions in GitHub's OpenAPI document, and
https://docs.github.com/rest/authentication/permissions-required-for-fine-grained-personal-access-tokens.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

from .errors import ApiError, not_found
from .places import ENTERPRISE, ORG, REPO, Place

CLASSIC, FINE_GRAINED, INSTALLATION = "classic", "fine-grained", "installation"
KINDS = (CLASSIC, FINE_GRAINED, INSTALLATION)

HOUR = 3600.0
LIMIT = 5000

_SCOPES = {REPO: ("repo",), ORG: ("admin:org",), ENTERPRISE: ("manage_runners:enterprise", "admin:enterprise")}
_PERMISSIONS = {REPO: "administration", ORG: "organization_self_hosted_runners"}


def fingerprint(token: str) -> str:
    """How a token is named where it may be seen."""
    return hashlib.sha256(token.encode()).hexdigest()[:12]


@dataclass
class Token:
    """A token that GitHub has given out. ``owners`` and ``repositories`` limit what it sees; None: no limit."""

    kind: str
    login: str
    scopes: tuple[str, ...] = ()
    permissions: dict[str, str] = field(default_factory=dict)
    owners: tuple[str, ...] | None = None
    repositories: tuple[str, ...] | None = None
    expires_at: float | None = None
    limit: int = LIMIT
    used: int = 0
    reset_at: float = 0.0

    def sees(self, place: Place) -> bool:
        if self.repositories is not None and place.kind == REPO:
            return place.name.lower() in {repository.lower() for repository in self.repositories}
        return self.owners is None or place.owner.lower() in {owner.lower() for owner in self.owners}


class Tokens:
    """All tokens, by value."""

    def __init__(self, now: Callable[[], float]):
        self._now = now
        self._known: dict[str, Token] = {}

    def add(self, value: str, token: Token) -> None:
        self._known[value] = token

    def authenticate(self, authorization: str | None) -> Token:
        """The token of an Authorization header. Raises ApiError (401)."""
        if not authorization:
            raise ApiError(401, "Requires authentication")
        scheme, _space, value = authorization.partition(" ")
        token = self._known.get(value.strip()) if scheme.lower() in ("bearer", "token") else None
        if token is None or (token.expires_at is not None and token.expires_at <= self._now()):
            raise ApiError(401, "Bad credentials")
        return token

    def spend(self, token: Token) -> None:
        """Count a request against the hourly limit. Raises ApiError (403) where that is used up."""
        self.renew(token)
        if token.used >= token.limit:
            raise ApiError(403, f"API rate limit exceeded for user {token.login}.", rate_headers(token))
        token.used += 1

    def renew(self, token: Token) -> None:
        """Begin the next hour's count where it is due."""
        if self._now() >= token.reset_at:
            token.used, token.reset_at = 0, float(int(self._now() + HOUR))


def rate_headers(token: Token) -> dict[str, str]:
    """https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api#checking-the-status-of-your-rate-limit"""
    return {
        "X-RateLimit-Limit": str(token.limit),
        "X-RateLimit-Remaining": str(token.limit - token.used),
        "X-RateLimit-Used": str(token.used),
        "X-RateLimit-Reset": str(int(token.reset_at)),
        "X-RateLimit-Resource": "core",
    }


def require(token: Token, place: Place, *, write: bool) -> None:
    """Let the token manage (or, without ``write``, read) the runners of a place. Raises ApiError.

    GitHub hides from a classic token what it has no scope for (404), and tells any other which permission
    it lacks (403).
    """
    if not token.sees(place):
        raise not_found()
    if token.kind == CLASSIC:
        if not set(_SCOPES[place.kind]) & set(token.scopes):
            headers = {
                "X-OAuth-Scopes": ", ".join(token.scopes),
                "X-Accepted-OAuth-Scopes": ", ".join(_SCOPES[place.kind]),
            }
            raise ApiError(404, "Not Found", headers)
        return
    permission = _PERMISSIONS.get(place.kind)
    granted = token.permissions.get(permission or "")
    if granted == "write" or (granted == "read" and not write):
        return
    bearer = "integration" if token.kind == INSTALLATION else "personal access token"
    headers = {}
    if permission:
        headers["X-Accepted-GitHub-Permissions"] = f"{permission}={'write' if write else 'read'}"
    raise ApiError(403, f"Resource not accessible by {bearer}", headers)
