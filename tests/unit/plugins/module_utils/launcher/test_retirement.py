# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A pool's files go when its last instance has gone, and not before."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import pytest

from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import files, names, retirement, state
from ansible_collections.socialgouv.actions_runner.tests.unit.plugins.module_utils.launcher.world import (
    MARK,
    POOL,
    World,
)

GPU = dataclasses.replace(POOL, name="gpu", retired=True)


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A host with all files that a pool can have, and those of another pool."""
    world = World(tmp_path)
    world.write_pool(GPU)
    Path(world.paths.registration_token("gpu")).parent.mkdir(parents=True)
    for name in ("gpu", "default"):
        Path(world.paths.good(name)).parent.mkdir(parents=True, exist_ok=True)
        world.engine.images[names.good_image(name)] = "sha256:1"
        for path in (world.paths.sealed(name), world.paths.registration_token(name), world.paths.good(name)):
            files.write(path, b"{}", 0o600)
    state.write(world.paths, state.State("gpu-1", "gpu", pid=2**22 + 1))
    state.write(world.paths, state.State("1", "default", pid=2**22 + 1))
    return world


def left(world: World) -> list[str]:
    return sorted(str(one.relative_to(world.paths.root)) for one in Path(world.paths.root).rglob("*.json"))


def finish(world: World) -> None:
    retirement.finish(world.paths, world.engine, MARK, GPU)  # type: ignore[arg-type]


def test_nothing_of_it_is_left_and_all_of_the_others(world: World) -> None:
    """Pool file, credential, registration token, what it last came online with, states."""
    others = [path for path in left(world) if "gpu" not in path]
    finish(world)
    assert left(world) == others
    assert names.good_image("gpu") not in world.engine.images
    assert names.good_image("default") in world.engine.images
    finish(world)  # what is gone already harms nobody


@pytest.mark.parametrize("what", ["alive", "enabled", "container"])
def test_it_stays_while_an_instance_may_need_it(world: World, what: str) -> None:
    """A drain deregisters with the credential."""
    before = left(world)
    if what == "alive":
        state.write(world.paths, state.State("gpu-1", "gpu", pid=os.getpid()))
    elif what == "enabled":
        wants = Path(world.paths.units, "multi-user.target.wants")
        wants.mkdir()
        (wants / "github-runner@gpu-1.service").symlink_to("unit")
    else:
        world.engine.add(labels={names.LABEL_MARK: MARK, names.LABEL_POOL: "gpu"}, state="running")
    finish(world)
    assert left(world) == before
