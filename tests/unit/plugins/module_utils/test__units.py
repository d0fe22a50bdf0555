# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The units keep the promises of the design: nobody kills a job, nothing is parked for ever, no secret is dumped."""

from __future__ import annotations

import configparser
import shutil
import subprocess
from pathlib import Path

import pytest

from ansible_collections.socialgouv.actions_runner.plugins.module_utils import _units
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import names
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.paths import Paths

TEXTS = _units.texts(Paths(), "/srv/metrics/github-runner.prom")


def parsed(name: str) -> configparser.ConfigParser:
    # A setting such as SystemCallFilter is given twice, the second adding to the first.
    parser = configparser.ConfigParser(interpolation=None, delimiters=("=",), strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(TEXTS[name])
    return parser


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("ExecStart", "/usr/local/lib/github-runner/github-runner.pyz launch %i"),
        ("Type", "notify"),
        ("Restart", "always"),
        # The launcher waits by itself, for GitHub at the start and for the job at the end.
        ("TimeoutStartSec", "infinity"),
        ("TimeoutStopSec", "infinity"),
        # SIGTERM goes to the launcher alone, which drains.
        ("KillMode", "mixed"),
        ("ExecReload", "/bin/kill -HUP $MAINPID"),
        ("LimitCORE", "0"),
        # A job's output must not choose its own priority in the journal.
        ("SyslogLevelPrefix", "no"),
        # /run/github-runner is all instances'.
        ("RuntimeDirectoryPreserve", "yes"),
        # What it counts is all that an instance may write beside its state.
        ("StateDirectory", "github-runner/tally"),
    ],
)
def test_an_instance_is_kept_as_the_design_says(option: str, value: str) -> None:
    """Each of these stands for a promise."""
    assert parsed("github-runner@.service")["Service"][option] == value


def test_an_instance_is_never_parked_nor_ended_with_docker() -> None:
    """No start limit, and Wants= instead of Requires=: a restart of Docker does not end the launcher."""
    unit = parsed("github-runner@.service")["Unit"]
    assert unit["StartLimitIntervalSec"] == "0"
    assert "docker.service" in unit["Wants"]
    assert not {"Requires", "BindsTo", "PartOf"} & set(unit)


def test_jobs_that_use_up_their_share_do_not_starve_the_launchers() -> None:
    """The launchers are beside the slice that is limited, which they have to have started."""
    instance = parsed("github-runner@.service")
    assert "Slice" not in instance["Service"]
    assert {_units.SLICE, _units.FIREWALL} <= set(instance["Unit"]["Wants"].split())
    assert {_units.SLICE, _units.FIREWALL} <= set(parsed(_units.TARGET)["Unit"]["After"].split())
    share = parsed(_units.SLICE)["Slice"]
    assert (share["MemoryMax"], share["CPUWeight"], share["TasksMax"]) == ("85%", "50", "80%")


@pytest.mark.parametrize("name", ["github-runner@.service", "github-runner-reconcile.service"])
@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("CapabilityBoundingSet", ""),
        ("NoNewPrivileges", "yes"),
        ("ProtectSystem", "strict"),
        ("ProtectHome", "yes"),
        ("PrivateTmp", "yes"),
        ("PrivateDevices", "yes"),
        ("MemoryDenyWriteExecute", "yes"),
        ("RestrictAddressFamilies", "AF_UNIX AF_INET AF_INET6"),
        ("RestrictNamespaces", "yes"),
        ("ProtectProc", "invisible"),
    ],
)
def test_the_launcher_and_the_reconciler_are_in_a_sandbox(name: str, option: str, value: str) -> None:
    """molecule's scenario isolation has the figure that systemd gives it."""
    assert parsed(name)["Service"][option] == value
    assert "SystemCallFilter=@system-service\n" in TEXTS[name]


def test_nothing_waits_for_the_end_of_a_drain() -> None:
    """Systemd lets a stop come first, of two units that are ordered: only what nobody starts or reloads may be."""
    assert parsed("github-runner@.service")["Unit"]["After"] == _units.TARGET
    needed = parsed(_units.TARGET)["Unit"]["After"].split()
    assert needed == ["docker.service", "network-online.target", _units.FIREWALL, _units.SLICE]
    assert {*needed, _units.TARGET} == set(parsed("github-runner@.service")["Unit"]["Wants"].split())


def test_the_firewall_is_up_before_docker_and_loaded_again_with_nftables() -> None:
    """No container runs without it at boot, and the host's own rules do not flush it away.

    docker.service comes after the network. Ordered directly, no rules could be loaded while Docker is stopped.
    """
    unit = parsed(_units.FIREWALL)
    assert {"network-pre.target"} == set(unit["Unit"]["Before"].split()) - {"shutdown.target"}
    assert unit["Unit"]["PartOf"] == unit["Unit"]["ReloadPropagatedFrom"] == "nftables.service"
    assert unit["Service"]["ExecStart"] == unit["Service"]["ExecReload"] == "nft -f /etc/github-runner/firewall.nft"
    assert Paths().firewall_loaded == f"/run/{unit['Service']['RuntimeDirectory']}"


def test_the_reconciler_runs_spread_out() -> None:
    """A fleet that was started together must not ask GitHub together."""
    timer = parsed(_units.TIMER)["Timer"]
    assert timer["RandomizedDelaySec"] != "0"
    assert parsed("github-runner-reconcile.service")["Service"]["ExecStart"].endswith(" reconcile")
    assert parsed(_units.TIMER)["Install"]["WantedBy"] == "timers.target"


def test_the_names_are_those_that_everybody_uses() -> None:
    """What is installed is what is started, drained and listed."""
    assert names.unit_name("") in TEXTS
    assert {_units.TIMER, _units.FIREWALL, _units.SLICE} <= set(TEXTS)
    assert names.pool_slice("default").startswith(_units.SLICE.removesuffix(".slice") + "-")
    assert not [text for text in TEXTS.values() if "{" in text]


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")
@pytest.mark.parametrize("name", sorted(TEXTS))
def test_systemd_understands_every_line(tmp_path: Path, name: str) -> None:
    """No unknown section or option, which systemd would only mention in the journal."""
    for other, text in TEXTS.items():
        (tmp_path / other).write_text(text.replace("/usr/local/lib/github-runner/github-runner.pyz", "/bin/true"))
    target = name.replace("@.", "@1.")
    if target != name:
        shutil.copy(tmp_path / name, tmp_path / target)
    text = (tmp_path / target).read_text()
    (tmp_path / target).write_text(text.replace("=nft ", "=/bin/true "))
    done = subprocess.run(["systemd-analyze", "verify", tmp_path / target], capture_output=True, text=True, check=False)
    assert str(tmp_path) not in done.stderr
