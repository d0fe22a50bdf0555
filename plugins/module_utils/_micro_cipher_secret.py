# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Gives micro-cipher the secret of its start, and keeps it for the launcher."""

from __future__ import annotations

import io
import secrets
import tarfile
from typing import Any

from . import _host_files
from ._failure import Failure
from .launcher import cipher_secret
from .launcher.errors import Trouble
from .launcher.paths import Paths


def wanted(policy: str, image: str, labels: dict[str, str] | None) -> bool:
    """Whether a container of this image is to answer the launcher only. Raises Failure where it shall and cannot."""
    able = cipher_secret.IMAGE_LABEL in (labels or {})
    if policy == "always" and not able:
        raise Failure(
            f"{image} answers everybody (it has no label {cipher_secret.IMAGE_LABEL}): "
            "use the image of this collection, or launcher_only=auto"
        )
    return able and policy != "never"


def takes_one(container: Any) -> bool:
    """Whether a container was made to answer the launcher only."""
    return cipher_secret.OPTION in (container.attrs["Config"].get("Cmd") or [])


def is_given(paths: Paths, name: str, container: Any) -> bool:
    """Whether the host has the secret of this start of the container."""
    started_at = container.attrs["State"]["StartedAt"]
    try:
        return cipher_secret.read(paths.cipher_secret(name), container.id, started_at) is not None
    except Trouble:
        return False


def put(container: Any, uid: int) -> str:
    """Make a secret and put it into the running container, into what is memory there. Raises Failure."""
    secret = secrets.token_hex(32)
    if not container.put_archive(cipher_secret.DIRECTORY, _archive(secret.encode(), uid)):
        raise Failure(f"{container.name} did not take its secret: look at 'journalctl -u docker'")
    return secret


def keep(paths: Paths, name: str, container: Any, secret: str) -> None:
    """Keep a secret for the launcher. Raises OSError."""
    _host_files.ensure_directory(paths.cipher_secrets, 0o700, check_mode=False)
    data = cipher_secret.dump(container.id, container.attrs["State"]["StartedAt"], secret)
    _host_files.ensure(_host_files.HostFile(paths.cipher_secret(name), data, 0o600, shown=False), check_mode=False)


def forget(paths: Paths, name: str) -> None:
    """Remove what the host keeps for a container that is gone. Raises OSError."""
    _host_files.remove(paths.cipher_secret(name), check_mode=False)


def _archive(data: bytes, uid: int) -> bytes:
    member = tarfile.TarInfo(cipher_secret.FILE)
    member.size, member.mode, member.uid, member.gid = len(data), 0o400, uid, uid
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        tar.addfile(member, io.BytesIO(data))
    return stream.getvalue()
