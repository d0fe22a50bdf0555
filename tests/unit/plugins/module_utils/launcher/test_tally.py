# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an instance counts is right, outlives the launcher, and no job can make up a word of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import files, systemd, tally
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.errors import Trouble
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.paths import Paths
from ansible_collections.socialgouv.actions_runner.tests.unit.plugins.module_utils.launcher.world import (
    World,
    ends,
    job,
)


@pytest.fixture(autouse=True)
def _silence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(systemd, "notify", lambda *_assignments: None)


def counted(world: World) -> tally.Tally:
    return tally.read(world.paths, "1", "default")


def test_jobs_registrations_and_gaps_are_counted(tmp_path: Path) -> None:
    """One job after the other: its result, and how long nobody listened after it."""
    world = World(tmp_path, job(10, 60), job(10, 60))
    world.at(300, world.signals.terminate)
    world.live()
    found = counted(world)
    assert found.jobs == {"succeeded": 2}
    assert found.registrations == 3
    # The job ends at 71, its runner at 72, and the next one listens 2 s later.
    assert (sum(found.gaps), found.gap_seconds) == (2, 6.0)
    assert found.gaps[tally.BOUNDS.index(3.0)] == 2
    assert found.quota == {"limit": 5000, "remaining": 4000, "reset": 0}


def test_counts_outlive_the_launcher(tmp_path: Path) -> None:
    """A counter that begins at zero again would hide what happened."""
    world = World(tmp_path, job(10, 60))
    world.at(100, world.signals.terminate)
    world.live()
    world.signals.restart()
    world.behaviours.append(job(10, 60))
    world.after(100, world.signals.terminate)
    world.live()
    assert counted(world).jobs == {"succeeded": 2}
    assert counted(world).registrations == 4


def test_a_runner_without_a_job_is_none(tmp_path: Path) -> None:
    """Idle runners that GitHub removes are no jobs, and nobody waited for their successor."""
    world = World(tmp_path, ends(300, listens=True))
    world.at(400, world.signals.terminate)
    world.live()
    assert (counted(world).jobs, sum(counted(world).gaps)) == ({}, 0)


def test_a_runner_that_dies_with_its_job_is_a_job(tmp_path: Path) -> None:
    """Nobody said how it ended: it counts as unknown."""
    world = World(tmp_path, job(10, 600))
    world.at(100, lambda: world.engine.end(world.engine.made[0], 137))
    world.at(200, world.signals.terminate)
    world.live()
    assert counted(world).jobs == {"unknown": 1}
    assert sum(counted(world).gaps) == 1


def test_troubles_are_counted_by_their_kind(tmp_path: Path) -> None:
    """While the instance waits they can be seen already."""
    world = World(tmp_path)
    world.github.register_troubles = [Trouble("limited", "x", retry_after=600.0), Trouble("unavailable", "x")]
    seen: list[tally.Tally] = []
    world.at(5, lambda: seen.append(counted(world)))
    world.at(3000, world.signals.terminate)
    world.live()
    assert [one.errors for one in seen] == [{"limited": 1}]
    assert counted(world).errors == {"limited": 1, "unavailable": 1}


def test_counts_that_cannot_be_written_stop_nobody(tmp_path: Path) -> None:
    """A full disk costs a figure, not a job."""
    world = World(tmp_path, job(10, 60))
    Path(world.paths.tallies).parent.mkdir(parents=True, exist_ok=True)
    Path(world.paths.tallies).write_text("in the way")
    world.at(100, world.signals.terminate)
    assert world.live() == 0
    assert len(world.github.registrations) == 2


@given(st.one_of(st.none(), st.text()))
def test_a_job_cannot_make_up_a_result(word: str | None) -> None:
    """Results are labels in a database: only GitHub's own, whatever is printed."""
    one = tally.Tally("1", "default")
    one.job(word)
    assert set(one.jobs) <= {*tally.RESULTS, tally.UNKNOWN}


@given(st.floats(0, 10**6))
def test_a_gap_is_in_the_bucket_that_bounds_it(seconds: float) -> None:
    """Prometheus' buckets hold what is less or equal."""
    one = tally.Tally("1", "default")
    one.gap(seconds)
    place = one.gaps.index(1)
    assert place == len(tally.BOUNDS) or seconds <= tally.BOUNDS[place]
    assert place == 0 or seconds > tally.BOUNDS[place - 1]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"instance": "1"}',
        '{"instance": "1", "pool": "p", "gaps": [1]}',
        '{"instance": "1", "pool": "p", "jobs": {"a": "b"}}',
    ],
)
def test_damaged_counts_begin_anew(tmp_path: Path, text: str) -> None:
    """And damage to one instance's file is no matter of the others."""
    paths = Paths(str(tmp_path))
    tally.write(paths, tally.Tally("2", "default", registrations=5))
    files.write(paths.tally("1"), text.encode(), 0o644)
    assert tally.read(paths, "1", "default") == tally.Tally("1", "default")
    assert [one.instance for one in tally.read_all(paths)] == ["2"]
