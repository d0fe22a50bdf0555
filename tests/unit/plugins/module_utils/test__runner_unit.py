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

from ansible_collections.socialgouv.actions_runner.plugins.module_utils import _firewall, _hooks, _runner_unit, _units
from ansible_collections.socialgouv.actions_runner.plugins.module_utils._failure import Failure
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import pool
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.paths import Paths
from ansible_collections.socialgouv.actions_runner.tests.unit.plugins.module_utils.fake_systemd import Systemctl

DEFAULT = pool.Pool("default", "https://github.com/acme", "runner:1", ("self-hosted",))
STARTED = _hooks.Hooks({"job_started": "#!/bin/sh\n"})
GPU = dataclasses.replace(DEFAULT, name="gpu")


class Host:
    """A host's files and its systemd."""

    def __init__(self, root: Path):
        self.root = root
        self.paths = Paths(str(root))
        self.systemctl = Systemctl(self.paths)

    def ensure(self, *pools: pool.Pool, check_mode: bool = False, **options: Any) -> dict[str, Any]:
        self.systemctl.told.clear()
        wanted = _runner_unit.Wanted(list(pools), **options)
        return _runner_unit.RunnerUnit(self.paths, self.systemctl, check_mode).ensure(wanted)

    def remove(self, check_mode: bool = False) -> dict[str, Any]:
        self.systemctl.told.clear()
        return _runner_unit.RunnerUnit(self.paths, self.systemctl, check_mode).remove()

    def files(self) -> dict[str, bytes]:
        return {str(one.relative_to(self.root)): one.read_bytes() for one in self.root.rglob("*") if one.is_file()}


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    monkeypatch.setattr(_firewall, "has_nft", lambda: True)
    return Host(tmp_path)


def test_a_bare_host_gets_everything_once(host: Host) -> None:
    """Program, command, pools, units, timer; a second run changes nothing and tells systemd nothing."""
    result = host.ensure(DEFAULT, GPU)
    assert result["changed"]
    assert os.access(host.paths.program, os.X_OK)
    assert os.path.realpath(host.paths.command) == host.paths.program
    assert pool.load(Path(host.paths.pool("gpu")).read_text()) == GPU
    assert {one.name for one in Path(host.paths.units).iterdir()} == set(_units.texts(host.paths))
    assert Path(host.paths.firewall).read_text() == _firewall.rules(_firewall.Policy())
    assert host.systemctl.told == [
        ["enable", "--no-reload", _units.FIREWALL, _units.TIMER],
        ["daemon-reload"],
        ["start", _units.FIREWALL, _units.TIMER],
        ["try-restart", _units.SLICE],
    ]
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
        ("timer", ["Enabled github-runner-reconcile.timer"], True),
        ("rules", ["Wrote {firewall}", "Loaded the firewall"], False),
        ("rules flushed", ["Loaded the firewall"], False),
        ("firewall off", ["Enabled github-runner-firewall.service"], True),
        ("hook", ["Wrote {hooks}/default/job_started"], False),
        # The runners that there are call it before or after their job, which would fail without it.
        ("a hook less", [], False),
        ("share", ["Wrote {units}/github-runner.slice", "Reloaded systemd"], True),
    ],
)
@pytest.mark.parametrize("check_mode", [False, True])
def test_only_what_differs_is_done(
    host: Host, change: str, actions: list[str], reloads: bool, check_mode: bool
) -> None:
    """systemd is reloaded for a unit and for nothing else; check mode tells the truth."""
    host.ensure(DEFAULT, GPU, hooks={"default": STARTED})
    pools: list[pool.Pool] = [DEFAULT, GPU]
    options: dict[str, Any] = {"hooks": {"default": STARTED}}
    if change == "pool":
        pools[0] = dataclasses.replace(DEFAULT, image="runner:2")
    elif change == "python":
        options["python"] = "/opt/python3"
    elif change == "unit":
        Path(host.paths.unit).write_text("another")
    elif change == "link":
        Path(host.paths.command).unlink()
        Path(host.paths.command).symlink_to("/elsewhere")
    elif change == "timer":
        host.systemctl(["systemctl", "disable", _units.TIMER])
    elif change == "rules":
        options["policy"] = _firewall.Policy(host_ports=(5000,))
    elif change == "rules flushed":
        host.systemctl.rules_flushed = True
    elif change == "firewall off":
        host.systemctl(["systemctl", "disable", "--now", _units.FIREWALL])
    elif change == "hook":
        options["hooks"] = {"default": _hooks.Hooks({"job_started": "#!/bin/sh\nexit 1\n"})}
    elif change == "a hook less":
        options["hooks"] = {"default": _hooks.Hooks({})}
    elif change == "share":
        options["share"] = _units.Share(memory="4G")
    else:
        pools.pop()
    before = host.files()
    result = host.ensure(*pools, check_mode=check_mode, **options)
    fields = {name: getattr(host.paths, name) for name in ("pools", "program", "units", "command", "firewall")}
    fields["hooks"] = host.paths.hooks_dir
    assert result["actions"] == [one.format(**fields) for one in actions]
    assert (["daemon-reload"] in host.systemctl.told) is (reloads and not check_mode)
    if check_mode:
        assert host.files() == before
        assert host.systemctl.told == []
    else:
        assert not host.ensure(*pools, **options)["changed"]


