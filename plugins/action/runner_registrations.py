# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ask GitHub for its runners, and prune them, here on the control node.

A module would come into a file with its options, and the credential with them.
"""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.socialgouv.actions_runner.plugins.module_utils._failure import Failure
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import app, scope, sealed
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.errors import Trouble
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.github import GitHub
from ansible_collections.socialgouv.actions_runner.plugins.plugin_utils import _control, _credential, _registrations

#: How the action takes the options.
SPEC: dict[str, Any] = {
    "argument_spec": {
        "url": {"type": "str", "required": True},
        **{name: _credential.OPTIONS[name] for name in ("token", "app")},
        "state": {"type": "str", "choices": ["listed", "online", "pruned"], "default": "listed"},
        "runners": {"type": "list", "elements": "str", "default": []},
        "marks": {"type": "list", "elements": "str"},
        "among": {"type": "list", "elements": "str"},
        "wait_timeout": {"type": "int", "default": 60},
        **_control.OPTIONS,
    },
    "required_if": [("state", "pruned", ["marks"])],
    "required_one_of": [("token", "app")],
    "mutually_exclusive": [("token", "app")],
}


class ActionModule(ActionBase):
    """The whole of runner_registrations: it runs nothing on a host."""

    _supports_check_mode = True
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Give the runners, or what went wrong in one sentence."""
        result = super().run(tmp, task_vars)
        _validated, options = self.validate_argument_spec(**SPEC)
        try:
            result.update(_ask(options, self._task.check_mode))
        except Failure as failure:
            result.update(failed=True, msg=str(failure), **failure.facts)
        except (Trouble, scope.ScopeError, sealed.SealedError) as error:
            raise AnsibleActionFail(str(error)) from None
        return result


def _ask(options: dict[str, Any], check_mode: bool) -> dict[str, Any]:
    """What of the result is GitHub's. Raises Failure, Trouble, ScopeError, SealedError."""
    owner = scope.parse_url(options["url"])
    transport = _control.transport(options)
    credential = _credential.of(options)
    token = app.access_token(transport, owner, credential.app).token if credential.app else credential.token
    github = GitHub(transport, owner, token)
    keep = options["runners"]
    if options["state"] == "pruned":
        removed = _registrations.prune(github, options["marks"], keep, options["among"], check_mode)
        return {"changed": bool(removed), "runners": removed}
    if options["state"] == "online" and not check_mode:
        return {"changed": False, "runners": _registrations.wait_online(github, keep, options["wait_timeout"])}
    return {"changed": False, "runners": _registrations.listed(github, keep)}
