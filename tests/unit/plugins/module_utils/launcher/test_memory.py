# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a launcher remembers has an end, and crosses the pipe from its child."""

from __future__ import annotations

import copy
import json

from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.memory import Memory


def test_what_is_kept_ends() -> None:
    """An access token is not used beyond its time."""
    now = [100.0]
    memory = Memory(lambda: now[0])
    memory.keep("a", "token", 110)
    assert memory.recall("a") == "token"
    now[0] = 110
    assert memory.recall("a") is None
    assert memory.recall("b") is None


def test_what_is_no_good_is_forgotten() -> None:
    """Once and for all; forgetting what is not there harms nobody."""
    memory = Memory(lambda: 0)
    memory.keep("a", 1, 10)
    for _unused in range(2):
        memory.forget("a")
        assert memory.recall("a") is None


def test_a_childs_memory_becomes_its_parents() -> None:
    """What it has learned and what it has forgotten; all else is newer than what it began with, perhaps."""
    parent = Memory(lambda: 0)
    for key in ("bad", "same"):
        parent.keep(key, "old", 10)
    child = copy.deepcopy(parent)
    child.begin()
    parent.keep("same", "newer", 10)
    child.forget("bad")
    child.keep("new", "x", 10)
    parent.learn(json.loads(json.dumps(child.news())))
    assert {key: parent.recall(key) for key in ("bad", "same", "new")} == {"bad": None, "same": "newer", "new": "x"}


def test_what_a_grandchild_has_learned_comes_all_the_way() -> None:
    """A runner is made in a child, and registered in a child of that."""
    parent, child, grandchild = (Memory(lambda: 0) for _unused in range(3))
    grandchild.keep("new", 1, 10)
    child.begin()
    child.learn(grandchild.news())
    parent.learn(child.news())
    assert parent.recall("new") == 1
