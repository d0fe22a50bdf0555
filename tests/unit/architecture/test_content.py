# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Playbooks and the role call modules by their full names, and only those of Ansible and of the collection."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.playbook.block import Block
from ansible.playbook.task import Task

ROOT = Path(__file__).resolve().parents[3]
COLLECTION = "socialgouv.actions_runner"
OURS = {path.stem for path in (ROOT / "plugins" / "modules").glob("*.py")}
FILES = [*sorted((ROOT / "playbooks").rglob("*.yml")), *sorted((ROOT / "roles").glob("*/*/*.yml"))]
CALLS = [path for path in FILES if path.parent.name in ("playbooks", "tasks", "handlers")]
#: What may stand beside the name of a module.
KEYWORDS = {*Task.fattributes, *Block.fattributes, "local_action"}
LISTS = ("block", "rescue", "always", "tasks", "pre_tasks", "post_tasks", "handlers")


def called(entries: list[dict[str, Any]]) -> Iterator[str]:
    """What the tasks of a file call, at every depth; of a play, what its own lists of tasks call."""
    for entry in entries:
        inside = [key for key in LISTS if key in entry]
        for key in inside:
            yield from called(entry[key])
        if not inside and "hosts" not in entry:
            yield from (key for key in entry if key not in KEYWORDS and not key.startswith("with_"))


def exists(name: str) -> bool:
    """Whether a module of this full name is there."""
    namespace, _dot, module = name.rpartition(".")
    if namespace == COLLECTION:
        return module in OURS
    return namespace == "ansible.builtin" and importlib.util.find_spec(f"ansible.modules.{module}") is not None


@pytest.mark.parametrize("path", CALLS, ids=lambda path: str(path.relative_to(ROOT)))
def test_only_modules_that_exist_are_called_and_by_their_full_names(path: Path) -> None:
    """The collection depends on no other."""
    names = set(called(yaml.safe_load(path.read_text())))
    assert not [name for name in names if not exists(name)]


def test_the_look_sees_what_is_wrong() -> None:
    """Short names, other collections, modules that are no more; in a play, a block, a handler."""
    play = """
      - hosts: all
        pre_tasks: [{ping: , when: true}]
        tasks:
          - name: All at once
            block: [{socialgouv.actions_runner.gone: {}}]
            rescue: [{community.docker.docker_image: {}, register: x}]
        handlers: [{ansible.builtin.debug: {}}]
    """
    names = sorted(called(yaml.safe_load(play)))
    assert names == ["ansible.builtin.debug", "community.docker.docker_image", "ping", "socialgouv.actions_runner.gone"]
    assert [name for name in names if exists(name)] == ["ansible.builtin.debug"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_users_run_knows_nothing_of_the_test_bed(path: Path) -> None:
    """Nothing of it is there on their machines."""
    assert "testbed" not in path.read_text().lower()
