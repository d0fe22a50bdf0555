# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Between a job's end and its runner's, the next runner is made ready: sooner there, and never one too many."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import state, systemd
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.engine import EngineError
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.errors import Trouble
from ansible_collections.socialgouv.actions_runner.tests.unit.plugins.module_utils.launcher.world import (
    POOL,
    Behaviour,
    Container,
    Inline,
    World,
    job,
    say,
)

# In job(10, 60): the worker starts at 11 and the job is completed at 71, the runner ends at 72.
COMPLETED, ENDED = 71, 72


@pytest.fixture(autouse=True)
def _silence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(systemd, "notify", lambda *_assignments: None)
    monkeypatch.setattr(Inline, "waiting", 0)


def moments(world: World, call: str) -> list[int]:
    return [round(moment) for moment, name, _container in world.engine.calls if name == call]


def nothing_is_left(world: World) -> bool:
    return not world.engine.all and not world.github.registered and not Inline.waiting


def test_the_next_runner_is_started_before_the_last_one_is_removed(tmp_path: Path) -> None:
    """Registered and made when the job has ended, started when the runner has; the old container's disk can wait."""
    world = World(tmp_path, job(10, 60))
    seen: list[list[str]] = []
    world.at(COMPLETED + 0.5, lambda: seen.append([one.state for one in world.engine.all.values()]))
    world.at(100, world.signals.terminate)
    assert world.live() == 0
    assert [round(moment) for moment, _runner in world.github.registrations] == [0, COMPLETED]
    assert seen == [["running", "created"]]
    assert moments(world, "start") == [0, ENDED]
    calls = [name for _moment, name, _container in world.engine.calls]
    assert calls.index("remove") > calls.index("start", calls.index("start") + 1)
    assert nothing_is_left(world)


def test_the_state_is_the_running_containers_until_it_ends(tmp_path: Path) -> None:
    """A launcher that crashes in between takes over the one that runs, and buries the one that does not."""
    world = World(tmp_path, job(10, 60))
    seen: list[state.State] = []
    world.at(COMPLETED + 0.5, lambda: seen.append(world.state))
    world.at(100, lambda: seen.append(world.state))
    world.at(101, world.signals.terminate)
    world.live()
    assert [one.runner for one in seen] == [one.name for one in world.engine.made]
    assert [one.container for one in seen] == [one.id for one in world.engine.made]
    assert [(one.job, one.runner_id) for one in seen] == [("build", 1), (None, 2)]


def forges(lasts: float) -> Behaviour:
    """A job that prints its own end early, ten times."""

    def behave(world: World, one: Container) -> None:
        job(10, lasts)(world, one)
        for second in range(10):
            say(world, one, 12 + second, "Job build completed with result: Succeeded")

    return behave


@pytest.mark.parametrize("lasts", [100, 3000])
def test_a_job_cannot_have_many_runners_registered_or_an_old_one_used(tmp_path: Path, lasts: float) -> None:
    """What a job prints makes one spare at most; one that has grown old is deregistered and removed, never started."""
    world = World(tmp_path, forges(lasts))
    world.at(lasts + 50, world.signals.terminate)
    assert world.live() == 0
    assert [round(moment) for moment, _runner in world.github.registrations] == [0, 12, round(lasts) + 12]
    forged = world.engine.made[1]
    assert forged.name in {runner for _moment, runner, _id in world.github.deregistrations}
    assert forged.id not in [container for _moment, name, container in world.engine.calls if name == "start"]
    assert nothing_is_left(world)


@pytest.mark.parametrize("change", ["image", "pool", "program"])
def test_a_spare_of_yesterday_is_not_used(tmp_path: Path, change: str) -> None:
    """Another image, configuration or launcher within the last second: the next runner is made of the new."""
    world = World(tmp_path, job(10, 60))

    def happen() -> None:
        if change == "image":
            world.engine.images["runner:1"] = "sha256:3"
        elif change == "pool":
            world.write_pool(dataclasses.replace(POOL, image="runner:2"))
        else:
            world.replace_program()

    world.at(COMPLETED + 0.5, happen)
    world.at(100, world.signals.terminate)
    assert world.live() == 0
    unused = world.engine.made[1]
    assert unused.state == "created"
    assert unused.id not in world.engine.all
    if change != "program":
        assert world.engine.made[2].image == ("sha256:3" if change == "image" else "sha256:2")
    assert nothing_is_left(world)


