# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bring the instances of pools to the wanted number and configuration, all in one go."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from typing import Any, Callable, NamedTuple

from . import _instances, _last_good, _networks, _retired
from ._failure import Failure
from ._systemd import Systemd, Unit
from .launcher import files, names, pool, state
from .launcher.paths import Paths
from .launcher.program import program_signature
from .launcher.state import State

_LOOK = 0.25
# When launchers that still have an old runner are told once more to renew it.
_AGAIN = 3.0
# An idle instance deregisters, looks once more for a job and stops its container.
_IDLE_DRAIN = 60.0


class Plan(NamedTuple):
    """What is to be done with instances, by name."""

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
    """What brings ``units`` (of these pools) to ``wanted``; ``outdated`` are to be renewed where they stay. Pure."""
    surplus = [name for name, unit in units.items() if name not in wanted and (unit.enabled or unit.runs)]
    return Plan(
        enable=[name for name in wanted if name not in units or not units[name].enabled],
        start=[name for name in wanted if name not in units or not units[name].runs],
        # The highest goes first, as on the way up it came last.
        drain=sorted(surplus, key=lambda name: (len(name), name), reverse=True),
        reload=[name for name in outdated if name in wanted and name in units and units[name].runs],
    )


class PoolRun:
    """Some pools of this host, by name and all at once."""

    def __init__(
        self,
        paths: Paths,
        systemd: Systemd,
        client: Any | None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ):
        self._paths = paths
        self._systemd = systemd
        self._client = client
        self._sleep = sleep
        self._clock = clock
        self._again = 0.0  # not before this moment

    def ensure(
        self,
        counts: dict[str, int],
        wait: bool,
        timeout: float,
        check_mode: bool,
        purge: bool = False,
        rollback: bool = False,
    ) -> dict[str, Any]:
        """Have so many instances of each pool, each as its pool file says: ``changed``, ``actions``, ``instances``.

        With ``wait``, returns when all are ready. On a drained host none is started, nor waited for. With ``purge``,
        the other pools of the host are retired: drained, and their files removed once they have no instance. Raises
        Failure, also where instances are not ready in time: with ``rollback``, after their pools went back to what was
        good.
        """
        drained = os.path.lexists(self._paths.drained)
        wanted = _named(counts)
        actions: list[str] = []
        configs = [config for config in (self._config(name, check_mode) for name in counts) if config is not None]
        for network in dict.fromkeys(config.network for config in configs):
            actions += _networks.ensure(self._client, _networks.runners(network), (), check_mode)["actions"]
        retired = _retired.Retired(self._paths, set(_retired.known(self._paths)) - set(counts)) if purge else None
        here = {*counts, *(retired.pools if retired else ())}
        outdated = [instance for config in configs for instance in self._outdated(config)]
        todo = plan(wanted, self._units(here), outdated)
        if drained:
            todo = todo._replace(start=[], reload=[])
        actions += todo.actions
        if retired:
            actions += retired.mark(check_mode)
        if not check_mode:
            self._apply(todo)
            if wait:
                self._wait_for_the_idle(retired.pools if retired else set())
        if retired:
            gone = set(todo.drain) if check_mode else set()
            left = {
                names.parse_instance(name)[0]
                for name, unit in self._units(here).items()
                if name not in gone and unit.remains
            }
            actions += retired.remove(left, check_mode)
            if self._client is not None and not check_mode:
                _last_good.forget(self._client, retired.pools - left)
        if wait and not check_mode and not drained:
            self._wait_or_go_back({config.name: config for config in configs}, wanted, timeout, rollback)
        return {"changed": bool(actions), "actions": actions, "instances": self.instances(here, wanted)}

    def is_settled(self, counts: dict[str, int]) -> bool:
        """Whether all instances serve, and that they do so is remembered: ``ensure`` would have nothing to wait for."""
        if os.path.lexists(self._paths.drained):
            return True
        configs = {name: self._config(name, check_mode=True) for name in counts if counts[name]}
        found = {name: config for name, config in configs.items() if config is not None}
        ready = self._ready(found)
        return len(found) == len(configs) and all(
            _last_good.is_remembered(self._paths, self._client, config, self._image_ids(config))
            and all(ready(state.read(self._paths, one)) for one in _named({name: counts[name]}))
            for name, config in found.items()
        )

    def remove(self, pools: set[str], wait: bool, timeout: float, check_mode: bool) -> dict[str, Any]:
        """Drain all instances of these pools; with ``wait``, returns when they have ended. Raises Failure."""
        todo = plan([], self._units(pools), [])
        if not check_mode:
            self._apply(todo)
            end = self._clock() + timeout
            while wait and any(unit.active != "inactive" for unit in self._units(pools).values()):
                if self._clock() >= end:
                    left = ", ".join(name for name, unit in self._units(pools).items() if unit.active != "inactive")
                    raise Failure(f"these instances still drain after {timeout:g} s: {left}; run it again later")
                self._sleep(_LOOK * 4)
        return {"changed": bool(todo.actions), "actions": todo.actions, "instances": []}

    def instances(self, pools: set[str], wanted: list[str]) -> list[dict[str, Any]]:
        """The wanted instances and those that still drain, each with its unit and state."""
        units = self._units(pools)
        return [
            _instances.describe(name, units.get(name), state.read(self._paths, name))
            for name in [
                *wanted,
                *(name for name, unit in units.items() if name not in wanted and unit.active != "inactive"),
            ]
        ]

    def _config(self, name: str, check_mode: bool) -> pool.Pool | None:
        text = files.read(self._paths.pool(name))
        if text is None:
            if check_mode:
                return None
            raise Failure(f"the host has no pool {name}: install it with the module runner_unit first")
        try:
            return pool.load(text)
        except pool.PoolError as error:
            raise Failure(str(error)) from error

    def _units(self, pools: set[str]) -> dict[str, Unit]:
        return {
            name: unit for name, unit in self._systemd.instances().items() if names.parse_instance(name)[0] in pools
        }

    def _outdated(self, config: pool.Pool) -> list[str]:
        """The instances to be renewed now: a job that runs is not disturbed, and its successor is made anew anyway."""
        if self._client is None:
            return []
        images = self._image_ids(config)
        program = program_signature(self._paths)
        found = []
        for one in state.read_all(self._paths):
            if one.pool != config.name or not state.alive(one):
                continue
            if _is_old(one, config, images) or one.program != program:
                found.append(one.instance)
        return found

    def _image_ids(self, config: pool.Pool) -> tuple[str | None, ...]:
        """What the names of a pool's images stand for now."""
        if self._client is None:
            return (None,) * len(config.images)
        from . import _docker

        found = [_docker.find(self._client.images.get, reference) for reference in config.images]
        return tuple(str(one.id) if one is not None else None for one in found)

    def _apply(self, todo: Plan) -> None:
        for verb, arguments in (
            (("enable",), todo.enable),
            (("start", "--no-block"), todo.start),
            (("disable",), todo.drain),
            (("stop", "--no-block"), todo.drain),
        ):
            if arguments:
                self._systemd.call(*verb, *map(names.unit_name, arguments))
        self._reload(todo.reload)

    def _reload(self, instances: list[str]) -> None:
        """Let launchers look whether their runner is to be renewed."""
        if instances:
            self._again = self._clock() + _AGAIN
            self._systemd.call("reload", "--no-block", *map(names.unit_name, instances))

    def _wait_for_the_idle(self, retired: set[str]) -> None:
        """Let instances of retired pools end that have no job, which takes seconds; one with a job may take hours."""
        end = self._clock() + _IDLE_DRAIN
        while self._clock() < end and self._ending(retired):
            self._sleep(_LOOK)

    def _ending(self, retired: set[str]) -> bool:
        return any(
            unit.remains and not _has_job(state.read(self._paths, name)) for name, unit in self._units(retired).items()
        )

    def _wait_or_go_back(
        self, configs: dict[str, pool.Pool], wanted: list[str], timeout: float, rollback: bool
    ) -> None:
        """Wait until the pools serve, and remember what they serve with. Raises Failure."""
        images = {name: self._image_ids(config) for name, config in configs.items()}
        lacking, why = self._wait(configs, wanted, timeout)
        if lacking:
            goods = [_last_good.read(self._paths, name) for name in sorted(lacking) if rollback]
            back = [
                good
                for good in goods
                if good is not None
                and (good.pool.config, good.image_ids) != (configs[good.pool.name].config, images[good.pool.name])
            ]
            if back:
                why = self._go_back(back, configs, wanted, timeout, why)
            raise Failure(why, instances=self.instances(set(configs), wanted))
        shown = [one for one in (state.read(self._paths, name) for name in wanted) if one is not None]
        for name, config in configs.items():
            made_of = (config.config, images[name])
            if any(one.pool == name and (one.config, _made_of(one, config)) == made_of for one in shown):
                _last_good.remember(self._paths, self._client, config)

    def _go_back(
        self,
        goods: list[_last_good.LastGood],
        configs: dict[str, pool.Pool],
        wanted: list[str],
        timeout: float,
        why: str,
    ) -> str:
        """Bring back what was good, and tell how that went: to have gone back is no success. Raises Failure."""
        to = ", ".join(map(str, goods))
        gone = [good for good in goods if not _last_good.go_back(self._paths, self._client, good)]
        if gone:
            return f"{', '.join(map(str, gone))}, which was good before, is gone: {why}"
        pools = {good.pool.name for good in goods}
        self._reload([name for name, unit in self._units(pools).items() if unit.runs and name in wanted])
        now = {**configs, **{good.pool.name: good.pool for good in goods}}
        lacking, still = self._wait(now, wanted, timeout)
        return (
            f"went back to {to}, but {still}; before that {why}"
            if lacking
            else (f"went back to {to}, with which all serve: {why}")
        )

    def _wait(self, configs: dict[str, pool.Pool], wanted: list[str], timeout: float) -> tuple[set[str], str]:
        """Wait until all are ready; gives the pools that are not in time, or cannot be, and why."""
        old = self._old(configs)

        def renew(lacking: dict[str, State | None]) -> None:
            """Tell those again that still have an old runner: systemd drops what is asked of a unit that starts.

            A launcher that was updated starts anew at the first reload, and takes its old runner over.
            """
            if self._clock() >= self._again:
                self._reload([name for name, one in lacking.items() if one and state.alive(one) and old(one)])

        try:
            ready = self._ready(configs)
            _instances.wait_ready(self._paths, wanted, timeout, ready, self._sleep, self._clock, renew)
        except _instances.NotReady as failure:
            return {names.parse_instance(name)[0] for name in failure.lacking}, str(failure)
        return set(), ""

    def _old(self, configs: dict[str, pool.Pool]) -> Callable[[State], bool]:
        images = {name: self._image_ids(config) for name, config in configs.items()}
        return lambda one: _is_old(one, configs[one.pool], images[one.pool])

    def _ready(self, configs: dict[str, pool.Pool]) -> Callable[[State | None], bool]:
        """What tells an instance that serves as these pools say now."""
        old, program = self._old(configs), program_signature(self._paths)

        def ready(one: State | None) -> bool:
            return one is not None and _instances.is_ready(one) and not _is_replaced(one, program) and not old(one)

        return ready


