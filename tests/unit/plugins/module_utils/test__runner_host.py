# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host goes into maintenance without ending a job, stays there, and comes back with all its instances."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Callable

import pytest

from ansible_collections.socialgouv.actions_runner.plugins.module_utils import _runner_host, _units
from ansible_collections.socialgouv.actions_runner.plugins.module_utils._failure import Failure
from ansible_collections.socialgouv.actions_runner.plugins.module_utils._runner_host import HostRun
from ansible_collections.socialgouv.actions_runner.plugins.module_utils._systemd import Systemd
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import names, state
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.paths import Paths
from ansible_collections.socialgouv.actions_runner.tests.unit.plugins.module_utils.fake_engine import Engine
from ansible_collections.socialgouv.actions_runner.tests.unit.plugins.module_utils.fake_systemd import Systemctl

GONE = 2**22 + 1  # no process has this number
#: Another launcher than the present one: any process that lives.
NEXT = os.getppid()


class Host:
    """A host with instances in two pools, and a time of its own."""

    def __init__(self, root: Path):
        self.paths = Paths(str(root))
        self.systemctl = Systemctl(self.paths)
        self.engine = Engine()
        self.now = 0.0
        self.events: list[tuple[float, Callable[[], object]]] = []
        self.run = HostRun(
            self.paths,
            Systemd(self.systemctl, self.paths),
            self.engine,  # type: ignore[arg-type]
            self.sleep,
            lambda: self.now,
        )

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        for moment, event in list(self.events):
            if moment <= self.now:
                self.events.remove((moment, event))
                event()

    def shows(self, instance: str, shown: str = state.IDLE, **facts: Any) -> None:
        """What a launcher publishes."""
        pool = names.parse_instance(instance)[0]
        state.write(self.paths, state.State(instance, pool, shown, **{"pid": os.getpid(), **facts}))

    def ends(self, instance: str, active: str = "inactive") -> None:
        """An instance's unit has ended."""
        self.systemctl.active[names.unit_name(instance)] = active

    @property
    def verbs(self) -> list[str]:
        return [one[0] for one in self.systemctl.told]


@pytest.fixture
def host(tmp_path: Path) -> Host:
    made = Host(tmp_path)
    made.systemctl.instances("1", "2", "gpu-1")
    for name in ("1", "2", "gpu-1"):
        made.shows(name, runner=f"runner-{name}")
    made.systemctl.told.clear()
    return made


def test_no_instance_of_a_drained_host_starts() -> None:
    """Not after a reboot either: systemd itself looks at the mark."""
    paths = Paths()
    assert f"ConditionPathExists=!{paths.drained}\n" in _units.texts(paths)["github-runner@.service"]


@pytest.mark.parametrize("wait", [True, False])
def test_a_drain_marks_the_host_stops_every_pool_and_waits_for_the_jobs(host: Host, wait: bool) -> None:
    """All instances in one call, enabled as they were; a second run changes nothing."""
    host.systemctl.on = lambda verb, _units: host.events.append(
        (30, lambda: [host.ends(one) for one in ("1", "2", "gpu-1")])
    )
    result = host.run.drain("new  disk\n", False, wait, 60, False)
    assert Path(host.paths.drained).read_text() == "new disk\n"
    assert result["actions"] == [
        f"Marked the host as drained ({host.paths.drained})",
        *(f"Drained {name}" for name in ("1", "2", "gpu-1")),
    ]
    assert host.verbs == ["stop"]
    assert "--no-block" in host.systemctl.told[0]
    assert (30 <= host.now <= 31) is wait
    host.now = 30
    host.sleep(1)
    host.systemctl.told.clear()
    again = host.run.drain("new disk", False, True, 60, False)
    assert (again["changed"], host.verbs, again["drained"]) == (False, [], True)
    assert [one["enabled"] for one in again["instances"]] == [True] * 3


def test_the_mark_stands_before_the_first_instance_is_told(host: Host) -> None:
    """One that ends by itself in between does not start again."""
    seen = []
    host.systemctl.on = lambda verb, _units: seen.append((verb, Path(host.paths.drained).exists()))
    host.run.drain("", False, False, 0, False)
    assert seen == [("stop", True)]


