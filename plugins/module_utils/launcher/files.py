# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files that are whole or not there at all, and secrets that only root can read."""

from __future__ import annotations

import os
import stat

from .errors import Trouble


def write(path: str, data: bytes, mode: int) -> None:
    """Write beside and rename: a reader, a crash or a full disk never meets half a file. Raises OSError."""
    beside = f"{path}.{os.getpid()}.new"
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, mode)
    try:
        with open(descriptor, "wb") as stream:
            os.fchmod(descriptor, mode)
            stream.write(data)
            stream.flush()
            os.fsync(descriptor)
        os.replace(beside, path)
    except BaseException as error:
        os.unlink(beside)
        if isinstance(error, OSError):
            # A full disk names no file by itself.
            error.filename = path
        raise


def read(path: str) -> str | None:
    """A file's text, None where there is none; what is no UTF-8 is replaced. Raises OSError."""
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            return stream.read()
    except FileNotFoundError:
        return None


def read_private(path: str) -> str | None:
    """As ``read``, but refuses what others could have read, written or replaced. Raises OSError, Trouble."""
    try:
        with open(path, encoding="utf-8", errors="replace", opener=_no_link) as stream:
            _refuse_shared(path, os.fstat(stream.fileno()), "0600")
            folder = os.path.dirname(path)
            _refuse_shared(folder, os.stat(folder), "0700")
            return stream.read()
    except FileNotFoundError:
        return None


def _no_link(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW)


def _refuse_shared(path: str, found: os.stat_result, mode: str) -> None:
    if found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o077:
        raise Trouble(
            "files", f"{path} should be root's alone, mode {mode}: look who wrote it, then seal again", lasting=True
        )


def signature(*paths: str) -> tuple[tuple[int, int] | None, ...]:
    """What changes when one of these files is replaced."""
    return tuple(_signature(path) for path in paths)


def _signature(path: str) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns
