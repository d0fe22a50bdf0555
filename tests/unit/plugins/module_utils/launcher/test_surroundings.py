# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands around a runner is made before it, fits it, and goes with it, also after a crash."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import (
    names,
    pool,
    reconcile,
    side_engine,
    surroundings,
)
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.engine import EngineError
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.errors import Trouble
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.host import Host
from ansible_collections.socialgouv.actions_runner.tests.unit.plugins.module_utils.launcher.world import (
    MARK,
    POOL,
    World,
    idle,
    job,
)

DIND = dataclasses.replace(POOL, docker_access="dind")
NAME = f"default-host-1-{MARK}000001"


def prepare(world: World, config: pool.Pool, runner: str = NAME) -> surroundings.Surroundings:
    return surroundings.prepare(world.engine, world.paths, config, MARK, "1", runner)  # type: ignore[arg-type]


def beside(world: World) -> list[str]:
    """All that stands beside runners, by name."""
    containers = [one.name for one in world.engine.all.values() if names.LABEL_BESIDE in one.labels]
    return sorted([*containers, *world.engine.beside["networks"], *world.engine.beside["volumes"]])


@pytest.mark.parametrize(
    ("driver", "parent"),
    [
        ("systemd", "github-runner-default.slice"),
        ("cgroupfs", "/github.slice/github-runner.slice/github-runner-default.slice"),
    ],
)
def test_a_runner_is_in_its_pools_slice_whoever_makes_the_groups(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, driver: str, parent: str
) -> None:
    """systemd wants a unit's name, the other a path."""
    world = World(tmp_path)
    monkeypatch.setattr(world.engine, "cgroup_driver", lambda: driver)
    assert prepare(world, POOL).cgroup_parent == parent


def test_by_default_there_is_nothing_but_a_work_folder(tmp_path: Path) -> None:
    """And nothing has to be made for it: Docker makes it with the container, and removes it."""
    world = World(tmp_path)
    around = prepare(world, POOL)
    assert around.mounts == ({"Type": "volume", "Target": "/home/runner/_work"},)
    assert (around.network, around.environment, around.settings) == ("github-runner", (), {})
    assert (around.work, around.work_folder) == ("_work", "/home/runner/_work")
    assert beside(world) == []


def test_where_storage_is_limited_the_work_folder_is_in_it(tmp_path: Path) -> None:
    """Docker limits no volume."""
    assert prepare(World(tmp_path), dataclasses.replace(POOL, storage=10**9)).mounts == ()


def test_hooks_are_read_only_and_where_the_runner_is_told(tmp_path: Path) -> None:
    """Only those that there are: a runner fails every job for a hook that is missing."""
    world = World(tmp_path)
    around = prepare(world, dataclasses.replace(POOL, hooks=("job_started",)))
    assert around.environment == ("ACTIONS_RUNNER_HOOK_JOB_STARTED=/opt/github-runner/hooks/job_started.sh",)
    [_work, hooks] = around.mounts
    assert hooks == {
        "Type": "bind",
        "Source": world.paths.hooks("default"),
        "Target": "/opt/github-runner/hooks",
        "ReadOnly": True,
    }


def test_an_engine_beside_has_its_own_network_and_the_same_work_folder(tmp_path: Path) -> None:
    """What a job mounts from its work folder is where that Engine looks for it; nobody else reaches the Engine."""
    world = World(tmp_path)
    around = prepare(world, dataclasses.replace(DIND, hooks=("job_started",)))
    (engine,) = list(world.engine.all.values())
    assert (engine.name, engine.state) == (f"{NAME}-docker", "running")
    assert (around.network, around.engine_image) == (f"container:{engine.id}", world.engine.images["docker:dind"])
    assert [one["Target"] for one in around.mounts] == ["/home/runner/_work", "/opt/github-runner/hooks"]
    assert around.mounts[0]["Source"] == NAME
    assert "DOCKER_HOST=tcp://127.0.0.1:2375" in around.environment
    assert beside(world) == [NAME, NAME, f"{NAME}-docker"]
    assert names.LABEL_INSTANCE not in engine.labels, "it would be adopted"


@pytest.mark.parametrize("privileged", [True, False])
def test_an_engine_beside_is_limited_like_the_runner(privileged: bool) -> None:
    """In the pool's slice, on the runner's network; without privileges it has what an Engine needs and no device."""
    config = dataclasses.replace(DIND, memory=1024, dind_privileged=privileged)
    work = {"Type": "volume", "Source": NAME, "Target": "/home/runner/_work"}
    body = side_engine.create_body(config, NAME, "pool.slice", work, {"a": "b"})
    settings = body["HostConfig"]
    assert (settings["Memory"], settings["CgroupParent"], settings["NetworkMode"]) == (1024, "pool.slice", NAME)
    assert settings["Mounts"] == [work]
    assert settings.get("Privileged", False) is privileged
    assert ("SYS_ADMIN" in settings.get("CapAdd", [])) is not privileged
    assert not {"SYS_MODULE", "SYS_RAWIO", "DAC_READ_SEARCH"} & set(settings.get("CapAdd", []))


def test_a_missing_image_of_an_engine_is_named(tmp_path: Path) -> None:
    """Nothing is pulled behind the operator's back."""
    world = World(tmp_path)
    world.engine.failures["create"] = [EngineError(404, "No such image")]
    with pytest.raises(Trouble, match="the host has no image docker:dind: pull it"):
        prepare(world, DIND)


def test_with_the_hosts_docker_the_work_folder_has_its_path_on_the_host(tmp_path: Path) -> None:
    """The Engine looks for what a job mounts on the host; the runner's user may use the socket by its group."""
    world = World(tmp_path)
    Path(world.paths.docker_socket).parent.mkdir(parents=True, exist_ok=True)
    Path(world.paths.docker_socket).touch()
    around = prepare(world, dataclasses.replace(POOL, docker_access="socket"))
    place = f"/var/lib/docker/volumes/{NAME}/_data"
    assert (around.work, around.work_folder) == (place, place)
    assert [(one["Type"], one["Source"], one["Target"]) for one in around.mounts] == [
        ("volume", NAME, place),
        ("bind", world.paths.docker_socket, "/var/run/docker.sock"),
    ]
    assert around.settings == {"GroupAdd": [str(Path(world.paths.docker_socket).stat().st_gid)]}


def test_what_stands_around_a_runner_goes_with_it(tmp_path: Path) -> None:
    """After each job, and the next has its own."""
    world = World(tmp_path, job(10, 60), idle, config=DIND)
    seen: list[list[str]] = []
    world.at(20, lambda: seen.append(beside(world)))
    world.at(120, lambda: seen.append(beside(world)))
    world.at(130, world.signals.terminate)
    world.live()
    first, second = seen
    assert len(first) == len(second) == 3
    assert not set(first) & set(second)
    assert beside(world) == []


@pytest.mark.parametrize("moment", ["create_volume", "create", "start"])
def test_a_start_that_fails_leaves_nothing_beside(tmp_path: Path, moment: str) -> None:
    """Nothing is registered for it, and the next start sweeps."""
    world = World(tmp_path, config=DIND)
    world.engine.failures[moment] = [EngineError(500, "no space left on device")]
    world.at(600, world.signals.terminate)
    world.live()
    assert beside(world) == []
    assert len(world.github.registrations) == 1


def test_after_a_crash_only_the_living_runner_keeps_what_is_around_it(tmp_path: Path) -> None:
    """The launcher that takes it over finds the rest by its labels."""
    world = World(tmp_path, config=DIND)
    labels = {names.LABEL_MARK: MARK, names.LABEL_INSTANCE: "1", names.LABEL_CONFIG: DIND.config}
    living = world.engine.add(state="running", labels=labels)
    prepare(world, DIND, living.name)
    prepare(world, DIND, f"default-host-1-{MARK}0000ff")
    seen: list[list[str]] = []
    world.at(10, lambda: seen.append(beside(world)))
    world.at(20, world.signals.terminate)
    world.live()
    assert seen == [[living.name, living.name, f"{living.name}-docker"]]
    assert beside(world) == []


@pytest.mark.parametrize(
    ("labels", "swept"),
    [
        ({names.LABEL_MARK: MARK, names.LABEL_BESIDE: "1", names.LABEL_RUNNER: "gone"}, True),
        ({names.LABEL_MARK: MARK, names.LABEL_BESIDE: "2", names.LABEL_RUNNER: "gone"}, False),
        ({names.LABEL_MARK: "fedcba98", names.LABEL_BESIDE: "1", names.LABEL_RUNNER: "gone"}, False),
        ({names.LABEL_MARK: MARK, names.LABEL_RUNNER: "gone"}, False),
        ({}, False),
    ],
)
def test_nothing_else_is_swept(tmp_path: Path, labels: dict[str, str], swept: bool) -> None:
    """Another host's, another instance's, a person's."""
    world = World(tmp_path)
    world.engine.beside["volumes"]["data"] = labels
    surroundings.sweep(world.engine, MARK, (), instance="1")  # type: ignore[arg-type]
    assert ("data" not in world.engine.beside["volumes"]) is swept


def test_what_cannot_be_removed_yet_stops_nobody(tmp_path: Path) -> None:
    """It is tried again with the next runner."""
    world = World(tmp_path)
    prepare(world, DIND)
    world.engine.failures["discard_network"] = [EngineError(403, "has active endpoints")]
    surroundings.sweep(world.engine, MARK, (), instance="1")  # type: ignore[arg-type]
    assert beside(world) == [NAME]
    surroundings.sweep(world.engine, MARK, (), instance="1")  # type: ignore[arg-type]
    assert beside(world) == []


def test_the_reconciler_sweeps_what_no_instance_will(tmp_path: Path) -> None:
    """An instance that lives sweeps by itself, and may be about to start the runner that is not there yet."""
    world = World(tmp_path)
    prepare(world, DIND, f"default-host-1-{MARK}0000ff")
    arguments: tuple[Any, ...] = (world.paths, world.engine, Host("host", MARK), None)
    Path(world.paths.sightings).parent.mkdir(parents=True, exist_ok=True)
    Path(world.paths.pool("default")).unlink()
    surroundings.sweep(world.engine, MARK, (), alive=lambda: {"1"})  # type: ignore[arg-type]
    assert len(beside(world)) == 3
    reconcile.Reconciliation(*arguments).run()
    assert beside(world) == []
