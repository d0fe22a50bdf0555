# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Ansible, ssh and the shell are told about the bed."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

import pytest
import yaml

from bed import inventory
from bed.layout import State

PORTS = {"bed-host1": 40001, "bed-host2": 40002}
SUITES = {"bed-host1": "bookworm", "bed-host2": "trixie"}


@pytest.fixture(params=["plain", "with a space"])
def state(request: pytest.FixtureRequest, tmp_path: Path) -> State:
    return State(tmp_path / request.param)


def test_every_host_is_in_the_group_with_its_loopback_port_and_its_release(state: State) -> None:
    group = yaml.safe_load(inventory.inventory(state, PORTS, SUITES))["github_runners"]
    assert group["hosts"] == {
        name: {"ansible_host": "127.0.0.1", "ansible_port": port, "testbed_suite": SUITES[name]}
        for name, port in PORTS.items()
    }


def test_nothing_replaces_a_default_of_the_collection(state: State) -> None:
    variables = yaml.safe_load(inventory.inventory(state, PORTS, SUITES))["github_runners"]["vars"]
    assert [name for name in variables if not name.startswith("ansible_")] == ["github_runner_url"]


def test_ssh_never_asks_and_never_trusts_at_first_use(state: State) -> None:
    variables = yaml.safe_load(inventory.inventory(state, PORTS, SUITES))["github_runners"]["vars"]
    words = shlex.split(variables["ansible_ssh_common_args"])
    # ssh itself says what it understood, which covers its own quoting of paths.
    said = subprocess.run(["ssh", "-F", "none", "-G", *words, "host"], capture_output=True, text=True, check=True)
    understood = dict(line.split(" ", 1) for line in said.stdout.splitlines() if " " in line)
    assert understood["stricthostkeychecking"] in ("true", "yes")
    assert understood["batchmode"] == "yes"
    assert understood["userknownhostsfile"].strip('"') == str(state.known_hosts)


def test_known_hosts_has_one_line_for_each_port() -> None:
    assert inventory.known_hosts(PORTS, "ssh-ed25519 AAAA comment\n") == (
        "[127.0.0.1]:40001 ssh-ed25519 AAAA\n[127.0.0.1]:40002 ssh-ed25519 AAAA\n"
    )


def test_the_shell_reads_the_exports_as_they_are_meant(state: State) -> None:
    script = inventory.exports(state, 13128) + 'printf "%s\\n" "$HTTPS_PROXY" "$REQUESTS_CA_BUNDLE"'
    said = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    assert said.stdout.splitlines() == ["http://127.0.0.1:13128", str(state.ca)]


def test_the_token_is_in_its_own_file_and_nowhere_else(state: State) -> None:
    assert yaml.safe_load(inventory.token_vars("ghp_x")) == {"github_runner_token": "ghp_x"}
    assert "github_runner_token" not in inventory.inventory(state, PORTS, SUITES)
