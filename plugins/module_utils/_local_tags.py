# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names of our own for images of the host: they keep what is not in use from being pruned, and tell it again.

No registry knows them. ``docker image prune`` spares what has a tag.
"""

from __future__ import annotations

import hashlib
from typing import Any

from . import _docker
from .launcher import names


def staged(reference: str) -> str:
    """The name under which the image that ``reference`` will stand for waits. A tag cannot hold every reference."""
    return f"{names.IMAGE_STAGED}:{hashlib.sha256(reference.encode()).hexdigest()[:16]}"


def put(image: Any, reference: str) -> None:
    """Let ``reference`` stand for an image, unless it names it by its digest anyway. Raises docker's errors."""
    from docker.utils import parse_repository_tag

    if "@" not in reference:
        repository, tag = parse_repository_tag(reference)
        image.tag(repository, tag=tag)


def drop(client: Any, reference: str) -> None:
    """Let ``reference`` stand for nothing, where it stands for something. Raises docker's errors."""
    if _docker.find(client.images.get, reference) is not None:
        # Without noprune, an image that has no other name would go with its parents.
        client.images.remove(reference)


def ours(client: Any) -> list[str]:
    """All these names that the host has. Raises docker's errors."""
    found = (tag for image in client.images.list() for tag in image.tags)
    return sorted(tag for tag in found if tag.partition(":")[0] in names.IMAGES_OF_OURS)
