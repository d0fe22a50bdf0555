# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a pool's runners last came online with: its pool file and its images, to go back to."""

from __future__ import annotations

import dataclasses
import json
import os
from typing import Any

from . import _docker, _host_files, _local_tags
from .launcher import files, names, pool
from .launcher.paths import Paths
from .launcher.pool import Pool

# As much of an id as Docker shows of it.
_SHORT = len("sha256:") + 12


@dataclasses.dataclass(frozen=True)
class LastGood:
    """A pool that served, with the images it served with."""

    pool: Pool
    image_ids: tuple[str, ...]  #: of the pool's ``images``
    digest: str | None  #: by which the registry knows the first of them, where it came from one

    def dump(self) -> str:
        """The text of the file."""
        document = {"pool": dataclasses.asdict(self.pool), "image_ids": list(self.image_ids), "digest": self.digest}
        return json.dumps(document, indent=2, sort_keys=True) + "\n"

    def __str__(self) -> str:
        known = [self.digest or self.image_ids[0], *self.image_ids[1:]]
        return " with ".join(f"{name} ({one[:_SHORT]})" for name, one in zip(self.pool.images, known))


def load(text: str) -> LastGood | None:
    """What a file's text tells; None where it cannot be read, for then there is nothing to go back to."""
    try:
        document = json.loads(text)
        image_ids = tuple(str(one) for one in document["image_ids"])
        found = LastGood(pool.from_mapping(document["pool"]), image_ids, document["digest"])
        return found if len(image_ids) == len(found.pool.images) else None
    except (ValueError, KeyError, TypeError):
        return None


def read(paths: Paths, name: str) -> LastGood | None:
    """What a pool last came online with, if that is known. Raises OSError."""
    text = files.read(paths.good(name))
    return load(text) if text is not None else None


def is_remembered(paths: Paths, client: Any, config: Pool, image_ids: tuple[str | None, ...]) -> bool:
    """Whether this pool, with these images, is the one to go back to. Raises OSError, Failure."""
    good = read(paths, config.name)
    if good is None or (good.pool, good.image_ids) != (config, image_ids):
        return False
    with _docker.sentences(f"look for the images of pool {config.name}"):
        kept = [_docker.find(client.images.get, keep) for keep in _keeps(config.name)[: len(image_ids)]]
    return [one and one.id for one in kept] == list(image_ids)


def remember(paths: Paths, client: Any, config: Pool) -> None:
    """Remember a pool whose runners are online with the images that its names stand for. Raises OSError, Failure."""
    with _docker.sentences(f"keep {' and '.join(config.images)}"):
        images = [client.images.get(name) for name in config.images]
        digests = images[0].attrs.get("RepoDigests") or []
        image_ids = tuple(image.id for image in images)
        found = LastGood(config, image_ids, next((one.partition("@")[2] for one in digests), None))
        for image, keep in zip(images, _keeps(config.name)):
            kept = _docker.find(client.images.get, keep)
            if kept is None or kept.id != image.id:
                _local_tags.put(image, keep)
        directory = os.path.dirname(paths.good(config.name))
        _host_files.ensure_directory(os.path.dirname(directory), 0o700, False)
        _host_files.ensure_directory(directory, 0o700, False)
        _host_files.ensure(_host_files.HostFile(paths.good(config.name), found.dump().encode(), 0o600), False)


def forget(client: Any, pools: set[str]) -> None:
    """Keep the images of pools no longer that are no more. Raises Failure."""
    for name in pools:
        with _docker.sentences(f"let go of the images of pool {name}"):
            for keep in _keeps(name):
                _local_tags.drop(client, keep)


def go_back(paths: Paths, client: Any, good: LastGood) -> bool:
    """Bring back the pool file and what its images' names stood for; False where one is gone. Raises Failure."""
    with _docker.sentences(f"go back to {good}"):
        images = [_docker.find(client.images.get, one) for one in good.image_ids]
        if None in images:
            return False
        for image, name in zip(images, good.pool.images):
            _local_tags.put(image, name)
    _host_files.ensure(_host_files.HostFile(paths.pool(good.pool.name), good.pool.dump().encode()), False)
    return True


def _keeps(name: str) -> tuple[str, ...]:
    """The names under which a pool's images are kept, in the order of its ``images``."""
    return names.good_image(name), names.good_engine_image(name)
