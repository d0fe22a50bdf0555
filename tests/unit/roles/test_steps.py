# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tags of a run say which steps the role does: by a real ansible-playbook, whose rollout only shows them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROLE = Path(__file__).resolve().parents[3] / "roles" / "github_runner"
ALL = {
    *("docker", "images", "private_images", "cipher_network", "micro_cipher", "sealed_token"),
    *("runner_unit", "runner_pool"),
}
GIVEN = yaml.safe_load((ROLE / "tasks" / "rollout.yml").read_text())[0]["socialgouv.actions_runner.runner_rollout"]
SHOW = {
    "ansible.builtin.debug": {"msg": "steps: {{ __github_runner_steps | sort | join(' ') }}; purge: {{ __purge }};"},
    "vars": {"__purge": GIVEN["runner_pool"]["purge"]},
    "register": "__github_runner_rollout",
}


@pytest.fixture(scope="module")
def role(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The role, but for what it does on hosts and control node."""
    copy = tmp_path_factory.mktemp("roles") / "github_runner"
    shutil.copytree(ROLE, copy)
    (copy / "tasks" / "check.yml").write_text(yaml.safe_dump([{"ansible.builtin.debug": {"msg": "checked"}}]))
    (copy / "tasks" / "rollout.yml").write_text(yaml.safe_dump([{"name": "Roll out the runners", **SHOW}]))
    return copy


def steps_of(role: Path, role_tags: list[str], *arguments: str) -> list[set[str]]:
    """The steps of each rollout in a run."""
    return [set(said.partition(";")[0].split()) for said in shown(role, role_tags, *arguments).split("steps: ")[1:]]


def shown(role: Path, role_tags: list[str], *arguments: str) -> str:
    """What a run prints."""
    given = {"github_runner_url": "https://github.com/acme"}
    applied: dict[str, Any] = {"role": str(role), "tags": role_tags, "vars": given}
    play = role.parent / "play.yml"
    play.write_text(yaml.safe_dump([{"hosts": "all", "gather_facts": False, "roles": [applied]}]))
    command = [sys.executable, "-m", "ansible", "playbook", "-i", "a,", str(play), *arguments]
    environment = {**os.environ, "ANSIBLE_LOCAL_TEMP": str(role.parent), "ANSIBLE_FORCE_COLOR": "false"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize(
    ("arguments", "steps"),
    [
        ([], ALL),
        (["-e", "github_runner_install_docker=false"], ALL - {"docker"}),
        (["--tags=seal"], {"micro_cipher", "sealed_token"}),
        (["--tags=images,unit"], {"images", "private_images", "runner_unit"}),
        (["--skip-tags=docker"], ALL - {"docker"}),
        (["--skip-tags=instances,seal"], ALL - {"runner_pool", "micro_cipher", "sealed_token"}),
        (["--tags=images,unit", "--skip-tags=unit"], {"images", "private_images"}),
        (["--start-at-task=Roll out the runners"], ALL),
    ],
)
def test_tags_choose_steps(role: Path, arguments: list[str], steps: set[str]) -> None:
    """One tag, several, and tags that are left out: the other steps are done all the same."""
    assert steps_of(role, [], *arguments) == [steps]


@pytest.mark.parametrize("asked", ["ours", "ours,network", "docker"])
def test_a_tag_of_ones_own_on_the_role_means_all_of_it(role: Path, asked: str) -> None:
    """Also beside a tag of a step, as other roles have such too, and where it is called as a step's."""
    assert steps_of(role, ["ours", "docker"], f"--tags={asked}") == [ALL]
    assert steps_of(role, ["ours"], "--tags=theirs") == []


@pytest.mark.parametrize(("tags", "purges"), [("unit,instances", True), ("instances", False)])
def test_a_pool_goes_only_where_pools_are_installed(role: Path, tags: str, purges: bool) -> None:
    """A run for the number of instances that was given one pool of several would take the others' credentials away."""
    assert f"purge: {purges};" in shown(role, [], f"--tags={tags}")
