# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The reconciler removes what is ours and dead, renews what GitHub has lost, at the second sight, and nothing else."""

from __future__ import annotations

import dataclasses
import json
import os
from pathlib import Path
from typing import Any, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import files, names, reconcile, state
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.engine import EngineError
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.errors import Trouble
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.host import Host
from ansible_collections.socialgouv.actions_runner.tests.unit.plugins.module_utils.launcher.world import (
    MARK,
    POOL,
    Inline,
    World,
)

HOST = Host("host", MARK)
OURS = f"default-host-1-{MARK}0000aa"
FOREIGN = "default-host-1-765432100000aa"


def listed(name: str = OURS, **changes: Any) -> dict[str, Any]:
    return {"id": 7, "name": name, "status": "offline", "busy": False, **changes}


class GitHub:
    """What a registrar gives the reconciler."""

    def __init__(self, *runners: dict[str, Any]):
        self.found = list(runners)
        self.deleted: list[int] = []
        self.trouble: Trouble | None = None

    def runners(self, _config: Any) -> list[dict[str, Any]]:
        if self.trouble:
            raise self.trouble
        return self.found

    def deregister(self, _config: Any, runner: str, runner_id: int) -> bool:
        if any(one["name"] == runner and one.get("job") for one in self.found):
            raise Trouble("busy", "still running a job")
        self.deleted.append(runner_id)
        return True


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A host with one pool."""
    monkeypatch.setattr(reconcile, "Offloaded", Inline)
    return World(tmp_path)


def run(world: World, github: GitHub, times: int = 1, systemctl: Callable[..., int] = pytest.fail) -> int:
    """So many runs of the timer; gives what the last one did."""
    runs = (
        reconcile.Reconciliation(
            world.paths,
            world.engine,  # type: ignore[arg-type]
            HOST,
            github,  # type: ignore[arg-type]
            systemctl=systemctl,
            clock=lambda: world.now,
        ).run()
        for _unused in range(times)
    )
    return list(runs)[-1]


@pytest.mark.parametrize(
    ("one", "in_use", "dead"),
    [
        (listed(), set(), True),
        (listed(), {OURS}, False),
        (listed(status="online"), set(), False),
        (listed(busy=True), set(), False),
        (listed(FOREIGN), set(), False),
        (listed("somebody"), set(), False),
        (listed(f"{OURS}-x"), set(), False),
    ],
)
def test_dead_is_ours_and_offline_and_idle_and_unused(one: dict[str, Any], in_use: set[str], dead: bool) -> None:
    """Each of the four alone saves a registration."""
    assert (reconcile.dead_runners([one], MARK, in_use) == [one]) is dead


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "id": st.integers(),
                "name": st.sampled_from([OURS, FOREIGN, "x"]) | st.text(max_size=70),
                "status": st.sampled_from(["online", "offline", "unknown", ""]),
                "busy": st.booleans(),
            }
        ),
        max_size=8,
    ),
    st.sets(st.sampled_from([OURS, "x"])),
)
def test_whatever_is_listed_only_ours_can_be_dead(runners: list[dict[str, Any]], in_use: set[str]) -> None:
    """Nothing is deleted that does not carry this host's exact mark."""
    for one in reconcile.dead_runners(runners, MARK, in_use):
        assert names.is_ours(one["name"], MARK)
        assert (one["status"], one["busy"]) == ("offline", False)
        assert one["name"] not in in_use


def test_a_registration_goes_at_the_second_sight(world: World) -> None:
    """A runner that is just being made looks dead for a moment: it is not when the next look comes."""
    github = GitHub(listed())
    assert run(world, github) == 0
    assert github.deleted == []
    assert run(world, github) == 0
    assert github.deleted == [7]
    assert Path(world.paths.sightings).stat().st_mode & 0o777 == 0o600


