# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The firewall's text; that it holds is what molecule's scenarios isolation and hostile try."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from ansible_collections.socialgouv.actions_runner.plugins.module_utils import _firewall

OPEN = _firewall.Policy(block_metadata=False, host_ports=(5000, 53, 5000))
POLICIES = [_firewall.Policy(), OPEN]


@pytest.mark.parametrize("policy", POLICIES)
def test_the_rules_are_replaced_in_one_transaction(policy: _firewall.Policy) -> None:
    """There is no moment without: the table is made, deleted and made again before any packet meets it."""
    first, second, third = [
        line for line in _firewall.rules(policy).splitlines() if line.startswith(("table", "delete"))
    ]
    assert (first, second, third) == (
        "table inet github_runner",
        "delete table inet github_runner",
        "table inet github_runner {",
    )


@pytest.mark.parametrize("policy", POLICIES)
def test_the_last_word_to_the_host_is_no(policy: _firewall.Policy) -> None:
    """Whatever is allowed stands before it."""
    to_host = _firewall.rules(policy).partition("chain to_host {")[2].partition("}\n}")[0]
    assert to_host.split("\n")[-2].strip() == "reject with icmpx admin-prohibited"
    assert ("dport { 53, 5000 } accept" in to_host) is (policy == OPEN)


@pytest.mark.parametrize("address", [*_firewall.METADATA_4, *_firewall.METADATA_6])
def test_metadata_is_blocked_unless_it_is_wanted(address: str) -> None:
    """By the address of every large cloud."""
    assert address in _firewall.rules(_firewall.Policy()).partition("chain to_host")[0]
    assert address not in _firewall.rules(OPEN).partition("chain to_host")[0]


@pytest.fixture
def nft() -> str:
    """nft, wherever PATH leads: Debian keeps it where only root looks."""
    found = shutil.which("nft", path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    assert found, "there is no nft here: `make venv` installs the package nftables"
    return found


def faults(nft: str, file: Path) -> str:
    """What nft finds wrong in a file that it reads and does not load."""
    done = subprocess.run([nft, "--check", "-f", file], capture_output=True, text=True, check=False)
    return "\n".join(line for line in done.stderr.splitlines() if "syntax error" in line)


@pytest.mark.parametrize("policy", POLICIES)
def test_nft_understands_them(nft: str, tmp_path: Path, policy: _firewall.Policy) -> None:
    """And would not understand a word more."""
    file = tmp_path / "rules.nft"
    file.write_text(_firewall.rules(policy))
    assert not faults(nft, file)
    file.write_text(_firewall.rules(policy).replace(" accept", " akzept", 1))
    assert faults(nft, file)
