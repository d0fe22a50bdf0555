# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All pool files of a host, read together."""

from __future__ import annotations

import os
from typing import NamedTuple

from . import files, pool
from .paths import Paths
from .pool import Pool, PoolError


class Installed(NamedTuple):
    """The pools of a host."""

    pools: list[Pool]
    unreadable: dict[str, PoolError]  #: why a file is no pool, by the file's name


def read(paths: Paths) -> Installed:
    """The pools of a host, by the order of their names. Raises OSError where the directory cannot be read."""
    found = Installed([], {})
    try:
        names = sorted(name for name in os.listdir(paths.pools) if name.endswith(".json"))
    except FileNotFoundError:
        return found
    for name in names:
        try:
            found.pools.append(pool.load(files.read(os.path.join(paths.pools, name)) or ""))
        except PoolError as error:
            found.unreadable[name] = error
        except OSError as error:
            found.unreadable[name] = PoolError(f"the pool file cannot be read: {error.strerror}")
    return found
