# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults on a real host of the test bed, which the `site` playbook has set up: `make molecule SCENARIO=faults`.

Each trial is one fault (or more, as `caused` counts them) by its real cause, with a job running wherever one could be
lost. Before and after each, four runners stand idle, GitHub knows these and no others, and nothing else is left.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).resolve().parents[1] / "testbed")]

from faults_kit.github import GitHub
from faults_kit.host import Host, unit
from faults_kit.ledger import Ledger

from bed.layout import HOST_PREFIX, State
from bed.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]
INSTANCES = {"1", "2", "3", "4"}
_LEDGER = pytest.StashKey[Ledger]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_LEDGER] = Ledger()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    ledger = config.stash[_LEDGER]
    terminalreporter.write_line(f"faults caused: {ledger.faults}")
    terminalreporter.write_line(f"jobs started:  {ledger.started}")
    terminalreporter.write_line(f"jobs finished: {ledger.finished}")


def pytest_sessionfinish(session: pytest.Session) -> None:
    ledger = session.config.stash[_LEDGER]
    if ledger.started != ledger.finished:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def ledger(pytestconfig: pytest.Config) -> Ledger:
    """What was done to whom."""
    return pytestconfig.stash[_LEDGER]


@pytest.fixture
def caused(ledger: Ledger) -> Callable[[int], None]:
    """Counts faults."""

    def count(faults: int = 1) -> None:
        ledger.faults += faults

    return count


@pytest.fixture(scope="session")
def host() -> Host:
    """The bed's first host."""
    return Host(f"{HOST_PREFIX}1")


@pytest.fixture(scope="session")
def github(ledger: Ledger) -> GitHub:
    """The bed's GitHub."""
    return GitHub(ledger)


@pytest.fixture(scope="session")
def play() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the `site` playbook with the bed's token, or a part of it; the environment is that of molecule."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        inventory = State.default().inventory
        command = [
            "ansible-playbook",
            f"--inventory={inventory}",
            *arguments,
            str(ROOT / "molecule/common/converge.yml"),
        ]
        environment = {**os.environ, "TESTBED_STATE": str(State.default().folder), "ANSIBLE_FORCE_COLOR": "false"}
        # Where failures go to depends on the settings: all of it is one text here.
        return subprocess.run(command, env=environment, text=True, stdout=-1, stderr=-2, timeout=300, check=False)

    return run


@pytest.fixture
def seal(play: Callable[..., subprocess.CompletedProcess[str]]) -> Callable[[], None]:
    """Seal the token again, as the operator does after a reboot."""

    def run() -> None:
        done = play("--tags=seal")
        assert done.returncode == 0, done.stdout

    return run


def all_is_well(host: Host, github: GitHub) -> bool:
    """Four idle instances, each with one container that GitHub knows and sees online, and nothing beside these."""
    shown = host.instances().values()
    standing = {one["runner"] for one in shown if one["state"] == "idle"}
    registered = github.runners()
    online = {name for name, one in registered.items() if one["status"] == "online" and not one["busy"]}
    return len(standing) == 4 and standing == set(registered) == online == host.containers()


@pytest.fixture(autouse=True)
def _all_is_well_before_and_after(host: Host, github: GitHub) -> Iterator[None]:
    def what_is_wrong() -> str:
        return f"{host.instances()}\n{github.runners()}\n{host.containers()}"

    wait_until(lambda: all_is_well(host, github), 90, what_is_wrong)
    yield
    # One trial that failed is to be one failure.
    github.clear()
    host.run(f"systemctl start {' '.join(map(unit, sorted(INSTANCES)))}")

    def healed() -> bool:
        # What the timer does every ten minutes: a registration whose runner went with the token's seal waits for it.
        host.run("github-runner reconcile")
        return all_is_well(host, github)

    wait_until(healed, 90, what_is_wrong)
