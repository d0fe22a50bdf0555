# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run shows its table once, also where Ansible ends it early: by a real ansible-playbook, on hosts without ssh."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
MOST = "github_runner_max_fail_percentage"


PLAYBOOKS = ROOT / "playbooks"
REACHED = {"ansible.builtin.import_tasks": str(PLAYBOOKS / "tasks" / "reached.yml")}
REPORT = {"ansible.builtin.import_tasks": str(PLAYBOOKS / "tasks" / "report.yml"), "run_once": True}
RESCUE = [{"ansible.builtin.import_tasks": str(PLAYBOOKS / "tasks" / "failed.yml")}]
SUMMARY = {"hosts": "all", "gather_facts": False, "tasks": [REPORT]}
# Nobody listens there.
LOST = "ansible_connection=ssh ansible_host=127.0.0.1 ansible_port=1"


def run(folder: Path, fails: list[str], serial: str = "100%", most: int | None = None, lost: Sequence[str] = ()) -> str:
    """Play as the playbooks do on four hosts, some of which fail or are not reached; gives what it prints."""
    play = {
        "hosts": "all",
        "gather_facts": False,
        "serial": serial,
        "max_fail_percentage": 100 if most is None else most,
        "tasks": [
            {
                "block": [
                    {"ansible.builtin.raw": "true", "ignore_unreachable": True, "register": "__github_runner_reached"},
                    REACHED,
                    {"ansible.builtin.fail": {"msg": "no room"}, "when": f"inventory_hostname in {fails}"},
                    {"ansible.builtin.set_fact": {"__github_runner_info": {"instances": []}}},
                ],
                "rescue": RESCUE,
            }
        ],
    }
    inventory = "".join(f"{name} {LOST if name in lost else ''}\n" for name in "abcd")
    return played(folder, [play, SUMMARY], inventory, {} if most is None else {MOST: most})


def played(folder: Path, plays: list[Any], inventory: str, given: dict[str, Any]) -> str:
    """What a run of these plays prints."""
    (folder / "play.yml").write_text(yaml.safe_dump(plays))
    return playbook(folder, folder / "play.yml", inventory, given)


def playbook(folder: Path, path: Path, inventory: str, given: dict[str, Any]) -> str:
    """What a run prints, which fails or not; no host of it is reached but this one."""
    (folder / "inventory").write_text(inventory)
    command = [sys.executable, "-m", "ansible", "playbook", "-i", str(folder / "inventory"), "-c", "local", str(path)]
    environment = {**os.environ, "ANSIBLE_FORCE_COLOR": "false", "ANSIBLE_LOCAL_TEMP": str(folder)}
    done = subprocess.run(
        [*command, "-e", json.dumps(given)], env=environment, capture_output=True, text=True, check=False
    )
    return done.stdout


def tables(said: str) -> int:
    return [line.split()[:2] for line in said.splitlines()].count(["HOST", "POOL"])


def rows(said: str) -> dict[str, str]:
    """The last table: each host that failed, and why."""
    table = said[said.rindex("HOST ") :].partition("\n\n")[0]
    words = [line.split(maxsplit=6) for line in table.splitlines()[1:]]
    return {one[0]: " ".join(one[1:]) for one in words if "failed" in one}


@pytest.mark.parametrize(
    ("fails", "serial", "most"),
    [
        ("", "100%", None),
        ("c", "100%", None),
        ("c", "100%", 25),
        ("c", "100%", 24),
        ("b", "2", 0),
        ("b", "2", 50),
        ("bd", "2", None),
        # The failures of the batch before are no reason for Ansible to stop.
        ("bd", "2", 50),
        ("ab", "2", None),
        ("abcd", "100%", 0),
    ],
)
def test_every_run_ends_in_one_table(tmp_path: Path, fails: str, serial: str, most: int | None) -> None:
    """Whoever has failed is in it, and whether the run goes on is Ansible's to say."""
    said = run(tmp_path, list(fails), serial, most)
    assert tables(said) == 1, said
    assert list(rows(said)) == list(fails)
    assert all("no room" in why for why in rows(said).values())


