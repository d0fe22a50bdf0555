# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The host gets the hygiene's policy, service and timer, once, and loses them again; the units keep their promises."""

from __future__ import annotations

import configparser
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.socialgouv.actions_runner.plugins.module_utils import _hygiene
from ansible_collections.socialgouv.actions_runner.plugins.module_utils._failure import Failure
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import hygiene_policy
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.paths import Paths
from ansible_collections.socialgouv.actions_runner.tests.unit.plugins.module_utils.fake_systemd import Systemctl

POLICY = hygiene_policy.Policy(keep=("acme/*",))
WANTED = _hygiene.Wanted(POLICY)
TEXTS = _hygiene.texts(Paths(), "hourly")


class Host:
    """A host's files and its systemd, which understands any calendar but ``never``."""

    def __init__(self, root: Path):
        self.paths = Paths(str(root))
        self.systemctl = Systemctl(self.paths)

    def run_command(self, command: list[str]) -> tuple[int, str, str]:
        if command[:2] == ["systemd-analyze", "calendar"]:
            return int(command[2] == "never"), "", ""
        return self.systemctl(command)

    def ensure(self, wanted: _hygiene.Wanted = WANTED, check_mode: bool = False) -> dict[str, Any]:
        self.systemctl.told.clear()
        return _hygiene.Hygiene(self.paths, self.run_command, check_mode).ensure(wanted)

    def remove(self, check_mode: bool = False) -> dict[str, Any]:
        self.systemctl.told.clear()
        return _hygiene.Hygiene(self.paths, self.run_command, check_mode).remove()

    def files(self) -> list[str]:
        return sorted(one.name for one in Path(self.paths.root).rglob("*") if one.is_file())


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


def test_a_host_gets_it_once(host: Host) -> None:
    """Policy, units, timer; a second run changes nothing and tells systemd nothing."""
    assert host.ensure()["changed"]
    assert host.systemctl.told == [
        ["enable", "--no-reload", _hygiene.TIMER],
        ["daemon-reload"],
        ["start", _hygiene.TIMER],
    ]
    assert hygiene_policy.load(Path(host.paths.hygiene).read_text()) == POLICY
    again = host.ensure()
    assert (again["changed"], again["actions"], host.systemctl.told) == (False, [], [])


@pytest.mark.parametrize("check_mode", [False, True])
@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"policy": hygiene_policy.Policy()}, []),
        ({"calendar": "daily"}, [["daemon-reload"], ["restart", _hygiene.TIMER]]),
        ({"enabled": False}, [["disable", "--now", _hygiene.TIMER]]),
    ],
)
def test_only_what_differs_is_done(host: Host, change: dict[str, Any], told: list[list[str]], check_mode: bool) -> None:
    """A policy is read anew at each run; a timer has to be told of another calendar. Check mode tells the truth."""
    host.ensure()
    result = host.ensure(WANTED._replace(**change), check_mode)
    assert result["changed"]
    assert host.systemctl.told == ([] if check_mode else told)
    assert host.ensure(WANTED._replace(**change))["changed"] is check_mode


def test_a_calendar_that_systemd_does_not_understand_is_refused(host: Host) -> None:
    """It would only be mentioned in the journal, and the timer would never elapse."""
    with pytest.raises(Failure, match="calendar of hygiene is 'never': write it like hourly"):
        _hygiene.Hygiene(host.paths, host.run_command, False).check(WANTED._replace(calendar="never"))


@pytest.mark.parametrize("check_mode", [False, True])
def test_it_is_removed_again(host: Host, check_mode: bool) -> None:
    """With what it has noted."""
    host.ensure()
    os.makedirs(os.path.dirname(host.paths.unused_images))  # noqa: PTH103, PTH120
    Path(host.paths.unused_images).write_text("{}")
    before = host.files()
    assert host.remove(check_mode)["changed"]
    if check_mode:
        assert (host.files(), host.systemctl.told) == (before, [])
    else:
        assert host.files() == []
        told = [["disable", "--now", _hygiene.TIMER], ["stop", _hygiene.SERVICE], ["daemon-reload"]]
        assert host.systemctl.told == told
        assert not host.remove()["changed"]


def section(unit: str, name: str) -> Any:
    parser = configparser.ConfigParser(interpolation=None, delimiters=("=",), strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(TEXTS[unit])
    return parser[name]


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("ExecStart", "/usr/local/lib/github-runner/github-runner.pyz hygiene"),
        # It is root for Docker's socket, and for nothing else.
        ("CapabilityBoundingSet", ""),
        ("NoNewPrivileges", "yes"),
        ("ProtectSystem", "strict"),
        ("PrivateNetwork", "yes"),
        ("RestrictAddressFamilies", "AF_UNIX"),
    ],
)
def test_the_service_can_reach_docker_and_nothing_else(option: str, value: str) -> None:
    """Each of these stands for a promise."""
    assert section(_hygiene.SERVICE, "Service")[option] == value


def test_the_timer_is_spread_out_and_makes_up_for_a_night_off() -> None:
    """A host that was off when its time came cleans up when it is on again."""
    timer = section(_hygiene.TIMER, "Timer")
    assert (timer["OnCalendar"], timer["Persistent"]) == ("hourly", "yes")
    assert timer["RandomizedDelaySec"] != "0"


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")
@pytest.mark.parametrize("name", sorted(TEXTS))
def test_systemd_understands_every_line(tmp_path: Path, name: str) -> None:
    """No unknown section or option, which systemd would only mention in the journal."""
    for other, text in TEXTS.items():
        (tmp_path / other).write_text(text.replace("/usr/local/lib/github-runner/github-runner.pyz", "/bin/true"))
    done = subprocess.run(["systemd-analyze", "verify", tmp_path / name], capture_output=True, text=True, check=False)
    assert str(tmp_path) not in done.stderr
