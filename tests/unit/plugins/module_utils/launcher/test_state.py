# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an instance shows of itself is read back by whoever asks, and a damaged file shows nothing."""

from __future__ import annotations

import contextlib
import os
import stat
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import state
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.paths import Paths


def test_a_state_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    """Everybody on the host may read it; it holds no secret."""
    paths = Paths(str(tmp_path))
    one = state.State("gpu-1", "gpu", state.BUSY, runner="r", runner_id=7, job="build é", until=1.5, failures=2)
    state.write(paths, one)
    assert state.read(paths, "gpu-1") == one
    assert stat.S_IMODE(Path(paths.state("gpu-1")).stat().st_mode) == 0o644


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b"null", b"5", b"{}", b'{"instance": "1"}', b"\xff\xfe", b'["instance", "pool"]']
)
def test_a_damaged_state_is_no_state(tmp_path: Path, data: bytes) -> None:
    """The instance starts afresh; nothing dies of it."""
    paths = Paths(str(tmp_path))
    Path(paths.states).mkdir(parents=True)
    Path(paths.state("1")).write_bytes(data)
    assert state.read(paths, "1") is None
    assert state.read_all(paths) == []


def test_a_state_of_a_newer_launcher_is_understood(tmp_path: Path) -> None:
    """An older ``status`` leaves out what it does not know."""
    assert state.load('{"instance": "1", "pool": "default", "mood": "good"}') == state.State("1", "default")


@given(st.text())
def test_any_text_is_a_state_or_a_value_error(text: str) -> None:
    """No other exception can come out of a file."""
    with contextlib.suppress(ValueError):
        state.load(text)


def test_all_states_come_in_the_order_of_people(tmp_path: Path) -> None:
    """2 before 10, pool by pool; files that are no states are left out."""
    paths = Paths(str(tmp_path))
    assert state.read_all(paths) == []
    for pool, instance in [("default", "10"), ("default", "2"), ("gpu", "gpu-1"), ("default", "1")]:
        state.write(paths, state.State(instance, pool))
    Path(paths.states, "1.json.77.new").write_text("half")
    assert [one.instance for one in state.read_all(paths)] == ["1", "2", "10", "gpu-1"]


def test_only_a_running_launcher_is_alive() -> None:
    """A state outlives its launcher: the process tells."""
    gone = subprocess.Popen(["true"])
    gone.wait()
    assert state.alive(state.State("1", "default", pid=os.getpid()))
    assert not state.alive(state.State("1", "default", pid=gone.pid))
    assert not state.alive(state.State("1", "default"))
