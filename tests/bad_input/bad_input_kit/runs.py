# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Playbooks, run for real, and what they say."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from . import bed

PLAYBOOKS = bed.ROOT / "playbooks"


@dataclass(frozen=True)
class Heard:
    """By host: what the first failed task said, and all warnings."""

    failed: dict[str, str]
    warned: dict[str, list[str]]
    output: str

    def of(self, host: str) -> str:
        """What one gets on this host: the failure, or else the one warning."""
        if host in self.failed:
            return self.failed[host]
        warned = self.warned.get(host) or []
        if len(warned) != 1:
            raise AssertionError(f"{host} was not refused\n{self.output}")
        return warned[0]


def too_old(venv: Path, packages: list[str], hosts: dict[str, Any]) -> str:
    """What Ansible says of an ansible-core that the collection does not support, which is what ``packages`` make."""
    version = ".".join(map(str, sys.version_info[:2]))
    # Packages come from the world outside, not through the proxy of the bed's GitHub.
    outside = {name: value for name, value in os.environ.items() if name not in ("HTTPS_PROXY", "REQUESTS_CA_BUNDLE")}
    made = [bed.ROOT / "tools/venv", venv.name, version, *packages]
    subprocess.run(made, check=True, stdout=subprocess.DEVNULL, env=outside)
    heard = play(PLAYBOOKS / "site.yml", hosts, venv=venv)
    # It is folded to the width of a terminal.
    found = re.search(r"\[WARNING\]: (Collection socialgouv.*?)\n\n", heard.output, re.DOTALL)
    if not found:
        raise AssertionError(f"Ansible did not warn:\n{heard.output}")
    return " ".join(found[1].split())


def inventory(hosts: dict[str, dict[str, Any]], common: dict[str, Any]) -> dict[str, Any]:
    """The bed's inventory with hosts of other names, each with variables of its own, that are all the bed's one."""
    document = yaml.safe_load(Path(bed.testbed("inventory")).read_text())
    group = document["github_runners"]
    where = group["hosts"][bed.HOST]
    group["hosts"] = {name: {**where, **variables} for name, variables in hosts.items()}
    group["vars"] |= common
    return document


def play(
    playbook: Path | list[dict[str, Any]],
    hosts: dict[str, Any],
    environment: dict[str, str] | None = None,
    venv: Path | None = None,
) -> Heard:
    """Run a playbook, a file or its plays, on an inventory; where ``venv`` is given, with the ansible-core in it."""
    program = venv / "bin/ansible-playbook" if venv else shutil.which("ansible-playbook")
    with tempfile.TemporaryDirectory(prefix="bad-input-") as scratch:
        place = Path(scratch)
        (place / "inventory.yml").write_text(yaml.safe_dump(hosts))
        if isinstance(playbook, list):
            (place / "plays.yml").write_text(yaml.safe_dump(playbook, sort_keys=False))
            playbook = place / "plays.yml"
        done = subprocess.run(
            [str(program), "--inventory", place / "inventory.yml", playbook],
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={
                **os.environ,
                "ANSIBLE_CALLBACK_PLUGINS": str(bed.ROOT / "tests/bad_input/callback_plugins"),
                "ANSIBLE_FORCE_COLOR": "false",
                "ANSIBLE_FORKS": "4",
                "BAD_INPUT_HEARD": str(place / "heard.json"),
                **(environment or {}),
            },
        )
        if not (place / "heard.json").exists():
            raise AssertionError(f"the playbook did not run:\n{done.stdout}")
        return Heard(**json.loads((place / "heard.json").read_text()), output=done.stdout)
