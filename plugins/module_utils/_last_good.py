# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a pool's runners last came online with: its pool file and its image, to go back to."""

from __future__ import annotations

import dataclasses
import json
import os
from typing import Any

from . import _docker, _host_files, _local_tags
from .launcher import files, pool
from .launcher.paths import Paths
from .launcher.pool import Pool


@dataclasses.dataclass(frozen=True)
class LastGood:
    """A pool that served, with the image it served with."""

    pool: Pool
    image_id: str
    digest: str | None  #: by which the registry knows the image, where it came from one

    def dump(self) -> str:
        """The text of the file."""
        document = {"pool": dataclasses.asdict(self.pool), "image_id": self.image_id, "digest": self.digest}
        return json.dumps(document, indent=2, sort_keys=True) + "\n"


def load(text: str) -> LastGood | None:
    """What a file's text tells; None where it cannot be read, for then there is nothing to go back to."""
    try:
        document = json.loads(text)
        return LastGood(pool.from_mapping(document["pool"]), str(document["image_id"]), document["digest"])
    except (ValueError, KeyError, TypeError):
        return None


def read(paths: Paths, name: str) -> LastGood | None:
    """What a pool last came online with, if that is known. Raises OSError."""
    text = files.read(paths.good(name))
    return load(text) if text is not None else None


def is_remembered(paths: Paths, client: Any, config: Pool, image_id: str | None) -> bool:
    """Whether this pool, with this image, is the one to go back to. Raises OSError, Failure."""
    good = read(paths, config.name)
    if good is None or (good.pool, good.image_id) != (config, image_id):
        return False
    with _docker.sentences(f"look for the image of pool {config.name}"):
        tagged = _docker.find(client.images.get, _local_tags.good(config.name))
    return tagged is not None and tagged.id == image_id


def remember(paths: Paths, client: Any, config: Pool) -> None:
    """Remember a pool whose runners are online with the image that its name stands for. Raises OSError, Failure."""
    with _docker.sentences(f"keep {config.image}"):
        image = client.images.get(config.image)
        digests = image.attrs.get("RepoDigests") or []
        found = LastGood(config, image.id, next((one.partition("@")[2] for one in digests), None))
        tagged = _docker.find(client.images.get, _local_tags.good(config.name))
        if tagged is None or tagged.id != image.id:
            _local_tags.put(image, _local_tags.good(config.name))
        directory = os.path.dirname(paths.good(config.name))
        _host_files.ensure_directory(os.path.dirname(directory), 0o700, False)
        _host_files.ensure_directory(directory, 0o700, False)
        _host_files.ensure(_host_files.HostFile(paths.good(config.name), found.dump().encode(), 0o600), False)


def forget(client: Any, pools: set[str]) -> None:
    """Keep the images of pools no longer that are no more. Raises Failure."""
    for name in pools:
        with _docker.sentences(f"let go of the image of pool {name}"):
            _local_tags.drop(client, _local_tags.good(name))


def go_back(paths: Paths, client: Any, good: LastGood) -> bool:
    """Bring back the pool file and what its image's name stood for; False where the image is gone. Raises Failure."""
    with _docker.sentences(f"go back to {good.image_id}"):
        image = _docker.find(client.images.get, good.image_id)
        if image is None:
            return False
        _local_tags.put(image, good.pool.image)
    _host_files.ensure(_host_files.HostFile(paths.pool(good.pool.name), good.pool.dump().encode()), False)
    return True
