# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Seal credentials here, on the control node; what leaves it is ciphertext."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import pool, sealed
from ansible_collections.socialgouv.actions_runner.plugins.plugin_utils import _credential, _sealing


class ActionModule(ActionBase):
    """The control node's half of the module sealed_token."""

    _supports_check_mode = True
    _requires_connection = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Seal, then let the module keep the results on the host."""
        result = super().run(tmp, task_vars)
        _validated, options = self.validate_argument_spec(
            argument_spec={
                "name": {"type": "str", "default": "default"},
                **_credential.OPTIONS,
                "pools": {
                    "type": "list",
                    "elements": "dict",
                    "options": {"name": {"type": "str", "required": True}, **_credential.OPTIONS},
                },
                "public_key": {"type": "str"},
                "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            },
        )
        pools = options["pools"] if options["pools"] is not None else [options]
        arguments: dict[str, Any] = {"state": options["state"], "pools": [{"name": one["name"]} for one in pools]}
        if options["state"] == "present":
            try:
                pool.check_names([one["name"] for one in pools])
                secrets = {one["name"]: _credential.secret(one) for one in pools}
                arguments["_sealed"] = _sealing.seal_pools(secrets, options["public_key"], self._task.check_mode)
            except (sealed.SealedError, pool.PoolError) as error:
                raise AnsibleActionFail(str(error)) from None
        result.update(self._execute_module(module_args=arguments, task_vars=task_vars))
        return result
