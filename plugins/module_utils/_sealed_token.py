# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The host's half of sealing: keep what the control node sealed, where it differs."""

from __future__ import annotations

import os
from typing import Any, NamedTuple

from . import _host_files
from .launcher import files, sealed
from .launcher.errors import Trouble
from .launcher.paths import Paths


class Kept(NamedTuple):
    """What became of one pool's credential."""

    changed: bool
    path: str
    fingerprint: str | None


def ensure(paths: Paths, name: str, offered: sealed.Sealed | None, check_mode: bool) -> Kept:
    """Keep ``offered`` unless the file holds the same secret for the same key.

    ``offered`` is None in check mode where micro-cipher does not run yet. Raises OSError.
    """
    path = paths.sealed(name)
    if offered is not None:
        present = _present(path)
        if present is not None and present.same_secret(offered):
            return Kept(False, path, offered.fingerprint)
        for directory in (os.path.dirname(paths.sealed_dir), paths.sealed_dir):
            _host_files.ensure_directory(directory, 0o700, check_mode)
        _host_files.ensure(_host_files.HostFile(path, offered.dump().encode(), 0o600, shown=False), check_mode)
    return Kept(True, path, offered.fingerprint if offered else None)


def verifier(paths: Paths, name: str, fingerprint: str) -> str | None:
    """What tells the secret again that a pool has sealed for a key; None where it has none. Raises OSError."""
    present = _present(paths.sealed(name))
    return present.verifier if present is not None and present.fingerprint == fingerprint else None


def remove(paths: Paths, name: str, check_mode: bool) -> Kept:
    """Remove the sealed credential. Raises OSError."""
    path = paths.sealed(name)
    return Kept(_host_files.remove(path, check_mode), path, None)


def result(done: str, pools: dict[str, Kept]) -> dict[str, Any]:
    """What the module returns for some pools, by name; ``done`` says in a word what changed them."""
    actions = [f"{done} the credential of pool {name}" for name, kept in pools.items() if kept.changed]
    return {
        "changed": bool(actions),
        "actions": actions,
        "pools": [{"name": name, "path": kept.path, "changed": kept.changed} for name, kept in pools.items()],
        "fingerprint": next((kept.fingerprint for kept in pools.values()), None),
    }


def _present(path: str) -> sealed.Sealed | None:
    """What is there and can be used: a damaged or readable-by-others file is replaced."""
    try:
        text = files.read_private(path)
        return sealed.load(text) if text is not None else None
    except (Trouble, sealed.SealedError):
        return None
