# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every inventory and every variable of the documentation is taken by Ansible, by the role's options and its check."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.socialgouv.actions_runner.tests.docs import blocks, kit

GROUP = "github_runners"
YAML = blocks.all_blocks("yaml")
#: What the blocks take for granted, where they say nothing themselves: what every fleet has.
URL = {"github_runner_url": "https://github.com/acme"}
TOKEN = {"github_runner_token": "ghp_0123456789"}
CHECK = """
- name: Check
  hosts: all
  connection: local
  gather_facts: false
  tasks:
    - name: Hold it against the role's options
      ansible.builtin.validate_argument_spec:
        argument_spec: "{{ specification }}"
        provided_arguments: "{{ dict(options | zip(query('ansible.builtin.vars', *options))) }}"
      no_log: true
    - name: Have the role check it
      ansible.builtin.import_role:
        name: socialgouv.actions_runner.github_runner
        tasks_from: check
      vars:
        github_runner_check_github: false
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every file that a block looks up: scripts, and certificates that are real ones."""
    place = tmp_path_factory.mktemp("place")
    key, certificate = place / "key.pem", place / "certificate.pem"
    openssl = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=docs"]
    subprocess.run([*openssl, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    for name in re.findall(r"'(files/[^']+)'", "".join(block.text for block in YAML)):
        (place / "files").mkdir(exist_ok=True)
        text = certificate.read_text() if name.endswith(".pem") else "#!/bin/sh\n"
        (place / name).write_text(text)
    return place


@pytest.mark.parametrize("block", YAML, ids=str)
def test_it_is_of_a_kind_that_something_holds(block: blocks.Block) -> None:
    """YAML that no test below knows would be a block that nothing covers."""
    assert kind(block) in ("inventory", "variables", "plugin", "playbook", "workflow")


def test_the_role_takes_all_of_it(place: Path) -> None:
    """One play for all blocks, each host of each inventory and each set of variables a host of its own."""
    hosts = {name: given for block in YAML for name, given in described(block, place).items()}
    assert len(hosts) > 15
    unknown = {variable for given in hosts.values() for variable in given if variable.startswith("github_runner_")}
    assert unknown <= kit.variables()
    for given in hosts.values():
        if "github_runner_app_client_id" not in given:
            given |= {**TOKEN, **given}
    secrets = {name: secret(name, place) for block in YAML for name in re.findall(r"\bvault_\w+", block.text)}
    (place / "hosts.yml").write_text(yaml.safe_dump({"all": {"hosts": hosts, "vars": {**URL, **secrets}}}))
    (place / "check.yml").write_text(CHECK)
    (place / "specification.yml").write_text(yaml.safe_dump({"specification": kit.specification()}))
    run = ansible(
        place, "ansible-playbook", "check.yml", "-i", "hosts.yml", "-e", "@specification.yml", "-e", options(place)
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert len(re.findall(r"ok=2 +changed=0 .*failed=0", run.stdout)) == len(hosts)


@pytest.mark.parametrize("block", [one for one in YAML if one.text.count("plugin:")], ids=str)
def test_an_inventory_plugin_makes_the_group(block: blocks.Block, place: Path) -> None:
    """Its expressions are those of ``constructed``, whichever plugin finds the hosts; here these are two."""
    folder = place / block.page.replace("/", "_") / str(block.line)
    folder.mkdir(parents=True)
    document = yaml.safe_load(block.text)
    found = {
        "ci1.example.org": {"tags": {"runners": "6"}},
        "gpu1.example.org": {"tags": {}},
        "www.example.org": {"tags": {}},
    }
    (folder / "1-hosts.yml").write_text(yaml.safe_dump({"all": {"hosts": found}}))
    constructed = {key: document[key] for key in ("groups", "compose")}
    (folder / "2-runners.constructed.yml").write_text(
        yaml.safe_dump({"plugin": "ansible.builtin.constructed", "strict": True, **constructed})
    )
    variables = inventory(folder / "1-hosts.yml", folder / "2-runners.constructed.yml")
    assert {"ci1.example.org", "gpu1.example.org"} <= set(variables)
    for given in variables.values():
        assert isinstance(given["github_runner_count"], int)


@pytest.mark.parametrize("block", [one for one in YAML if "import_playbook" in one.text], ids=str)
def test_a_playbook_is_one(block: blocks.Block, place: Path) -> None:
    """Ansible finds what it imports."""
    (place / block.title).write_text(block.text)
    run = ansible(place, "ansible-playbook", "--syntax-check", block.title)
    assert run.returncode == 0, run.stderr


def kind(block: blocks.Block) -> str:
    """What a block is."""
    document = yaml.safe_load(block.text)
    if isinstance(document, list):
        return "playbook"
    if GROUP in document:
        return "inventory"
    if "plugin" in document:
        return "plugin"
    if "jobs" in document:
        return "workflow"
    return "variables" if all(name in kit.variables() for name in document) else "nothing known"


def described(block: blocks.Block, place: Path) -> dict[str, dict[str, Any]]:
    """The hosts that a block stands for, each with the variables that it gives them."""
    name = f"{block}".replace("/", ".").replace(":", ".line")
    if kind(block) == "variables":
        return {name: yaml.safe_load(block.text)}
    if kind(block) != "inventory":
        return {}
    path = place / f"{name}.yml"
    path.write_text(block.text)
    alike = {json.dumps(given): (host, given) for host, given in inventory(path).items()}
    return {f"{name}.{host}": given for host, given in alike.values()}


def inventory(*sources: Path) -> dict[str, dict[str, Any]]:
    """The hosts of the group, with their variables, as Ansible reads them."""
    arguments = [word for source in sources for word in ("-i", str(source))]
    run = ansible(sources[0].parent, "ansible-inventory", "--list", "--limit", GROUP, *arguments)
    assert run.returncode == 0, run.stderr
    assert "parse" not in run.stderr, run.stderr
    hosts: dict[str, dict[str, Any]] = json.loads(run.stdout)["_meta"]["hostvars"]
    return {
        host: {name: value for name, value in given.items() if name.startswith("github_runner_")}
        for host, given in hosts.items()
    }


def secret(name: str, place: Path) -> str:
    """A secret of the form that the name says."""
    return (place / "key.pem").read_text() if name.endswith("private_key") else "ghp_0123456789"


def options(place: Path) -> str:
    """The file with the names of all options."""
    (place / "options.yml").write_text(yaml.safe_dump({"options": sorted(kit.variables())}))
    return "@options.yml"


def ansible(place: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run one of Ansible's programs there."""
    command = [str(Path(sys.executable).parent / arguments[0]), *arguments[1:]]
    environment = {**os.environ, "ANSIBLE_NOCOLOR": "1", "ANSIBLE_PYTHON_INTERPRETER": sys.executable}
    return subprocess.run(command, cwd=place, capture_output=True, text=True, check=False, env=environment)
