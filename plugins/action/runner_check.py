# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check what pools were given, here on the control node, before any host is touched."""

from __future__ import annotations

import json
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.socialgouv.actions_runner.plugins.module_utils import _pool_options
from ansible_collections.socialgouv.actions_runner.plugins.module_utils._failure import Failure
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import pool, sealed
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.errors import Trouble
from ansible_collections.socialgouv.actions_runner.plugins.plugin_utils import (
    _control,
    _credential,
    _github_check,
    _once,
)

_OPTIONS: dict[str, Any] = {
    "name": {"type": "str", "default": "default"},
    "url": {"type": "str", "default": ""},
    "image": {"type": "str", "default": ""},
    "count": {"type": "int", "default": 1},
    "labels": {"type": "list", "elements": "str", "default": []},
    "default_labels": {"type": "bool", "default": True},
    "registration": {"type": "str", "choices": list(pool.REGISTRATIONS), "default": "jit"},
    "runner_group": {"type": "str", "default": ""},
    "runner_group_id": {"type": "int", "default": 1},
    **_control.OPTIONS,
    **_credential.OPTIONS,
}


#: How the action takes the options.
SPEC: dict[str, Any] = {
    "argument_spec": {
        "pools": {"type": "list", "elements": "dict", "required": True, "options": _OPTIONS},
        "units": {"type": "list", "elements": "dict", "default": []},
        "github": {"type": "bool", "default": False},
        "github_required": {"type": "bool", "default": False},
    },
}


class ActionModule(ActionBase):
    """The whole of runner_check: it runs nothing on a host."""

    _supports_check_mode = True
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Fail with one sentence, or change nothing."""
        result = super().run(tmp, task_vars)
        _validated, options = self.validate_argument_spec(**SPEC)
        pools = options["pools"]
        warnings: list[str] = []
        try:
            pool.check_names([one["name"] for one in pools])
            for one in pools:
                _check(one)
            for one in options["units"]:
                _pool_options.check(one)
            for one in pools if options["github"] else ():
                warnings += _ask_github(one)
        except (pool.PoolError, Failure) as error:
            raise AnsibleActionFail(str(error)) from None
        if warnings and options["github_required"]:
            raise AnsibleActionFail("; ".join(warnings))
        if warnings:
            result["warnings"] = warnings
        result["changed"] = False
        return result


def _check(options: dict[str, Any]) -> None:
    """What can be told without asking anybody. Raises PoolError, Failure."""
    try:
        # The architecture's own label cannot be wrong: any will do here.
        labels = pool.all_labels(options["labels"], "x86_64", options["default_labels"])
        asked = {
            key: options[key] for key in ("name", "url", "image", "registration", "runner_group", "runner_group_id")
        }
        wanted = pool.Pool(labels=labels, **asked)
        pool.check_count(options["count"])
        _github_check.check_kind(_credential.of(options), wanted)
        _control.proxy(options)
    except (sealed.SealedError, pool.PoolError, Failure) as error:
        raise pool.PoolError(f"pool {options['name']}: {error}") from None


def _ask_github(options: dict[str, Any]) -> list[str]:
    """Warnings where GitHub could not tell. Raises PoolError where what was given is wrong."""
    try:
        credential = _credential.of(options)
        question = json.dumps([credential.dump().decode(), {key: options[key] for key in _github_check.ASKED_OF}])
        _once.once(question.encode(), lambda: _github_check.ask(credential, options))
    except Trouble as trouble:
        if trouble.lasting:
            raise pool.PoolError(f"pool {options['name']}: {trouble}") from None
        return [f"pool {options['name']} could not be checked at GitHub from the control node: {trouble}"]
    return []
