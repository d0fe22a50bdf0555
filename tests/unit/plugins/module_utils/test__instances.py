# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What instances show is told as it is, and nothing that a dead launcher has left is taken for it."""

from __future__ import annotations

import os
from typing import Any

import pytest

from ansible_collections.socialgouv.actions_runner.plugins.module_utils import _instances
from ansible_collections.socialgouv.actions_runner.plugins.module_utils._systemd import Unit
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import state


def test_instances_with_the_same_reason_are_named_together() -> None:
    """Forty lines of the same help nobody."""
    same = state.State("1", "default", state.WAITING, reason="GitHub refused the token (401)")
    text = _instances.summary({"1": same, "2": same, "3": None})
    assert text == "1, 2 waiting: GitHub refused the token (401); 3 shows no state: look at its journal"


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"pid": os.getpid(), "runner": "r", "runner_id": 7}, ("idle", "r", 7)),
        ({"pid": 2**22 + 1, "runner": "r", "runner_id": 7}, ("stopped", None, None)),
        (None, ("stopped", None, None)),
    ],
)
def test_only_what_a_living_launcher_shows_is_told(facts: dict[str, Any] | None, expected: tuple[Any, ...]) -> None:
    """An old state file does not pretend that there is a runner."""
    one = state.State("1", "default", state.IDLE, **facts) if facts else None
    shown = _instances.describe("1", None, one)
    assert (shown["state"], shown["runner_name"], shown["runner_id"]) == expected
    assert (shown["unit"], shown["enabled"], shown["active_state"]) == ("github-runner@1.service", False, "inactive")


@pytest.mark.parametrize(
    ("active", "expected"),
    [("activating", "starting"), ("active", "starting"), ("deactivating", "draining"), ("inactive", "stopped")],
)
def test_between_two_launchers_an_instance_is_not_called_stopped(active: str, expected: str) -> None:
    """A restart has a moment in which nobody publishes anything, and that is no trouble."""
    gone = state.State("1", "default", state.IDLE, pid=2**22 + 1)
    assert _instances.describe("1", Unit("1", True, active), gone)["state"] == expected
