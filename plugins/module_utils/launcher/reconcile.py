# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``github-runner reconcile``: what GitHub knows and what runs here are made to agree, in both directions.

A registration without a container is removed, only where it carries this host's exact mark. A runner that GitHub gives
no jobs, because it has lost it or sees it offline, is renewed by its instance, after a look for a job. Either happens
only where two runs in a row found it so.
"""

from __future__ import annotations

import json
import math
import os
import time
from typing import Any, Callable, NamedTuple

from . import files, launch, names, pool_files, retirement, state, surroundings, systemd
from .engine import Engine, EngineError
from .errors import Trouble
from .host import Host
from .journal import say
from .offload import Offloaded
from .paths import Paths
from .pool import Pool
from .registrar import Registrar
from .state import State

# GitHub's list may be behind by so many seconds, and a runner needs some to connect. By the state that is shown.
SETTLED = {state.IDLE: 60.0, state.BUSY: 60.0, state.STARTING: 600.0}


class Sightings(NamedTuple):
    """What one run found wrong; the next one acts on what it finds too."""

    registrations: set[int]  #: dead ones, by their ids
    runners: set[str]  #: lost ones, by their names

    def dump(self) -> str:
        """The text of the file."""
        return json.dumps({"registrations": sorted(self.registrations), "runners": sorted(self.runners)}) + "\n"

    @classmethod
    def load(cls, text: str | None) -> Sightings:
        """What the last run found; nothing where that cannot be read."""
        try:
            document = json.loads(text or "")
            return Sightings({int(one) for one in document["registrations"]}, {str(one) for one in document["runners"]})
        except (ValueError, TypeError, KeyError):
            return Sightings(set(), set())


class Reconciliation:
    """One pass over all pools of this host."""

    def __init__(
        self,
        paths: Paths,
        engine: Engine,
        host: Host,
        registrar: Registrar,
        systemctl: Callable[..., int] = systemd.systemctl,
        clock: Callable[[], float] = time.time,
    ):
        self._paths = paths
        self._engine = engine
        self._host = host
        self._registrar = registrar
        self._systemctl = systemctl
        self._clock = clock
        self._before = Sightings.load(_read(paths.sightings))
        self._now = Sightings(set(), set())

    def run(self) -> int:
        """Make both sides agree; gives the number of pools that could not be looked at. Raises EngineError, OSError."""
        standing = self._containers()
        instances = self._alive()
        in_use = {one.runner for one in instances if one.runner} | standing
        failed = 0
        installed = pool_files.read(self._paths)
        for name, error in installed.unreadable.items():
            say(f"{name}: {error}")
        for config in installed.pools:
            dead: list[dict[str, Any]] = []
            given_up = config.retired
            try:
                listed = Offloaded(lambda config=config: self._registrar.runners(config)).result()
                dead = dead_runners(listed, self._host.mark, in_use)
                self._registrations(config, dead)
                of_pool = [one for one in instances if one.pool == config.name]
                self._instances(lost_runners(listed, of_pool, self._clock()))
            except Trouble as trouble:
                say(f"pool {config.name}: {trouble}")
                failed += 1
                given_up = given_up and trouble.lasting
            # What was found dead only now is deregistered the next time, which takes the pool's credential.
            if given_up and not dead:
                self._finish(config)
        os.makedirs(os.path.dirname(self._paths.sightings), mode=0o700, exist_ok=True)
        files.write(self._paths.sightings, self._now.dump().encode(), 0o600)
        return failed

    def _alive(self) -> list[State]:
        return [one for one in state.read_all(self._paths) if state.alive(one)]

    def _owners(self) -> set[str]:
        """The instances that have a launcher now. Each shows its state before it makes anything."""
        return {one.instance for one in self._alive()}

    def _finish(self, config: Pool) -> None:
        try:
            retirement.finish(self._paths, self._engine, self._host.mark, config)
        except EngineError as error:
            say(f"pool {config.name} is not removed yet: {error}")

    def _containers(self) -> set[str]:
        """The names of this host's containers, but for those that nobody will bury: these are removed."""
        standing = set()
        listed = self._engine.containers({names.LABEL_MARK: self._host.mark})
        alive = self._owners()
        for found in listed:
            if names.LABEL_BESIDE in found["Labels"]:
                continue
            name = found["Names"][0].lstrip("/")
            ended = found["State"] in ("exited", "dead", "created")
            if ended and found["Labels"].get(names.LABEL_INSTANCE) not in alive:
                say(f"removes the container {name}, which no instance owns any more")
                launch.remove(self._engine, found["Id"])
            else:
                standing.add(name)
        surroundings.sweep(self._engine, self._host.mark, standing, alive=self._owners)
        return standing

    def _registrations(self, config: Pool, dead: list[dict[str, Any]]) -> None:
        for runner in dead:
            if runner["id"] in self._before.registrations:
                say(f"deregisters {runner['name']} (id {runner['id']}), which has no container")
                self._deregister(config, runner)
            self._now.registrations.add(runner["id"])

    def _deregister(self, config: Pool, runner: dict[str, Any]) -> None:
        try:
            Offloaded(lambda: self._registrar.deregister(config, runner["name"], runner["id"])).result()
        except Trouble as trouble:
            if trouble.kind != "busy":
                raise

    def _instances(self, lost: list[State]) -> None:
        for one in lost:
            if one.runner in self._before.runners:
                say(f"renews {one.instance}: GitHub gives {one.runner} no jobs")
                self._systemctl("kill", "--kill-who=main", "--signal=SIGUSR1", names.unit_name(one.instance))
            self._now.runners.add(str(one.runner))


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


def lost_runners(listed: list[dict[str, Any]], instances: list[State], now: float) -> list[State]:
    """The instances with a runner that GitHub has no more, or that is offline to it. Pure.

    Both happen: actions/runner#4617 and #4076. ``busy`` is no proof of a job, but reason enough to wait. An instance
    that shows a job is lost too: a worker of its own is what it waits for.
    """
    known = {one["name"] for one in listed if one["status"] != "offline" or one["busy"]}
    return [
        one
        for one in instances
        if one.runner
        and one.container
        and one.runner not in known
        and now - one.since >= SETTLED.get(one.state, math.inf)
    ]


def _read(path: str) -> str | None:
    try:
        return files.read(path)
    except OSError:
        return None
