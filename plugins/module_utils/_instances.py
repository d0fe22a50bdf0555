# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an instance shows: to people, to modules, and to those who wait for it."""

from __future__ import annotations

import time
from typing import Any, Callable

from ._failure import Failure
from ._systemd import Unit
from .launcher import names, state
from .launcher.paths import Paths
from .launcher.state import State

# A state from before this run may still stand: the instance looks every two seconds whether something was mended.
_SETTLE = 8.0
_LOOK = 0.25


class NotReady(Failure):
    """Some instances were not ready in time."""

    def __init__(self, message: str, lacking: list[str]):
        super().__init__(message)
        self.lacking = lacking


def wait_ready(
    paths: Paths,
    wanted: list[str],
    timeout: float,
    ready: Callable[[State | None], bool],
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
    help_on: Callable[[dict[str, State | None]], None] = lambda _lacking: None,
) -> None:
    """Return when all of these instances are ready. Raises NotReady where they are not in time, or cannot be.

    ``help_on`` is given those that are not, each time that they were looked at.
    """
    began = clock()
    while True:
        states = {name: state.read(paths, name) for name in wanted}
        lacking = {name: one for name, one in states.items() if not ready(one)}
        if not lacking:
            return
        waited = clock() - began
        hopeless = waited >= _SETTLE and all(one is not None and one.lasting for one in lacking.values())
        if hopeless or waited >= timeout:
            said = f"{len(lacking)} of {len(wanted)} instances are not ready: {summary(lacking)}"
            raise NotReady(said, list(lacking))
        help_on(lacking)
        sleep(_LOOK)


def is_ready(one: State | None) -> bool:
    """Whether an instance runs a runner that GitHub can give jobs to, or that has one."""
    if one is None or not state.alive(one):
        return False
    return one.state in state.READY or (one.state == state.DRAINING and one.job is not None)


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


def _state_between(unit: Unit | None) -> str:
    """The state of an instance that no launcher shows: for a moment, at its start or at its end, there is none."""
    if unit is not None and unit.runs:
        return state.STARTING
    return state.DRAINING if unit is not None and unit.active == "deactivating" else "stopped"


def describe(name: str, unit: Unit | None, one: State | None) -> dict[str, Any]:
    """An instance as the modules return it. Pure but for the look whether its launcher lives."""
    live = one if one is not None and state.alive(one) else None
    return {
        "name": name,
        "unit": names.unit_name(name),
        "enabled": bool(unit and unit.enabled),
        "active_state": unit.active if unit else "inactive",
        "state": live.state if live else _state_between(unit),
        "reason": live.reason if live else "",
        "since": live.since if live else None,
        "until": live.until if live else None,
        "pool": names.parse_instance(name)[0],
        "runner_name": live.runner if live else None,
        "runner_id": live.runner_id if live else None,
        "container": live.container if live else None,
        "image_id": live.image if live else None,
        "runner_version": live.version if live else None,
        "job": live.job if live else None,
    }
