# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bring a pool's instances to the wanted number and configuration, all in one go."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any, Callable, NamedTuple

from . import _networks
from ._failure import Failure
from ._systemd import Systemd, Unit
from .launcher import files, names, pool, state
from .launcher.life import program_signature
from .launcher.paths import Paths
from .launcher.state import State

# A state from before this run may still stand: the instance looks every two seconds whether something was mended.
_SETTLE = 8.0
_LOOK = 0.25


class Plan(NamedTuple):
    """What is to be done with the instances of one pool, by name."""

    enable: list[str]
    start: list[str]
    drain: list[str]
    reload: list[str]

    @property
    def actions(self) -> list[str]:
        """The plan for people."""
        return [
            *(f"Enabled {one}" for one in self.enable),
            *(f"Started {one}" for one in self.start),
            *(f"Drained {one}" for one in self.drain),
            *(f"Renewed {one}" for one in self.reload),
        ]


def plan(wanted: list[str], units: dict[str, Unit], outdated: Iterable[str]) -> Plan:
    """What brings ``units`` (of this pool) to ``wanted``; ``outdated`` are to be renewed where they stay. Pure."""
    surplus = [name for name, unit in units.items() if name not in wanted and (unit.enabled or unit.runs)]
    return Plan(
        enable=[name for name in wanted if name not in units or not units[name].enabled],
        start=[name for name in wanted if name not in units or not units[name].runs],
        # The highest goes first, as on the way up it came last.
        drain=sorted(surplus, key=lambda name: (len(name), name), reverse=True),
        reload=[name for name in outdated if name in wanted and name in units and units[name].runs],
    )


class PoolRun:
    """One pool of this host."""

    def __init__(
        self,
        name: str,
        paths: Paths,
        systemd: Systemd,
        client: Any | None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ):
        self._name = name
        self._paths = paths
        self._systemd = systemd
        self._client = client
        self._sleep = sleep
        self._clock = clock

    def ensure(self, count: int, wait: bool, timeout: float, check_mode: bool) -> dict[str, Any]:
        """Have ``count`` instances, each as the pool file says; gives ``changed``, ``actions``, ``instances``.

        With ``wait``, returns when all are ready. Raises Failure, also where they are not in time.
        """
        wanted = [names.instance_name(self._name, number) for number in range(1, count + 1)]
        actions: list[str] = []
        config = self._config(check_mode)
        if config is not None:
            network = _networks.ensure(self._client, _networks.runners(config.network), (), check_mode)
            actions += network["actions"]
        todo = plan(wanted, self._units(), self._outdated(config))
        actions += todo.actions
        if not check_mode:
            self._apply(todo)
            if wait:
                self._wait(wanted, timeout)
        return {"changed": bool(actions), "actions": actions, "instances": self.instances(wanted)}

    def remove(self, wait: bool, timeout: float, check_mode: bool) -> dict[str, Any]:
        """Drain all instances of the pool; with ``wait``, returns when they have ended. Raises Failure."""
        todo = plan([], self._units(), [])
        if not check_mode:
            self._apply(todo)
            end = self._clock() + timeout
            while wait and any(unit.active != "inactive" for unit in self._units().values()):
                if self._clock() >= end:
                    left = ", ".join(name for name, unit in self._units().items() if unit.active != "inactive")
                    raise Failure(f"these instances still drain after {timeout:g} s: {left}; run it again later")
                self._sleep(_LOOK * 4)
        return {"changed": bool(todo.actions), "actions": todo.actions, "instances": []}

    def instances(self, wanted: list[str]) -> list[dict[str, Any]]:
        """The wanted instances and those that still drain, each with its unit and state."""
        units = self._units()
        return [
            describe(name, units.get(name), state.read(self._paths, name))
            for name in [
                *wanted,
                *(name for name, unit in units.items() if name not in wanted and unit.active != "inactive"),
            ]
        ]

    def _config(self, check_mode: bool) -> pool.Pool | None:
        text = files.read(self._paths.pool(self._name))
        if text is None:
            if check_mode:
                return None
            raise Failure(f"the host has no pool {self._name}: install it with the module runner_unit first")
        try:
            return pool.load(text)
        except pool.PoolError as error:
            raise Failure(str(error)) from error

    def _units(self) -> dict[str, Unit]:
        return {
            name: unit
            for name, unit in self._systemd.instances().items()
            if names.parse_instance(name)[0] == self._name
        }

    def _outdated(self, config: pool.Pool | None) -> list[str]:
        """The instances to be renewed now: a job that runs is not disturbed, and its successor is made anew anyway."""
        if config is None or self._client is None:
            return []
        image = self._image_id(config.image)
        program = program_signature(self._paths)
        found = []
        for one in state.read_all(self._paths):
            if one.pool != self._name or not state.alive(one):
                continue
            old_container = one.state == state.IDLE and (one.config != config.config or image not in (None, one.image))
            if old_container or one.program != program:
                found.append(one.instance)
        return found

    def _image_id(self, reference: str) -> str | None:
        from . import _docker

        found = _docker.find(self._client.images.get, reference) if self._client is not None else None
        return str(found.id) if found is not None else None

    def _apply(self, todo: Plan) -> None:
        for verb, arguments in (
            (("enable",), todo.enable),
            (("start", "--no-block"), todo.start),
            (("disable",), todo.drain),
            (("stop", "--no-block"), todo.drain),
            (("reload", "--no-block"), todo.reload),
        ):
            if arguments:
                self._systemd.call(*verb, *map(names.unit_name, arguments))

    def _wait(self, wanted: list[str], timeout: float) -> None:
        began = self._clock()
        while True:
            states = {name: state.read(self._paths, name) for name in wanted}
            lacking = {name: one for name, one in states.items() if not is_ready(one)}
            if not lacking:
                return
            waited = self._clock() - began
            hopeless = waited >= _SETTLE and all(one is not None and one.lasting for one in lacking.values())
            if hopeless or waited >= timeout:
                raise Failure(
                    f"{len(lacking)} of {len(wanted)} instances are not ready: {summary(lacking)}",
                    instances=self.instances(wanted),
                )
            self._sleep(_LOOK)


def is_ready(one: State | None) -> bool:
    """Whether an instance runs a runner that GitHub can give jobs to, or that has one."""
    return one is not None and state.alive(one) and one.state in (*state.READY, state.DRAINING)


def summary(lacking: dict[str, State | None]) -> str:
    """Why instances are not ready; those with the same reason together. Pure."""
    reasons: dict[str, list[str]] = {}
    for name, one in lacking.items():
        if one is None:
            reason = "shows no state: look at its journal"
        else:
            reason = f"{one.state}: {one.reason}" if one.reason else one.state
        reasons.setdefault(reason, []).append(name)
    return "; ".join(f"{', '.join(group)} {reason}" for reason, group in reasons.items())


def describe(name: str, unit: Unit | None, one: State | None) -> dict[str, Any]:
    """An instance as the modules return it. Pure but for the look whether its launcher lives."""
    live = one if one is not None and state.alive(one) else None
    return {
        "name": name,
        "unit": names.unit_name(name),
        "enabled": bool(unit and unit.enabled),
        "active_state": unit.active if unit else "inactive",
        "state": live.state if live else "stopped",
        "reason": live.reason if live else "",
        "since": live.since if live else None,
        "until": live.until if live else None,
        "pool": names.parse_instance(name)[0],
        "runner_name": live.runner if live else None,
        "runner_id": live.runner_id if live else None,
        "container": live.container if live else None,
        "image_id": live.image if live else None,
        "job": live.job if live else None,
    }
