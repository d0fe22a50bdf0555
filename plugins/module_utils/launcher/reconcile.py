# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``github-runner reconcile``: remove what no instance will ever use again, at GitHub and in Docker.

Only what carries this host's exact mark, and a registration only when two runs in a row found it dead.
"""

from __future__ import annotations

import json
import os
from typing import Any

from . import files, names, pool, state
from .board import say
from .engine import Engine
from .errors import Trouble
from .host import Host
from .offload import Offloaded
from .paths import Paths
from .pool import Pool
from .registrar import Registrar


def run(paths: Paths, engine: Engine, host: Host, registrar: Registrar) -> int:
    """One pass over all pools. Gives the number of pools that could not be looked at."""
    in_use = {one.runner for one in state.read_all(paths) if one.runner and state.alive(one)}
    for found in engine.containers({names.LABEL_MARK: host.mark}):
        name = found["Names"][0].lstrip("/")
        instance = state.read(paths, found["Labels"].get(names.LABEL_INSTANCE, ""))
        if found["State"] in ("exited", "dead", "created") and not (instance and state.alive(instance)):
            say(f"removes the container {name}, which no instance owns any more")
            engine.remove(found["Id"])
        else:
            in_use.add(name)
    seen_before = _sightings(paths)
    seen_now: dict[str, list[int]] = {}
    failed = 0
    for config in _pools(paths):
        try:
            listed = Offloaded(lambda config=config: registrar.runners(config)).result()
            dead = dead_runners(listed, host.mark, in_use)
            for runner in [one for one in dead if one["id"] in seen_before.get(config.name, [])]:
                say(f"deregisters {runner['name']} (id {runner['id']}), which has no container")
                _delete(registrar, config, runner)
            seen_now[config.name] = [one["id"] for one in dead]
        except Trouble as trouble:
            say(f"pool {config.name}: {trouble}")
            failed += 1
    os.makedirs(os.path.dirname(paths.sightings), mode=0o700, exist_ok=True)
    files.write(paths.sightings, f"{json.dumps(seen_now)}\n".encode(), 0o600)
    return failed


def dead_runners(listed: list[dict[str, Any]], mark: str, in_use: set[str]) -> list[dict[str, Any]]:
    """The runners that this host registered, that are offline and idle, and that nothing here stands for. Pure."""
    return [
        one
        for one in listed
        if names.is_ours(one["name"], mark)
        and one["name"] not in in_use
        and one["status"] == "offline"
        and not one["busy"]
    ]


def _delete(registrar: Registrar, config: Pool, runner: dict[str, Any]) -> None:
    try:
        Offloaded(lambda: registrar.deregister(config, runner["name"], runner["id"])).result()
    except Trouble as trouble:
        if trouble.kind != "busy":
            raise


def _pools(paths: Paths) -> list[Pool]:
    try:
        found = sorted(os.listdir(paths.pools))
    except FileNotFoundError:
        return []
    loaded = []
    for name in found:
        text = files.read(os.path.join(paths.pools, name)) if name.endswith(".json") else None
        try:
            if text is not None:
                loaded.append(pool.load(text))
        except pool.PoolError as error:
            say(f"{name}: {error}")
    return loaded


def _sightings(paths: Paths) -> dict[str, list[int]]:
    try:
        text = files.read(paths.sightings)
        document = json.loads(text) if text else {}
        return {str(name): [int(one) for one in seen] for name, seen in document.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}
