# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Beds with different names on one machine: nothing of one is found, named or stopped by another."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bed import cli, docker, engine
from bed.layout import TESTBED, Machine

SHOW = "from bed import layout as l; print(l.NETWORK, l.GITHUB, l.HOST_PREFIX, l.LABEL, l.RUNNER_IMAGE.tag)"


def names(bed: str) -> set[str]:
    environment = {**os.environ, "TESTBED_NAME": bed, "PYTHONPATH": str(TESTBED)}
    return set(subprocess.check_output([sys.executable, "-c", SHOW], env=environment, text=True).split())


def test_two_beds_share_no_name_label_or_image() -> None:
    assert len(names("one")) == 5
    assert not names("one") & names("two")
    assert not names("one") & names("")


def test_down_all_takes_every_bed_of_a_checkout_down_and_none_of_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    down: list[str] = []
    for name in ("bed", "two"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr(cli, "STATES", tmp_path)
    monkeypatch.setattr(cli, "run", lambda _words, env: down.append(env["TESTBED_NAME"]) or "")
    monkeypatch.setattr(cli.lifecycle, "down", lambda state, force: down.append(state.folder.name))
    monkeypatch.setattr(cli.lifecycle, "stop_engine", lambda: down.append("engine"))
    monkeypatch.setenv("TESTBED_STATE", str(tmp_path / "bed"))
    assert cli.main(["down", "--all"]) == 0
    assert down == ["two", "bed", "engine"]


@pytest.mark.parametrize(("others", "stopped"), [([], True), (["other-host1"], False)])
def test_an_engine_that_others_use_is_not_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, others: list[str], stopped: bool
) -> None:
    killed: list[int] = []
    monkeypatch.setattr(engine, "ours", lambda _machine: None if killed else 4711)
    monkeypatch.setattr(engine.os, "kill", lambda pid, _signal: killed.append(pid))
    monkeypatch.setattr(docker, "running", lambda: others)
    assert engine.stop(Machine(tmp_path)) is stopped
    assert killed == ([4711] if stopped else [])