def test_a_registration_that_came_back_between_is_kept(world: World) -> None:
    """Two sights in a row, not two in all."""
    github = GitHub(listed())
    run(world, github)
    github.found = [listed(status="online")]
    run(world, github)
    github.found = [listed()]
    run(world, github)
    assert github.deleted == []


@pytest.mark.parametrize("stands", ["container", "state", "nothing"])
def test_what_stands_for_a_registration_saves_it(world: World, stands: str) -> None:
    """A container that runs, or an instance that is about to make one."""
    if stands == "container":
        world.engine.add(name=OURS, state="running")
    if stands == "state":
        state.write(world.paths, state.State("1", "default", runner=OURS, pid=os.getpid()))
    github = GitHub(listed())
    run(world, github, times=3)
    assert github.deleted == ([] if stands != "nothing" else [7, 7])


def test_a_runner_with_a_job_is_no_failure(world: World) -> None:
    """GitHub refuses to delete it: it is not dead after all."""
    github = GitHub(listed(job=True))
    assert run(world, github, times=2) == 0


@pytest.mark.parametrize(
    ("left", "instance", "alive", "gone"),
    [
        ("exited", "1", False, True),
        ("created", "1", False, True),
        ("dead", "1", False, True),
        ("exited", "1", True, False),
        ("created", "1", True, False),
        ("running", "1", False, False),
        ("paused", "1", False, False),
        ("exited", None, False, True),
    ],
)
def test_only_containers_that_nobody_will_bury_are_removed(
    world: World, left: str, instance: str | None, alive: bool, gone: bool
) -> None:
    """A living instance buries its own; what runs is never touched."""
    labels = {names.LABEL_MARK: MARK, **({names.LABEL_INSTANCE: instance} if instance else {})}
    world.engine.add(state=left, labels=labels)
    foreign = world.engine.add(state="exited", labels={names.LABEL_MARK: "76543210", names.LABEL_INSTANCE: "1"})
    if alive:
        state.write(world.paths, state.State("1", "default", pid=os.getpid()))
    run(world, GitHub())
    assert (len(world.engine.all) == 1) is gone
    assert foreign in world.engine.all.values()