def test_force_ends_the_jobs_and_nothing_else_does(host: Host) -> None:
    """SIGQUIT to the launchers, those that drain already included."""
    host.ends("2", "deactivating")
    host.run.drain("", True, False, 0, False)
    assert host.verbs == ["kill", "stop"]
    assert host.systemctl.told[0][1:] == [
        "--kill-who=main",
        "--signal=SIGQUIT",
        *(names.unit_name(one) for one in ("1", "2", "gpu-1")),
    ]
    assert names.unit_name("2") not in host.systemctl.told[1]


@pytest.mark.parametrize("wait", [True, False])
def test_force_reaches_every_launcher_where_docker_does_not_answer(host: Host, wait: bool) -> None:
    """What cannot be looked at comes after what can be told."""
    leaves_a_runner(host, state.FAILED, "drain")
    host.ends("2", "active")
    host.engine.down = True
    with pytest.raises(Failure, match="whether a runner still runs is not known"):
        host.run.drain("", True, wait, 60, False)
    assert host.verbs == ["kill", "stop"]


def test_force_ends_a_runner_whose_launcher_ends_before_it_hears(host: Host) -> None:
    """It was just being started again: systemd stops it then and there."""
    leaves_a_runner(host, state.BUSY)
    host.ends("1", "activating")
    host.systemctl.on = lambda verb, _units: host.events.append((1, lambda: host.ends("1"))) if verb == "stop" else None
    result = host.run.drain("", True, True, 60, False)
    assert "Ended the runner of 1" in result["actions"]
    assert not host.engine.running


def test_a_drain_that_takes_longer_names_the_jobs(host: Host) -> None:
    """With every state in the result; nothing was killed."""
    host.shows("2", state.BUSY, job="build")
    host.systemctl.on = lambda verb, _units: [host.ends("1"), host.ends("gpu-1")]
    with pytest.raises(Failure, match=r"still drain after 60 s: 2 \(job build\); run it again later") as caught:
        host.run.drain("", False, True, 60, False)
    assert len(caught.value.facts["instances"]) == 3
    assert host.verbs == ["stop"]


def leaves_a_runner(host: Host, shown: str, kind: str = "") -> None:
    """All launchers have ended, and one of them before its runner."""
    for name in ("1", "2", "gpu-1"):
        host.ends(name)
    host.ends("1", "failed")
    host.shows("1", shown, kind=kind, container="c", pid=GONE)
    host.engine.running.add("c")


@pytest.mark.parametrize(
    ("shown", "kind", "said"),
    [
        (state.FAILED, "drain", "the drain of 1 gave up after drain_timeout and left the job running: wait"),
        (state.DRAINING, "", "the launcher of 1 has ended and its runner has not: run the playbook resume"),
        (state.BUSY, "", "the launcher of 1 has ended and its runner has not: run the playbook resume"),
    ],
)
def test_a_host_on_which_a_runner_was_left_is_not_drained(host: Host, shown: str, kind: str, said: str) -> None:
    """A drain gave up, or the launcher was ended in the midst of it; once the container has ended, all is well."""
    leaves_a_runner(host, shown, kind)
    with pytest.raises(Failure, match=said):
        host.run.drain("", False, True, 60, False)
    host.engine.down = True
    with pytest.raises(Failure, match="whether a runner still runs is not known: Docker does not answer"):
        host.run.drain("", False, True, 60, False)
    host.engine.down = False
    host.engine.running.clear()
    assert host.run.drain("", False, True, 60, False)["drained"]


@pytest.mark.parametrize("check_mode", [True, False])
def test_force_ends_a_runner_whose_launcher_has_ended(host: Host, check_mode: bool) -> None:
    """Nobody else is left to do it."""
    leaves_a_runner(host, state.FAILED, "drain")
    result = host.run.drain("", True, True, 60, check_mode)
    assert "Ended the runner of 1" in result["actions"]
    assert bool(host.engine.running) is check_mode
    host.engine.running.clear()
    assert "Ended the runner of 1" not in host.run.drain("", True, True, 60, check_mode)["actions"]


