# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a GitHub URL to the REST paths of its runners. Pure."""

from __future__ import annotations

import dataclasses
import re
import urllib.parse

_NAME = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_.-]{0,99}")
_REMEDY = "use https://github.com/ORG, https://github.com/OWNER/REPO or https://github.com/enterprises/ENTERPRISE"


class ScopeError(ValueError):
    """A URL that names no owner of runners; the message says what to use instead."""


@dataclasses.dataclass(frozen=True)
class Scope:
    """Who owns the runners, and where their REST calls go."""

    url: str
    kind: str  #: organization, repository or enterprise
    owner: str  #: ORG, OWNER/REPO or ENTERPRISE
    api: str  #: base address of the REST API, without a trailing slash

    @property
    def _base(self) -> str:
        prefix = {"organization": "orgs", "repository": "repos", "enterprise": "enterprises"}[self.kind]
        return f"{self.api}/{prefix}/{self.owner}"

    @property
    def runners(self) -> str:
        """The address of the runners' collection: .../actions/runners."""
        return f"{self._base}/actions/runners"

    @property
    def groups(self) -> str:
        """The address of the runner groups; a repository has none."""
        return f"{self._base}/actions/runner-groups"

    @property
    def installation(self) -> str:
        """The address of a GitHub App's installation there; an enterprise can have none."""
        return f"{self._base}/installation"

    @property
    def host(self) -> str:
        """The server that people and runners know, such as github.com."""
        return urllib.parse.urlsplit(self.url).netloc.lower()


def parse_url(url: str) -> Scope:
    """The scope that a URL names, read as GitHub's own ``config.sh --url`` reads it. Raises ScopeError."""
    try:
        parts = urllib.parse.urlsplit(url.strip())
        parts.port  # noqa: B018 - reading it is what checks it
    except ValueError as error:
        raise ScopeError(f"{_shown(url)} is not the address of an organization or repository: {_REMEDY}") from error
    api = parts.hostname == "api.github.com"
    if parts.scheme != "https" or not parts.hostname or parts.query or parts.fragment or "@" in parts.netloc or api:
        raise ScopeError(f"{_shown(url)} is not the address of an organization or repository: {_REMEDY}")
    names = [name for name in parts.path.split("/") if name]
    if len(names) == 2 and names[1].endswith(".git"):
        names[1] = names[1][: -len(".git")]
    if not 1 <= len(names) <= 2 or names == ["enterprises"] or not all(_NAME.fullmatch(name) for name in names):
        raise ScopeError(f"{_shown(url)} is not the address of an organization or repository: {_REMEDY}")
    api = _api(parts.netloc.lower())
    if len(names) == 1:
        return Scope(url=url, kind="organization", owner=names[0], api=api)
    if names[0] == "enterprises":
        return Scope(url=url, kind="enterprise", owner=names[1], api=api)
    return Scope(url=url, kind="repository", owner="/".join(names), api=api)


def _api(host: str) -> str:
    """github.com, data residency and Enterprise Server each keep the API elsewhere: actions/runner, UrlUtil.cs."""
    if host in ("github.com", "www.github.com"):
        return "https://api.github.com"
    if host.endswith(".ghe.com"):
        return f"https://api.{host}"
    return f"https://{host}/api/v3"


def _shown(url: str) -> str:
    """The URL as it may be printed: a password in it is not."""
    return repr(re.sub(r"//[^/@]*@", "//***@", url))
