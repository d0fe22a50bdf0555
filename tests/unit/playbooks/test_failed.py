# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run shows its table once, also where Ansible ends it early: by a real ansible-playbook, on hosts without ssh."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]


def run(folder: Path, fails: list[str], serial: str, most: int | None) -> str:
    """Play as the playbooks do on four hosts, some of which fail; gives what it prints."""
    play = {
        "hosts": "all",
        "gather_facts": False,
        "serial": serial,
        "max_fail_percentage": 100 if most is None else most,
        "tasks": [
            {
                "block": [
                    {"ansible.builtin.fail": {"msg": "no room"}, "when": f"inventory_hostname in {fails}"},
                    {"ansible.builtin.set_fact": {"__github_runner_info": {"instances": []}}},
                ],
                "rescue": [{"ansible.builtin.import_tasks": str(ROOT / "playbooks" / "tasks" / "failed.yml")}],
            }
        ],
    }
    summary = {
        "hosts": "all",
        "gather_facts": False,
        "tasks": [
            {"ansible.builtin.import_tasks": str(ROOT / "playbooks" / "tasks" / "report.yml"), "run_once": True},
        ],
    }
    (folder / "play.yml").write_text(yaml.safe_dump([play, summary]))
    command = [sys.executable, "-m", "ansible", "playbook", "-i", "a,b,c,d,", "-c", "local", str(folder / "play.yml")]
    if most is not None:
        command += ["-e", f"github_runner_max_fail_percentage={most}"]
    environment = {**os.environ, "ANSIBLE_FORCE_COLOR": "false", "ANSIBLE_LOCAL_TEMP": str(folder)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False).stdout


@pytest.mark.parametrize(
    ("fails", "serial", "most", "named"),
    [
        ([], "100%", None, ""),
        (["c"], "100%", None, "c"),
        (["c"], "100%", 25, "c"),
        (["c"], "100%", 24, "c"),
        (["b"], "2", 0, "b"),
        (["b"], "2", 50, "b"),
        (["b", "d"], "2", None, "bd"),
        (["a", "b"], "2", None, "ab"),
        (["a", "b", "c", "d"], "100%", 0, "abcd"),
    ],
)
def test_every_run_ends_in_one_table(
    tmp_path: Path, fails: list[str], serial: str, most: int | None, named: str
) -> None:
    """Whoever has failed is in it, and whether the run goes on is Ansible's to say."""
    said = run(tmp_path, fails, serial, most)
    assert [line.split()[:2] for line in said.splitlines()].count(["HOST", "POOL"]) == 1, said
    table = said[said.index("HOST ") :]
    rows = [line.split() for line in table.splitlines() if line.endswith("no room")]
    assert [words[0] for words in rows if "failed" in words[1:]] == list(named)