def test_a_slice_of_others_is_not_stopped(host: Host) -> None:
    """Whatever is in github.slice beside our own."""
    host.ensure(DEFAULT)
    host.systemctl.slices.append(_units.PARENT_SLICE)
    host.remove()
    assert any(command[0] == "stop" and _units.SLICE in command for command in host.systemctl.told)
    assert ["stop", _units.PARENT_SLICE] not in host.systemctl.told


def test_no_failure_is_left_of_a_unit_that_is_gone(host: Host) -> None:
    """The reconciler was ended in the middle, or could not do its work: systemd remembers it beyond its file."""
    host.ensure(DEFAULT)
    host.systemctl.on = lambda verb, units: host.systemctl.active.update(
        {unit: "failed" for unit in units if verb == "stop" and unit == _units.SERVICE}
    )
    host.remove()
    assert host.systemctl.told[-1] == ["reset-failed", _units.SERVICE]


def test_the_diff_shows_text_and_no_program(host: Host) -> None:
    """A zip file in a diff helps nobody."""
    diffs = {diff["after_header"]: diff["after"] for diff in host.ensure(DEFAULT)["diff"]}
    assert diffs[host.paths.pool("default")] == DEFAULT.dump()
    assert "PK" not in diffs[host.paths.program]


@pytest.mark.parametrize("check_mode", [False, True])
def test_everything_is_removed_again(host: Host, check_mode: bool) -> None:
    """Nothing that was installed is left; sealed tokens are another module's."""
    host.ensure(DEFAULT, GPU, hooks={"gpu": STARTED})
    installed = host.files()
    result = host.remove(check_mode)
    assert result["changed"]
    if check_mode:
        assert (host.files(), host.systemctl.told) == (installed, [])
    else:
        assert host.files() == {}
        assert not os.path.lexists(host.paths.command)
        assert host.systemctl.told == [
            ["disable", "--now", _units.TIMER],
            ["disable", "--now", _units.FIREWALL],
            ["stop", _units.SERVICE, _units.TARGET, _units.SLICE],
            ["stop", _units.PARENT_SLICE],
            ["daemon-reload"],
        ]
        assert not host.remove()["changed"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"policy": _firewall.Policy(host_ports=(0,))}, "host_ports has 0 in it"),
        (
            {"hooks": {"default": _hooks.Hooks({"job_started": "exit 1"})}},
            "job_started_hook is no script: it begins with #!",
        ),
        ({"hooks": {"default": _hooks.Hooks({}, timeout=0)}}, "hook_timeout is 0"),
        ({"share": _units.Share(memory="most")}, "jobs_memory is 'most': write it like 85%"),
        ({"share": _units.Share(tasks="-1")}, "jobs_tasks is '-1'"),
        ({"share": _units.Share(cpu_weight=0)}, "jobs_cpu_weight is 0: it takes 1 to 10000"),
    ],
)
def test_a_bad_option_leaves_the_host_as_it_was(host: Host, options: dict[str, Any], said: str) -> None:
    """It is named before anything is written."""
    with pytest.raises(Failure, match=said):
        host.ensure(DEFAULT, **options)
    assert (host.files(), host.systemctl.told) == ({}, [])


def test_a_host_without_nft_gets_no_runners(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """They would run without a firewall."""
    monkeypatch.setattr(_firewall, "has_nft", lambda: False)
    with pytest.raises(Failure, match="install the package nftables"):
        host.ensure(DEFAULT)
    assert host.files() == {}
    assert host.ensure(DEFAULT, check_mode=True)["changed"]


@pytest.mark.parametrize("check_mode", [True, False])
def test_metrics_come_and_go_with_their_path(host: Host, check_mode: bool) -> None:
    """Their units are there where a file is named for them, follow it, and go with it."""
    metrics = {"github-runner-metrics.service", "github-runner-metrics.timer"}
    first, second = (Path(host.paths.units).parent / name for name in ("a.prom", "b.prom"))

    def units() -> set[str]:
        return {one.name for one in Path(host.paths.units).iterdir() if one.is_file()}

    host.ensure(DEFAULT)
    assert not metrics & units()
    on = host.ensure(DEFAULT, metrics_path=str(first), check_mode=check_mode)
    assert "Enabled github-runner-metrics.timer" in on["actions"]
    assert bool(metrics & units()) is not check_mode
    host.ensure(DEFAULT, metrics_path=str(first))
    first.write_text("")
    assert not host.ensure(DEFAULT, metrics_path=str(first))["changed"]
    assert f"Removed {first}" in host.ensure(DEFAULT, metrics_path=str(second))["actions"]
    assert str(second) in (Path(host.paths.units) / "github-runner-metrics.service").read_text()
    second.write_text("")
    off = host.ensure(DEFAULT, check_mode=check_mode)
    # Else it would tell for ever how things stood.
    assert (first.exists(), second.exists()) == (False, check_mode)
    assert "Disabled github-runner-metrics.timer" in off["actions"]
    assert metrics <= units() if check_mode else not metrics & units()
    host.ensure(DEFAULT)
    assert not host.ensure(DEFAULT)["changed"]
    assert not metrics & units()
