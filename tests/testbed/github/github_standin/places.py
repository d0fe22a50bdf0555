# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where runners are registered: an organisation, a repository or an enterprise."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from .errors import not_found

ORG, REPO, ENTERPRISE = "orgs", "repos", "enterprises"
#: GitHub's names, and those of one with data residency (https://docs.github.com/enterprise-cloud@latest/admin/data-residency).
HOSTS = ("github.com", "bed.ghe.com")
#: An Enterprise Server, whose certificate is of an authority that hosts do not trust by themselves.
SERVER_HOST = "ghes.testbed"
SERVER_PREFIX = "/api/v3"


@dataclass(frozen=True)
class Place:
    """One owner of runners, by the first parts of its REST paths: ``orgs/acme``, ``repos/acme/widgets``."""

    kind: str
    name: str

    @property
    def path(self) -> str:
        return f"{self.kind}/{self.name}"

    @property
    def owner(self) -> str:
        return self.name.split("/")[0]

    @property
    def page(self) -> str:
        """The path of the page that a person knows it by."""
        return f"enterprises/{self.name}" if self.kind == ENTERPRISE else self.name


@dataclass(frozen=True)
class Group:
    """A runner group."""

    id: int
    name: str
    default: bool = False


@dataclass(frozen=True)
class World:
    """What exists at this GitHub besides runners and jobs. Names are compared as GitHub does, without case."""

    orgs: tuple[str, ...] = ("acme", "globex")
    repos: tuple[str, ...] = ("acme/widgets", "acme/gadgets", "globex/engine")
    enterprises: tuple[str, ...] = ("acme-group",)
    groups: tuple[Group, ...] = field(default=(Group(1, "Default", default=True), Group(2, "restricted")))

    def place(self, kind: str, name: str) -> Place:
        """The place of this name. Raises ApiError (404)."""
        known = {ORG: self.orgs, REPO: self.repos, ENTERPRISE: self.enterprises}[kind]
        for candidate in known:
            if candidate.lower() == name.lower():
                return Place(kind, candidate)
        raise not_found()

    def by_url(self, url: str) -> Place:
        """The place that a person means with this address, as ``config.sh --url`` does. Raises ApiError (404)."""
        parts = [part for part in urlsplit(url).path.split("/") if part]
        if len(parts) == 2 and parts[0] == "enterprises":
            return self.place(ENTERPRISE, parts[1])
        if len(parts) == 2:
            return self.place(REPO, "/".join(parts))
        if len(parts) == 1:
            return self.place(ORG, parts[0])
        raise not_found()

    def by_path(self, path: str) -> Place:
        """The place with this ``path``. Raises ApiError (404)."""
        kind, _slash, name = path.strip("/").partition("/")
        if kind not in (ORG, REPO, ENTERPRISE):
            raise not_found()
        return self.place(kind, name)

    def groups_of(self, place: Place) -> tuple[Group, ...]:
        """The runner groups of a place; a repository has none but the one that it is given."""
        return self.groups[:1] if place.kind == REPO else self.groups

    def repository(self, place: Place) -> str:
        """A repository whose jobs runners of this place may take."""
        if place.kind == REPO:
            return place.name
        return next((repo for repo in self.repos if repo.startswith(f"{place.name}/")), self.repos[0])