def test_resuming_starts_what_is_enabled(host: Host) -> None:
    """Nothing else, and waits until all are ready; then there is nothing more to do."""
    host.run.drain("", False, False, 0, False)
    for name in ("1", "2", "gpu-1"):
        host.ends(name)
        host.shows(name, pid=GONE)
    host.systemctl._do("disable", [names.unit_name("2")], False)
    host.systemctl.told.clear()
    host.systemctl.on = lambda verb, _units: host.events.append(
        (host.now + 9, lambda: [host.shows(one) for one in ("1", "gpu-1")])
    )
    result = host.run.activate(True, 60, False)
    assert host.systemctl.told == [["start", "--no-block", names.unit_name("1"), names.unit_name("gpu-1")]]
    assert result["actions"] == ["Took the host back into service", "Started 1", "Started gpu-1"]
    assert not result["drained"]
    assert not host.run.activate(True, 60, False)["changed"]


def test_a_host_that_does_not_come_back_says_why(host: Host) -> None:
    """With every state in the result."""
    host.shows("1", state.SEALED, reason="seal it again", lasting=True)
    with pytest.raises(Failure, match="1 of 3 instances are not ready: 1 sealed: seal it again") as caught:
        host.run.activate(True, 60, False)
    assert [one["state"] for one in caught.value.facts["instances"]] == ["sealed", "idle", "idle"]


def test_a_restart_waits_for_other_runners_where_there_was_no_job(host: Host) -> None:
    """The busy one follows after its job, and nobody waits for that."""
    host.shows("2", state.BUSY, runner="runner-2", job="build")
    host.events = [
        (5, lambda: host.shows("1", state.STARTING, runner="another", pid=NEXT)),
        (10, lambda: host.shows("1", runner="another", pid=NEXT)),
        # The launcher of before, which was starting itself when it was told to go.
        (12, lambda: host.shows("gpu-1", runner="another")),
        (20, lambda: host.shows("gpu-1", runner="a third", pid=NEXT)),
    ]
    result = host.run.restart(True, 60, False)
    assert host.systemctl.told == [["restart", "--no-block", *(names.unit_name(one) for one in ("1", "2", "gpu-1"))]]
    assert result["actions"] == ["Restarted 1", "Restarted 2", "Restarted gpu-1"]
    assert 20 <= host.now <= 21


def test_a_job_that_comes_in_between_is_not_waited_for(host: Host) -> None:
    """It may take hours."""
    host.events = [
        (
            1,
            lambda: [
                host.shows(one, state.DRAINING, runner=f"runner-{one}", job="build") for one in ("1", "2", "gpu-1")
            ],
        )
    ]
    host.run.restart(True, 60, False)
    assert host.now < 3


def test_what_drains_or_stands_still_is_not_called_back(host: Host) -> None:
    """A restart is no resume."""
    host.shows("1", state.DRAINING)
    host.ends("2")
    host.run.restart(False, 0, False)
    assert host.systemctl.told == [["restart", "--no-block", names.unit_name("gpu-1")]]


@pytest.mark.parametrize("do", ["drain", "activate", "restart"])
def test_check_mode_tells_the_same_and_touches_nothing(host: Host, do: str) -> None:
    """Action by action."""
    if do == "activate":
        host.run.drain("", False, False, 0, False)
        host.ends("1")
        host.systemctl.told.clear()
    calls: dict[str, Callable[[bool], dict[str, Any]]] = {
        "drain": lambda check: host.run.drain("", False, False, 0, check),
        "activate": lambda check: host.run.activate(False, 0, check),
        "restart": lambda check: host.run.restart(False, 0, check),
    }
    marked = Path(host.paths.drained).exists()
    told = calls[do](True)
    assert told["changed"]
    assert (host.systemctl.told, Path(host.paths.drained).exists()) == ([], marked)
    assert calls[do](False)["actions"] == told["actions"]


@pytest.mark.parametrize("drained", [True, False])
def test_a_drained_host_is_not_waited_for(host: Host, drained: bool) -> None:
    """Its instances are not to come up."""
    host.shows("1", state.WAITING, reason="no disk")
    if drained:
        host.run.drain("", False, False, 0, False)
        host.run.wait_ready(60)
        assert _runner_host.drain_reason(host.paths) == ""
    else:
        with pytest.raises(Failure, match="no disk"):
            host.run.wait_ready(60)
        assert _runner_host.drain_reason(host.paths) is None
