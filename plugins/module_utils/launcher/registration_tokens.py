# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""GitHub's registration token, shared by the instances of a pool for its hour: root's alone, and gone at a reboot."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Iterator
from typing import Any, Callable

from . import files, moments
from .errors import Trouble
from .paths import Paths
from .pool import Pool

# A container that was just made must still have the time to register.
_MARGIN = 600


def shared(
    paths: Paths,
    pool: Pool,
    signature: str,
    fetch: Callable[[], dict[str, Any]],
    clock: Callable[[], float] = time.time,
) -> str:
    """The token of the pool, kept or new; ``signature`` stands for the credential. Raises Trouble."""
    path = paths.registration_token(pool.name)
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        # Instances that start together make one request together.
        with _alone(f"{path}.lock"):
            kept = _kept(path)
            mine = {"url": pool.url, "signature": signature}
            if mine.items() <= kept.items() and kept["expires_at"] - _MARGIN > clock():
                return str(kept["token"])
            token, expires = _new(fetch())
            document = {"token": token, "expires_at": expires, **mine}
            files.write(path, json.dumps(document).encode(), 0o600)
            return token
    except OSError as error:
        raise Trouble("files", f"the registration token cannot be kept: {error.strerror}") from error


def forget(paths: Paths, pool: Pool) -> None:
    """Have the next one fetched: GitHub may have withdrawn this one before its hour was over."""
    with contextlib.suppress(OSError):
        os.unlink(paths.registration_token(pool.name))


def _new(document: dict[str, Any]) -> tuple[str, int]:
    try:
        return str(document["token"]), moments.seconds(document["expires_at"])
    except (KeyError, TypeError, ValueError) as error:
        raise Trouble("nonsense", "GitHub's answer to a request for a registration token cannot be read") from error


def _kept(path: str) -> dict[str, Any]:
    """What is on the host; nothing where it cannot be used."""
    try:
        return dict(json.loads(files.read_private(path) or "{}"))
    except (Trouble, ValueError, TypeError):
        return {}


@contextlib.contextmanager
def _alone(path: str) -> Iterator[None]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
