# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""systemd's units are read as they are, and what it refuses is said in its own words."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.socialgouv.actions_runner.plugins.module_utils._failure import Failure
from ansible_collections.socialgouv.actions_runner.plugins.module_utils._systemd import Systemd, Unit
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.paths import Paths
from ansible_collections.socialgouv.actions_runner.tests.unit.plugins.module_utils.fake_systemd import Systemctl


@pytest.fixture
def systemctl(tmp_path: Path) -> Systemctl:
    return Systemctl(Paths(str(tmp_path)))


@pytest.fixture
def systemd(tmp_path: Path, systemctl: Systemctl) -> Systemd:
    return Systemd(systemctl, Paths(str(tmp_path)))


def test_instances_are_those_that_are_enabled_or_active(systemd: Systemd, systemctl: Systemctl) -> None:
    """An enabled one that was never started is not listed by systemctl: its link tells."""
    assert systemd.instances() == {}
    systemctl.instances("1", "gpu-1")
    systemctl.instances("2", active="deactivating", enabled=False)
    systemctl.instances("3")
    del systemctl.active["github-runner@3.service"]
    systemctl.instances("default-1", "x_y-1")
    assert systemd.instances() == {
        "1": Unit("1", True, "active"),
        "2": Unit("2", False, "deactivating"),
        "3": Unit("3", True, "inactive"),
        "gpu-1": Unit("gpu-1", True, "active"),
    }


@pytest.mark.parametrize(
    ("active", "runs"),
    [
        ("active", True),
        ("activating", True),
        ("reloading", True),
        ("deactivating", False),
        ("inactive", False),
        ("failed", False),
    ],
)
def test_what_is_about_to_run_runs(active: str, runs: bool) -> None:
    """It is not started twice; one that drains is started again."""
    assert Unit("1", True, active).runs is runs


@pytest.mark.parametrize(
    ("told", "is_on"),
    [
        ([], False),
        (["enable"], False),
        (["start"], False),
        (["enable", "start"], True),
        (["enable", "start", "disable"], False),
    ],
)
def test_on_is_enabled_and_active(systemd: Systemd, told: list[str], is_on: bool) -> None:
    """Half of it is not enough."""
    for verb in told:
        systemd.call(verb, "x.timer")
    assert systemd.is_on("x.timer") is is_on


@pytest.mark.parametrize(("said", "shown"), [("Unit x\n not found.\n", "Unit x not found."), ("", "exit code 1")])
def test_a_refusal_is_one_line(systemd: Systemd, systemctl: Systemctl, said: str, shown: str) -> None:
    """With the verb in front."""
    systemctl.failing["start"] = said
    with pytest.raises(Failure) as caught:
        systemd.call("start", "x")
    assert str(caught.value) == f"systemctl start failed: {shown}"
