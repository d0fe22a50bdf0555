# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which images, networks and volumes are left over: what stands for that, and what speaks against it. Pure.

Two things decide: whether any container has it, running or not, and whether it came to this host before a moment, for
what came later a running job may have brought. What the Engine lists is given as it lists it.
"""

from __future__ import annotations

import fnmatch
import re
from calendar import timegm
from collections.abc import Iterable
from time import strptime
from typing import Any, NamedTuple

from . import names

# GitHub's runner names a job's network so, and nobody else does: actions/runner, ContainerOperationProvider.
_JOB_NETWORK = re.compile(r"github_network_[0-9a-f]{32}")
_NAMELESS_VOLUME = re.compile(r"[0-9a-f]{64}")
_MOMENT = re.compile(r"(\d+-\d+-\d+T\d+:\d+:\d+)(?:\.\d+)?(Z|[+-]\d\d:\d\d)")
_NONE = "<none>"


def moment(text: str, unknown: float = float("inf")) -> float:
    """Unix time of a moment of the Engine's, in whatever zone; where it knows none, one that is never past."""
    match = _MOMENT.fullmatch(text or "")
    if not match or text.startswith("0001-"):
        return unknown
    offset = 0
    if match[2] != "Z":
        hours, minutes = match[2][1:].split(":")
        offset = (int(hours) * 60 + int(minutes)) * (-60 if match[2][0] == "-" else 60)
    return timegm(strptime(match[1], "%Y-%m-%dT%H:%M:%S")) - offset


def job_networks(networks: Iterable[dict[str, Any]], before: float) -> list[dict[str, Any]]:
    """The networks that a job has made. The runner makes one seconds before it puts containers on it."""
    return [one for one in networks if _JOB_NETWORK.fullmatch(one["Name"]) and moment(one["Created"]) < before]


def own_volumes(volumes: Iterable[dict[str, Any]], mark: str, before: float) -> list[dict[str, Any]]:
    """Of the volumes that no container has, those that were made for a runner of this host."""
    return [
        one
        for one in volumes
        if (one.get("Labels") or {}).get(names.LABEL_MARK) == mark and moment(one.get("CreatedAt", "")) < before
    ]


def nameless_volumes(volumes: Iterable[dict[str, Any]], before: float) -> list[dict[str, Any]]:
    """Of the volumes that no container has, those that nobody has named, so that nobody can ask for one again."""
    return [
        one
        for one in volumes
        if one.get("Driver") == "local"
        and _NAMELESS_VOLUME.fullmatch(one["Name"])
        and moment(one.get("CreatedAt", "")) < before
    ]


class Image(NamedTuple):
    """An image that no container has and that nothing keeps.

    One without names is what a pull or a build has put another in the place of; without digests, too, nobody can ask
    for it but by its id.
    """

    id: str
    names: tuple[str, ...]  #: its tags
    digests: tuple[str, ...]  #: REPOSITORY@DIGEST, as it was pulled
    unused_since: float  #: as far as anybody has seen
    size: int

    @property
    def references(self) -> tuple[str, ...]:
        """What has to be removed for it to go: its last name takes it along, and its digests."""
        return self.names or self.digests or (self.id,)

    def is_of(self, repositories: set[str]) -> bool:
        """Whether it was pulled from one of these repositories."""
        return bool(self.digests) and {one.partition("@")[0] for one in self.digests} <= repositories


def unused_images(
    images: Iterable[dict[str, Any]], since: dict[str, float], keep: Iterable[str], before: float
) -> list[Image]:
    """The images that may go, the longest unused first: unused before a moment, and no name in ``keep``.

    ``since`` has, for the id of each that no container uses, since when that is.
    """
    patterns = tuple(map(familiar, keep))
    found = []
    for one in images:
        tags = tuple(tag for tag in one.get("RepoTags") or () if _NONE not in tag)
        digests = tuple(digest for digest in one.get("RepoDigests") or () if _NONE not in digest)
        image = Image(one["Id"], tags, digests, since.get(one["Id"], float("inf")), int(one.get("Size") or 0))
        if image.unused_since < before and not is_kept(image, patterns):
            found.append(image)
    return sorted(found, key=lambda image: (image.unused_since, image.id))


def is_kept(image: Image, patterns: tuple[str, ...]) -> bool:
    """Whether one of the patterns is one of its names, with or without a tag, a digest, or its id."""
    known = {image.id, *image.names, *image.digests}
    known |= {_repository(name) for name in image.names} | {digest.partition("@")[0] for digest in image.digests}
    return any(fnmatch.fnmatchcase(name, pattern) for name in known for pattern in patterns)


def repositories(references: Iterable[str]) -> set[str]:
    """The repositories of names of images, as the Engine writes them."""
    return {_repository(familiar(reference).partition("@")[0]) for reference in references}


def familiar(name: str) -> str:
    """The name of an image as the Engine lists it, without what it takes for granted."""
    for prefix in ("docker.io/library/", "docker.io/"):
        if name.startswith(prefix):
            return name[len(prefix) :]
    return name


def _repository(name: str) -> str:
    head, slash, last = name.rpartition("/")
    return f"{head}{slash}{last.partition(':')[0]}"