def test_a_drain_in_between_leaves_nothing_behind(tmp_path: Path) -> None:
    """The spare is deregistered and removed like everything else."""
    world = World(tmp_path, job(10, 60))
    world.at(COMPLETED + 0.5, world.signals.terminate)
    assert world.live() == 0
    assert moments(world, "start") == [0]
    assert nothing_is_left(world)


def test_a_drain_during_the_job_makes_none(tmp_path: Path) -> None:
    """Who wants no new job wants no new runner."""
    world = World(tmp_path, job(10, 60))
    world.at(30, world.signals.terminate)
    assert world.live() == 0
    assert len(world.github.registrations) == 1
    assert nothing_is_left(world)


def test_a_runner_that_dies_with_its_job_leaves_nobody_waiting(tmp_path: Path) -> None:
    """The process that waited for the job's end is told that there is none."""

    def dies(world: World, one: Container) -> None:
        job(10, 60)(world, one)
        world.after(30, lambda: world.engine.end(one, 137))

    world = World(tmp_path, dies)
    world.at(60, world.signals.terminate)
    assert world.live() == 0
    assert [round(moment) for moment, _runner in world.github.registrations] == [0, 30]
    assert not world.engine.all
    assert not Inline.waiting


def test_what_github_asked_to_wait_is_waited(tmp_path: Path) -> None:
    """A spare that GitHub refused is not asked for again a second later."""
    world = World(tmp_path, job(10, 60))
    world.at(50, lambda: world.github.register_troubles.append(Trouble("limited", "too many", retry_after=300)))
    world.at(600, world.signals.terminate)
    assert world.live() == 0
    assert [round(moment) for moment in world.github.attempts[:2]] == [0, COMPLETED]
    assert world.github.attempts[2] >= COMPLETED + 300
    assert nothing_is_left(world)


@pytest.mark.parametrize("call", ["image", "create", "put_archive", "start"])
def test_a_spare_that_cannot_be_made_is_no_loss(tmp_path: Path, call: str) -> None:
    """Docker fails once, at whatever step: the instance waits and stands again, with nothing left over."""
    world = World(tmp_path, job(10, 60))
    world.at(COMPLETED - 0.5, lambda: world.engine.failures.update({call: [EngineError(500, "disk full")]}))
    world.at(200, world.signals.terminate)
    shown: list[str] = []
    world.at(190, lambda: shown.append(world.state.state))
    assert world.live() == 0
    assert shown == ["idle"]
    assert nothing_is_left(world)


@pytest.mark.parametrize("failures", [1, 4])
def test_a_container_that_cannot_be_removed_stops_the_instance_after_one_more(tmp_path: Path, failures: int) -> None:
    """It is tried again at the next end; a disk that only fills up ends in a wait that says why, until it is mended."""
    world = World(tmp_path, job(10, 60), job(10, 60))
    busy = [EngineError(500, "device or resource busy")] * failures
    world.at(COMPLETED + 0.5, lambda: world.engine.failures.update(remove=busy))
    seen: list[tuple[int, str]] = []
    for moment in (100, ENDED * 2 + 0.5):
        world.at(moment, lambda: seen.append((len(world.engine.running), world.state.reason)))
    world.at(1000, world.signals.terminate)
    assert world.live() == 0
    assert seen[0] == (1, "job build")
    if failures == 4:
        assert seen[1] == (0, "Docker: device or resource busy")
    assert nothing_is_left(world)


@pytest.mark.parametrize("tells", [True, False])
def test_an_end_is_seen_whatever_docker_remembers(tmp_path: Path, tells: bool) -> None:
    """Docker's events say it first; where they go back less far, the container does."""
    world = World(tmp_path, job(10, 60))
    world.engine.tells_of_deaths = tells
    world.at(100, world.signals.terminate)
    assert world.live() == 0
    assert moments(world, "start") == [0, ENDED]
    assert nothing_is_left(world)


def test_an_images_user_is_asked_for_once(tmp_path: Path) -> None:
    """The answer takes as long as all the rest of a start; another image is asked again."""
    world = World(tmp_path, job(10, 60), job(10, 60))
    world.at(100, lambda: world.engine.images.update({"runner:1": "sha256:3"}))
    seen: list[int] = []
    for moment in (100, 200):
        world.at(moment, lambda: seen.append(world.engine.count("get_archive")))
    world.at(201, world.signals.terminate)
    assert world.live() == 0
    assert len(world.engine.made) == 3
    assert seen == [1, 2]
