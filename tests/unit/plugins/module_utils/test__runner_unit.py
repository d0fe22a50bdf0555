# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The host gets the launcher, its units and the pool files, whole and once, and loses them again."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.socialgouv.actions_runner.plugins.module_utils import _runner_unit, _units
from ansible_collections.socialgouv.actions_runner.plugins.module_utils._systemd import Systemd
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import pool
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.paths import Paths
from ansible_collections.socialgouv.actions_runner.tests.unit.plugins.module_utils.fake_systemd import Systemctl

DEFAULT = pool.Pool("default", "https://github.com/acme", "runner:1", ("self-hosted",))
GPU = dataclasses.replace(DEFAULT, name="gpu")


class Host:
    """A host's files and its systemd."""

    def __init__(self, root: Path):
        self.root = root
        self.paths = Paths(str(root))
        self.systemctl = Systemctl(self.paths)
        self.systemd = Systemd(self.systemctl, self.paths)

    def ensure(
        self, *pools: pool.Pool, python: str = "/usr/bin/python3", check_mode: bool = False, metrics: str = ""
    ) -> dict[str, Any]:
        self.systemctl.told.clear()
        return _runner_unit.ensure(self.paths, self.systemd, list(pools), python, check_mode, metrics)

    def remove(self, check_mode: bool = False) -> dict[str, Any]:
        self.systemctl.told.clear()
        return _runner_unit.remove(self.paths, self.systemd, check_mode)

    def files(self) -> dict[str, bytes]:
        return {str(one.relative_to(self.root)): one.read_bytes() for one in self.root.rglob("*") if one.is_file()}


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


def test_a_bare_host_gets_everything_once(host: Host) -> None:
    """Program, command, pools, units, timer; a second run changes nothing and tells systemd nothing."""
    result = host.ensure(DEFAULT, GPU)
    assert result["changed"]
    assert os.access(host.paths.program, os.X_OK)
    assert os.path.realpath(host.paths.command) == host.paths.program
    assert pool.load(Path(host.paths.pool("gpu")).read_text()) == GPU
    assert {one.name for one in Path(host.paths.units).iterdir()} == set(_units.texts(host.paths))
    assert host.systemctl.told == [["daemon-reload"], ["enable", "--now", _units.TIMER]]
    again = host.ensure(DEFAULT, GPU)
    assert again == {"changed": False, "actions": [], "diff": []}
    assert host.systemctl.told == []


def test_check_mode_tells_the_same_and_touches_nothing(host: Host) -> None:
    """Action by action."""
    told = host.ensure(DEFAULT, check_mode=True)
    assert (host.files(), host.systemctl.told) == ({}, [])
    done = host.ensure(DEFAULT)
    assert told == done


@pytest.mark.parametrize(
    ("change", "actions", "reloads"),
    [
        ("pool", ["Wrote {pools}/default.json"], False),
        ("python", ["Wrote {program}"], False),
        ("unit", ["Wrote {units}/github-runner@.service", "Reloaded systemd"], True),
        ("link", ["Linked {command}"], False),
        # A drain may need its file: it is runner_pool that removes it, when the last instance has gone.
        ("another pool less", [], False),
        ("timer", ["Enabled github-runner-reconcile.timer"], False),
    ],
)
@pytest.mark.parametrize("check_mode", [False, True])
def test_only_what_differs_is_done(
    host: Host, change: str, actions: list[str], reloads: bool, check_mode: bool
) -> None:
    """systemd is reloaded for a unit and for nothing else; check mode tells the truth."""
    host.ensure(DEFAULT, GPU)
    pools, python = [DEFAULT, GPU], "/usr/bin/python3"
    if change == "pool":
        pools[0] = dataclasses.replace(DEFAULT, image="runner:2")
    elif change == "python":
        python = "/opt/python3"
    elif change == "unit":
        Path(host.paths.unit).write_text("another")
    elif change == "link":
        Path(host.paths.command).unlink()
        Path(host.paths.command).symlink_to("/elsewhere")
    elif change == "timer":
        host.systemd.call("disable", _units.TIMER)
    else:
        pools.pop()
    before = host.files()
    result = host.ensure(*pools, python=python, check_mode=check_mode)
    fields = {name: getattr(host.paths, name) for name in ("pools", "program", "units", "command")}
    assert result["actions"] == [one.format(**fields) for one in actions]
    assert (["daemon-reload"] in host.systemctl.told) is (reloads and not check_mode)
    if check_mode:
        assert host.files() == before
        assert host.systemctl.told == []
    else:
        assert not host.ensure(*pools, python=python)["changed"]


def test_the_diff_shows_text_and_no_program(host: Host) -> None:
    """A zip file in a diff helps nobody."""
    diffs = {diff["after_header"]: diff["after"] for diff in host.ensure(DEFAULT)["diff"]}
    assert diffs[host.paths.pool("default")] == DEFAULT.dump()
    assert "PK" not in diffs[host.paths.program]


@pytest.mark.parametrize("check_mode", [False, True])
def test_everything_is_removed_again(host: Host, check_mode: bool) -> None:
    """Nothing that was installed is left; sealed tokens are another module's."""
    host.ensure(DEFAULT, GPU)
    installed = host.files()
    result = host.remove(check_mode)
    assert result["changed"]
    if check_mode:
        assert (host.files(), host.systemctl.told) == (installed, [])
    else:
        assert host.files() == {}
        assert not os.path.lexists(host.paths.command)
        assert host.systemctl.told == [["disable", "--now", _units.TIMER], ["daemon-reload"]]
        assert not host.remove()["changed"]


@pytest.mark.parametrize("check_mode", [True, False])
def test_metrics_come_and_go_with_their_path(host: Host, check_mode: bool) -> None:
    """Their units are there where a file is named for them, follow it, and go with it."""
    metrics = {"github-runner-metrics.service", "github-runner-metrics.timer"}

    def units() -> set[str]:
        return {one.name for one in Path(host.paths.units).iterdir() if one.is_file()}

    host.ensure(DEFAULT)
    assert not metrics & units()
    on = host.ensure(DEFAULT, metrics="/srv/a.prom", check_mode=check_mode)
    assert "Enabled github-runner-metrics.timer" in on["actions"]
    assert bool(metrics & units()) is not check_mode
    host.ensure(DEFAULT, metrics="/srv/a.prom")
    assert not host.ensure(DEFAULT, metrics="/srv/a.prom")["changed"]
    assert host.ensure(DEFAULT, metrics="/srv/b.prom")["changed"]
    assert "/srv/b.prom" in (Path(host.paths.units) / "github-runner-metrics.service").read_text()
    off = host.ensure(DEFAULT, check_mode=check_mode)
    assert "Disabled github-runner-metrics.timer" in off["actions"]
    assert metrics <= units() if check_mode else not metrics & units()
    host.ensure(DEFAULT)
    assert not host.ensure(DEFAULT)["changed"]
    assert not metrics & units()