def test_a_pool_that_cannot_be_looked_at_is_counted(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """The unit fails, the journal says why, and the other pools are looked at all the same."""
    Path(world.paths.pools, "aaa.json").write_bytes(b"\xff damaged")
    github = GitHub(listed())
    github.trouble = Trouble("refused", "GitHub refused the token (401)")
    assert run(world, github) == 1
    assert "pool default: GitHub refused the token (401)" in capsys.readouterr().err
    github.trouble = None
    assert run(world, github, times=2) == 0
    assert github.deleted == [7]


@pytest.mark.parametrize(
    "text",
    [
        *(b"", b"{", b"[1]", b"null", b"5", b"\xff", b'{"default": [7]}', b'{"registrations": [7]}'),
        b'{"registrations": 7, "runners": []}',
        b'{"registrations": [7], "runners": null}',
        b'{"registrations": ["x"], "runners": []}',
    ],
)
def test_damaged_sightings_are_no_sightings(world: World, text: bytes) -> None:
    """Nothing is deleted because of them, and they are written anew."""
    Path(world.paths.sightings).write_bytes(text)
    github = GitHub(listed())
    assert run(world, github) == 0
    assert github.deleted == []
    assert json.loads(Path(world.paths.sightings).read_text()) == {"registrations": [7], "runners": []}


def test_a_host_without_pools_has_nothing_to_do(tmp_path: Path, world: World) -> None:
    """Before the first and after the last pool."""
    files.write(world.paths.pool("default"), POOL.dump().encode(), 0o644)
    Path(world.paths.pool("default")).unlink()
    Path(world.paths.pools).rmdir()
    assert run(world, GitHub(listed())) == 0


# Runners that GitHub gives no jobs.


def stands(world: World, **changes: Any) -> state.State:
    """An instance that has listened for a while."""
    facts = {
        "state": state.IDLE,
        "runner": OURS,
        "container": "id1",
        "pid": os.getpid(),
        "since": world.now - 3600,
        **changes,
    }
    one = state.State("1", "default", **facts)
    state.write(world.paths, one)
    return one


@pytest.mark.parametrize(
    ("known", "changes", "lost"),
    [
        ([], {}, True),
        ([listed()], {}, True),
        ([listed(FOREIGN, status="online")], {}, True),
        ([listed(status="online")], {}, False),
        ([listed(busy=True)], {}, False),
        ([], {"state": state.BUSY}, True),
        ([listed(busy=True)], {"state": state.BUSY}, False),
        ([], {"state": state.STARTING}, True),
        ([], {"state": state.STARTING, "since": 1_795_514_400.0 - 599}, False),
        ([], {"state": state.STARTING, "container": None}, False),
        ([], {"state": state.DRAINING}, False),
        ([], {"runner": None}, False),
        ([], {"since": 1_795_514_400.0 - 59}, False),
    ],
)
def test_a_runner_is_lost_that_listens_where_nobody_speaks(
    world: World, known: list[dict[str, Any]], changes: dict[str, Any], lost: bool
) -> None:
    """GitHub has it no more, or it is offline to GitHub; one that is made, that GitHub calls busy or that has just
    come is not."""
    one = stands(world, **changes)
    assert reconcile.lost_runners(known, [one], world.now) == ([one] if lost else [])


def test_a_lost_runner_is_renewed_at_the_second_sight(world: World) -> None:
    """By its own instance, which looks for a job first; nothing is deregistered and no container is touched."""
    stands(world)
    one = world.engine.add(name=OURS, state="running")
    github, asked = GitHub(), []
    assert run(world, github, systemctl=lambda *words: asked.append(words) or 0) == 0
    assert asked == []
    assert run(world, github, systemctl=lambda *words: asked.append(words) or 0) == 0
    assert asked == [("kill", "--kill-who=main", "--signal=SIGUSR1", "github-runner@1.service")]
    assert (github.deleted, list(world.engine.all.values()), one.state) == ([], [one], "running")


def test_a_successor_is_not_taken_for_the_lost_one(world: World) -> None:
    """Another runner, another sighting: two in a row of the same."""
    stands(world)
    run(world, GitHub())
    stands(world, runner=f"default-host-1-{MARK}0000bb")
    run(world, GitHub())


def test_an_instance_of_another_pool_is_not_judged_by_this_ones_list(world: World) -> None:
    """Each pool has a scope of its own."""
    one = stands(world)
    state.write(world.paths, dataclasses.replace(one, pool="gpu", instance="gpu-1"))
    Path(world.paths.state("1")).unlink()
    run(world, GitHub(), times=3)


def test_a_container_that_cannot_be_removed_stops_nothing_else(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is tried again with the next run; what is dead at GitHub goes all the same."""
    world.engine.add(state="dead", labels={names.LABEL_MARK: MARK, names.LABEL_INSTANCE: "1"})
    world.engine.failures["remove"] = [EngineError(500, "device or resource busy")] * 2
    github = GitHub(listed())
    assert run(world, github, times=2) == 0
    assert github.deleted == [7]
    assert "could not be removed" in capsys.readouterr().err


def test_an_instance_that_starts_meanwhile_keeps_what_it_has_made(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Removals take their time: who is alive is asked after each list, not before all of them."""
    world.engine.add(state="exited", labels={names.LABEL_MARK: MARK, names.LABEL_INSTANCE: "2"})
    remove = world.engine.remove

    def slow(container: str) -> None:
        remove(container)
        state.write(world.paths, state.State("1", "default", pid=os.getpid()))
        world.engine.create_volume(OURS, {names.LABEL_MARK: MARK, names.LABEL_BESIDE: "1", names.LABEL_RUNNER: OURS})

    monkeypatch.setattr(world.engine, "remove", slow)
    run(world, GitHub())
    assert list(world.engine.beside["volumes"]) == [OURS]
