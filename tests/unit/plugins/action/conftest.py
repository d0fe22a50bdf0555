# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An action plugin as ansible runs it, but for the connection: what it would run on the host is kept."""

from __future__ import annotations

import importlib
from typing import Any, Callable
from unittest import mock

import pytest
from ansible.playbook.play_context import PlayContext
from ansible.playbook.task import Task

COLLECTION = "ansible_collections.socialgouv.actions_runner"


@pytest.fixture
def run_action(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Runs an action plugin; gives its result and the arguments of each module that it ran on the host.

    ``answer`` is what such a module gives, ``answers`` what one after the other does.
    """

    def run(
        plugin_name: str,
        /,
        check_mode: bool = False,
        answer: dict[str, Any] | None = None,
        answers: list[dict[str, Any]] | None = None,
        **arguments: Any,
    ) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        plugin = importlib.import_module(f"{COLLECTION}.plugins.action.{plugin_name}").ActionModule
        task = mock.MagicMock(Task)
        task.args, task.check_mode, task.async_val, task.action = arguments, check_mode, 0, plugin_name
        action = plugin(task, mock.MagicMock(), PlayContext(), None, None, None)
        ran: list[dict[str, Any]] = []

        def execute(module_args: dict[str, Any], task_vars: Any) -> dict[str, Any]:
            ran.append(module_args)
            if answers is not None:
                return answers.pop(0)
            return {"changed": True} if answer is None else answer

        monkeypatch.setattr(action, "_execute_module", execute)
        return action.run(task_vars={}), ran

    return run
