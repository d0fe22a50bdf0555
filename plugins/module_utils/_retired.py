# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pools that a host has and that nobody wants any more: their files stay for as long as an instance needs them."""

from __future__ import annotations

import dataclasses
import os

from . import _host_files
from .launcher import files, pool, retirement
from .launcher.paths import Paths


def known(paths: Paths) -> list[str]:
    """The names of the pools that this host has a file of."""
    found = set()
    for directory in (paths.pools, paths.sealed_dir):
        if os.path.isdir(directory):
            found.update(name[: -len(".json")] for name in os.listdir(directory) if name.endswith(".json"))
    return sorted(found)


class Retired:
    """Some pools to be given up."""

    def __init__(self, paths: Paths, pools: set[str]):
        self.pools = pools
        self._paths = paths

    def mark(self, check_mode: bool) -> list[str]:
        """Write into the pool files that nobody wants them, for the reconciler to finish what a job delays."""
        actions = []
        for name in sorted(self.pools):
            text = files.read(self._paths.pool(name))
            try:
                config = pool.load(text) if text is not None else None
            except pool.PoolError:
                config = None
            if config is None or config.retired:
                continue
            actions.append(f"Retired pool {name}")
            if not check_mode:
                files.write(self._paths.pool(name), dataclasses.replace(config, retired=True).dump().encode(), 0o644)
        return actions

    def remove(self, left: set[str], check_mode: bool) -> list[str]:
        """Remove the files of those that have no instance any more; ``left`` are those that do. Raises OSError."""
        return [
            f"Removed {path}"
            for name in sorted(self.pools - left)
            for path in retirement.files_of(self._paths, name)
            if _host_files.remove(path, check_mode)
        ]