@pytest.mark.parametrize(
    ("lost", "fails", "serial", "most"),
    [
        ("b", "", "100%", None),
        ("a", "b", "100%", 30),
        ("ab", "", "2", None),
        ("abcd", "", "100%", None),
    ],
)
def test_a_host_that_is_not_reached_is_in_the_table(
    tmp_path: Path, lost: str, fails: str, serial: str, most: int | None
) -> None:
    """Ansible would drop it without a word: with all hosts of a batch there would be no table at all."""
    said = run(tmp_path, list(fails), serial, most, list(lost))
    assert tables(said) == 1, said
    assert sorted(rows(said)) == sorted(lost + fails)
    assert all("Connection refused" in rows(said)[name] for name in lost)


def test_a_roll_stops_for_a_host_that_is_not_reached(tmp_path: Path) -> None:
    """It may be the roll that took it away."""
    said = run(tmp_path, [], "2", 0, ["b"])
    assert (tables(said), list(rows(said))) == (1, ["b"])
    assert "ok: [c]" not in said


@pytest.mark.parametrize(
    "name", ["site", "scale", "drain", "resume", "restart", "unseal", "upgrade", "uninstall", "status"]
)
def test_every_playbook_tells_of_a_host_that_is_not_reached(tmp_path: Path, name: str) -> None:
    """In one table, with the reason. One that needs no token does not miss it."""
    needs_token = name in ("site", "upgrade")
    given = {
        "github_runner_url": "https://github.com/acme",
        "github_runner_token": f"github_pat_{'a' * 20}" if needs_token else "{{ vault_github_token | default('') }}",
        "github_runner_check_github": False,
    }
    said = playbook(tmp_path, PLAYBOOKS / f"{name}.yml", f"[github_runners]\na {LOST}\n", given)
    assert tables(said) == 1, said
    assert "Connection refused" in rows(said)["a"], said


def test_what_is_not_proven_is_not_done(tmp_path: Path) -> None:
    """A GitHub that could not be asked has not said that the new credential works."""
    plays = yaml.safe_load((PLAYBOOKS / "rotate.yml").read_text())[:1]
    plays[0]["tasks"][0]["ansible.builtin.import_tasks"] = str(PLAYBOOKS / "tasks" / "prove.yml")
    then = {"hosts": "all", "gather_facts": False, "tasks": [{"ansible.builtin.debug": {"msg": "sealed"}}]}
    given = {"github_runner_url": "https://127.0.0.1:1/acme", "github_runner_token": f"github_pat_{'a' * 20}"}
    said = played(tmp_path, [*plays, then], "[github_runners]\na\nb\n", given)
    assert "could not be checked at GitHub" in rows(said)["a"], said
    assert (tables(said), "sealed" in said.replace("sealed_", "")) == (1, False), said


def test_the_end_of_an_uninstallation_is_told(tmp_path: Path) -> None:
    """Where GitHub cannot be asked, one host says so, and the others are in the table as they are."""
    plays = yaml.safe_load((PLAYBOOKS / "uninstall.yml").read_text())
    (at_github,) = [play for play in plays if play["name"] == "Leave nothing at GitHub"]
    at_github["tasks"][0]["rescue"] = RESCUE
    scope = {
        "url": "https://127.0.0.1:1/acme",
        "token": "t",
        "control_proxy": "",
        "control_no_proxy": "",
        "control_ca": "",
    }
    facts = {
        "__github_runner_scopes": [scope],
        "__github_runner_removed": {"mark": "0a1b2c3d"},
        "__github_runner_info": {"instances": []},
    }
    before = {"hosts": "all", "gather_facts": False, "tasks": [{"ansible.builtin.set_fact": facts}]}
    said = played(tmp_path, [before, at_github, SUMMARY], "[github_runners]\na\nb\n", {})
    assert (tables(said), list(rows(said))) == (1, ["a"]), said
    assert "127.0.0.1" in rows(said)["a"], said
    assert "2 hosts (1 empty, 1 failed)" in said, said
