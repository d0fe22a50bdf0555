# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The end of a pool: its files go when its last instance has gone, for until then a drain needs them to deregister."""

from __future__ import annotations

import contextlib
import os

from . import names, state
from .engine import Engine
from .journal import say
from .paths import Paths
from .pool import Pool


def files_of(paths: Paths, name: str) -> list[str]:
    """Every file of a pool. The pool file is the last: what is cut short is still known to be retired."""
    shared = paths.registration_token(name)
    instances = [one.instance for one in state.read_all(paths) if one.pool == name]
    shown = [path for one in instances for path in (paths.state(one), paths.tally(one))]
    hooks = [os.path.join(paths.hooks(name), one) for one in _listed(paths.hooks(name))]
    return [*shown, *hooks, shared, f"{shared}.lock", paths.good(name), paths.sealed(name), paths.pool(name)]


def finish(paths: Paths, engine: Engine, mark: str, pool: Pool) -> None:
    """Remove the files of a retired pool, unless an instance may still need them. Raises EngineError, OSError."""
    alive = any(one.pool == pool.name and state.alive(one) for one in state.read_all(paths))
    labels = {names.LABEL_MARK: mark, names.LABEL_POOL: pool.name}
    if alive or pool.name in _enabled(paths) or engine.containers(labels):
        return
    say(f"removes the pool {pool.name}, which has no instance any more")
    for keep in (names.good_image(pool.name), names.good_engine_image(pool.name)):
        engine.untag(keep)
    for path in files_of(paths, pool.name):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)


def _enabled(paths: Paths) -> set[str]:
    """The pools that have an instance which starts with the host."""
    links = _listed(os.path.join(paths.units, "multi-user.target.wants"))
    return {names.parse_instance(instance)[0] for instance in map(names.parse_unit, links) if instance}


def _listed(directory: str) -> list[str]:
    try:
        return os.listdir(directory)
    except FileNotFoundError:
        return []
