# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tags of a run say which steps it has: by a real ansible-playbook that only shows them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROLE = Path(__file__).resolve().parents[3] / "roles" / "github_runner"
ALL = {
    *("docker", "images", "private_images", "cipher_network", "micro_cipher", "sealed_token"),
    *("runner_unit", "runner_pool"),
}


@pytest.mark.parametrize(
    ("arguments", "steps"),
    [
        ([], ALL),
        (["-e", "github_runner_install_docker=false"], ALL - {"docker"}),
        (["--tags=seal"], {"micro_cipher", "sealed_token"}),
        (["--tags=images,unit"], {"images", "private_images", "runner_unit"}),
        (["--skip-tags=instances"], ALL - {"runner_pool"}),
        # A tag of one's own, on the role.
        (["--tags=ours"], ALL),
    ],
)
def test_tags_choose_steps(tmp_path: Path, arguments: list[str], steps: set[str]) -> None:
    """One tag, several, a tag that is left out, and a tag that is somebody's own."""
    show = {
        "ansible.builtin.debug": {"msg": "steps: {{ __github_runner_steps | sort | join(' ') }};"},
        "tags": ["always"],
    }
    files = [str(ROLE / folder / "main.yml") for folder in ("defaults", "vars")]
    play = {"hosts": "all", "gather_facts": False, "vars_files": files, "tasks": [show]}
    (tmp_path / "play.yml").write_text(yaml.safe_dump([play]))
    command = [sys.executable, "-m", "ansible", "playbook", "-i", "a,", str(tmp_path / "play.yml"), *arguments]
    environment = {**os.environ, "ANSIBLE_LOCAL_TEMP": str(tmp_path), "ANSIBLE_FORCE_COLOR": "false"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.partition("steps: ")[2].partition(";")[0].split() == sorted(steps)
