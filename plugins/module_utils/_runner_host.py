# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A whole host, all pools alike: into maintenance, out of it again, and every runner anew."""

from __future__ import annotations

import os
import time
from typing import Any, Callable

from . import _host_files, _instances
from ._failure import Failure
from ._systemd import Systemd, Unit
from .launcher import drain, files, names, state
from .launcher.engine import Engine, EngineError
from .launcher.paths import Paths
from .launcher.state import State

_LOOK = 0.5


def drain_reason(paths: Paths) -> str | None:
    """Why the host is in maintenance, which may be for no stated reason; None where it is not. Raises OSError."""
    text = files.read(paths.drained)
    return None if text is None else text.strip()


def maintenance(paths: Paths) -> dict[str, Any]:
    """The same as modules return it. Raises OSError."""
    reason = drain_reason(paths)
    return {"drained": reason is not None, "drain_reason": reason or ""}


class HostRun:
    """All instances of this host."""

    def __init__(
        self,
        paths: Paths,
        systemd: Systemd,
        engine: Engine,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ):
        self._paths = paths
        self._systemd = systemd
        self._engine = engine
        self._sleep = sleep
        self._clock = clock

    def drain(self, reason: str, force: bool, wait: bool, timeout: float, check_mode: bool) -> dict[str, Any]:
        """Let no instance take a job or start any more, over reboots too; with ``wait``, until all jobs have ended.

        ``force`` ends the jobs. Raises Failure, also where the jobs have not ended in time, OSError.
        """
        # The mark comes first: what ends after it, for whatever reason, does not start again.
        text = f"{' '.join(reason.split())}\n".encode()
        diff = _host_files.ensure(_host_files.HostFile(self._paths.drained, text), check_mode)
        actions = [f"Marked the host as drained ({self._paths.drained})"] if diff is not None else []
        running = [name for name, unit in self._units().items() if unit.runs]
        actions += [f"Drained {name}" for name in running]
        if not check_mode:
            self._stop(running, force)
        if force:
            actions += self._end_orphans(check_mode)
        if wait and not check_mode:
            self._wait_stopped(timeout)
            if force:
                actions += self._end_orphans(check_mode)
            self._refuse_orphans()
        return self._result(actions)

    def activate(self, wait: bool, timeout: float, check_mode: bool) -> dict[str, Any]:
        """Take the host back into service; with ``wait``, until all instances are ready. Raises Failure, OSError."""
        gone = _host_files.remove(self._paths.drained, check_mode)
        actions = ["Took the host back into service"] if gone else []
        enabled = [name for name, unit in self._units().items() if unit.enabled]
        start = [name for name in enabled if not self._units()[name].runs]
        actions += [f"Started {name}" for name in start]
        if not check_mode:
            if start:
                self._systemd.call("start", "--no-block", *map(names.unit_name, start))
            if wait:
                self._wait_ready(enabled, timeout, _instances.is_ready)
        return self._result(actions)

    def restart(self, wait: bool, timeout: float, check_mode: bool) -> dict[str, Any]:
        """Replace every idle runner at once and every busy one after its job.

        With ``wait``, returns when the runners that were idle have a ready successor. Raises Failure.
        """
        before = {name: state.read(self._paths, name) for name, unit in self._units().items() if unit.runs}
        # Whoever drains is on its way out: a restart would call it back.
        renewed = [name for name, one in before.items() if one is None or one.state != state.DRAINING]
        if not check_mode and renewed:
            self._systemd.call("restart", "--no-block", *map(names.unit_name, renewed))
            if wait:
                self._wait_ready([name for name in renewed if not _has_job(before[name])], timeout, _renewed(before))
        return self._result([f"Restarted {name}" for name in renewed])

    def instances(self) -> list[dict[str, Any]]:
        """Every instance of the host, with its unit and state."""
        return [_instances.describe(name, unit, state.read(self._paths, name)) for name, unit in self._units().items()]

    def wait_ready(self, timeout: float) -> None:
        """Return when every enabled instance is ready, at once on a drained host. Raises Failure."""
        if drain_reason(self._paths) is None:
            enabled = [name for name, unit in self._units().items() if unit.enabled]
            self._wait_ready(enabled, timeout, _instances.is_ready)

    def _units(self) -> dict[str, Unit]:
        return self._systemd.instances()

    def _stop(self, running: list[str], force: bool) -> None:
        unfinished = [name for name, unit in self._units().items() if not unit.ended]
        if force and unfinished:
            self._systemd.call("kill", "--kill-who=main", "--signal=SIGQUIT", *map(names.unit_name, unfinished))
        if running:
            self._systemd.call("stop", "--no-block", *map(names.unit_name, running))

    def _end_orphans(self, check_mode: bool) -> list[str]:
        orphans = self._orphans()
        try:
            for one in () if check_mode else orphans.values():
                drain.end_runner(self._engine, one)
        except EngineError as error:
            raise Failure(error.sentence, **self._result([])) from error
        return [f"Ended the runner of {name}" for name in orphans]

    def _wait_stopped(self, timeout: float) -> None:
        end = self._clock() + timeout
        while True:
            units = self._units()
            left = [name for name, unit in units.items() if not unit.ended]
            if not left:
                return
            if self._clock() >= end:
                jobs = [f"{name}{_job_of(state.read(self._paths, name))}" for name in left]
                raise Failure(
                    f"these instances still drain after {timeout:g} s: {', '.join(jobs)}; run it again later",
                    **self._result([]),
                )
            self._sleep(_LOOK)

    def _refuse_orphans(self) -> None:
        orphans = self._orphans()
        gave_up = [name for name, one in orphans.items() if drain.gave_up(one)]
        if gave_up:
            raise Failure(
                f"the drain of {', '.join(gave_up)} gave up after drain_timeout and left the job running: wait for its "
                "end and run it again",
                **self._result([]),
            )
        if orphans:
            raise Failure(
                f"the launcher of {', '.join(orphans)} has ended and its runner has not: run the playbook resume, then "
                "this again",
                **self._result([]),
            )

    def _orphans(self) -> dict[str, State]:
        """The instances whose runner still runs though their launcher has ended. Raises Failure."""
        ended = [name for name, unit in self._units().items() if unit.ended]
        shown = {name: one for name in ended if (one := state.read(self._paths, name))}
        try:
            return {name: one for name, one in shown.items() if drain.has_runner(self._engine, one)}
        except EngineError as error:
            said = f"whether a runner still runs is not known: {error.sentence}"
            raise Failure(said, **self._result([])) from error

    def _wait_ready(self, wanted: list[str], timeout: float, ready: Callable[[State | None], bool]) -> None:
        try:
            _instances.wait_ready(self._paths, wanted, timeout, ready, self._sleep, self._clock)
        except Failure as failure:
            raise Failure(str(failure), **self._result([])) from failure

    def _result(self, actions: list[str]) -> dict[str, Any]:
        return {
            "changed": bool(actions),
            "actions": actions,
            "drained": os.path.lexists(self._paths.drained),
            "instances": self.instances(),
        }


def _has_job(one: State | None) -> bool:
    return one is not None and state.alive(one) and (one.state == state.BUSY or one.job is not None)


def _job_of(one: State | None) -> str:
    return f" (job {one.job})" if one is not None and one.job else ""


def _renewed(before: dict[str, State | None]) -> Callable[[State | None], bool]:
    """Whether an instance has another runner than before, or a job that came in between and that it waits for.

    And another launcher: one that is just starting, since somebody else's restart, shows another runner too, and goes.
    """

    def ready(one: State | None) -> bool:
        if one is None or not state.alive(one):
            return False
        earlier = before[one.instance]
        another = earlier is None or (one.runner != earlier.runner and one.pid != earlier.pid)
        return (another and one.state in state.READY) or _has_job(one)

    return ready