def _named(counts: dict[str, int]) -> list[str]:
    """The instances of pools, by how many each has."""
    return [names.instance_name(name, number) for name in counts for number in range(1, counts[name] + 1)]


def _made_of(one: State, config: pool.Pool) -> tuple[str | None, ...]:
    """The images, by their ids, that an instance's containers were made of."""
    return (one.image, one.engine_image)[: len(config.images)]


def _is_old(one: State, config: pool.Pool, images: tuple[str | None, ...]) -> bool:
    """Whether an instance's containers would be made otherwise now, and no job is in the way of that."""
    others = [(now, then) for now, then in zip(images, _made_of(one, config)) if now is not None and now != then]
    # One that cannot connect, for want of a proxy perhaps, is mended by just such a change.
    if one.state == state.IDLE or (one.state == state.STARTING and one.container is not None):
        return one.config != config.config or bool(others)
    # One that waits for another image has no container to compare.
    return one.state in (state.WAITING, state.OUTDATED) and any(then is not None for _now, then in others)


def _is_replaced(one: State | None, program: str) -> bool:
    """Whether an instance is about to make way for a new launcher; one that drains brings that to its end."""
    return one is not None and one.program != program and one.state != state.DRAINING


def _has_job(one: State | None) -> bool:
    return one is not None and state.alive(one) and one.job is not None
