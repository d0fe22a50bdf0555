# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files on the host, as a module brings them about: compared first, written whole, with a diff."""

from __future__ import annotations

import os
import stat
from typing import Any, NamedTuple

from .launcher import files


class HostFile(NamedTuple):
    """A file as it shall be."""

    path: str
    data: bytes
    mode: int = 0o644
    shown: bool = True  #: whether a diff may hold its text


def ensure(wanted: HostFile, check_mode: bool) -> dict[str, Any] | None:
    """Write the file where it is not as wanted; gives its diff, None where nothing was to be done. Raises OSError."""
    before = _read(wanted.path)
    same_mode = before is not None and stat.S_IMODE(os.stat(wanted.path).st_mode) == wanted.mode
    if before == wanted.data and same_mode:
        return None
    if not check_mode:
        os.makedirs(os.path.dirname(wanted.path), exist_ok=True)
        files.write(wanted.path, wanted.data, wanted.mode)
    headers = {"before_header": wanted.path, "after_header": wanted.path}
    if not wanted.shown:
        return {**headers, "before": "" if before is None else "(not shown)\n", "after": "(new, not shown)\n"}
    return {**headers, "before": (before or b"").decode(errors="replace"), "after": wanted.data.decode()}


def _read(path: str) -> bytes | None:
    try:
        with open(path, "rb") as stream:
            return stream.read()
    except FileNotFoundError:
        return None


def ensure_directory(path: str, mode: int, check_mode: bool) -> bool:
    """Have a directory with exactly this mode, root's; whether something was to be done. Raises OSError."""
    if os.path.isdir(path):
        found = os.stat(path)
        if (stat.S_IMODE(found.st_mode), found.st_uid) == (mode, os.geteuid()):
            return False
    if not check_mode:
        os.makedirs(path, exist_ok=True)
        os.chown(path, os.geteuid(), os.getegid())
        os.chmod(path, mode)
    return True


def remove(path: str, check_mode: bool) -> bool:
    """Remove a file; whether there was one. Raises OSError."""
    if not os.path.lexists(path):
        return False
    if not check_mode:
        os.unlink(path)
    return True
