# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Seal the logins of registries here, on the control node; the host gets ciphertext, and only where it needs one."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import sealed
from ansible_collections.socialgouv.actions_runner.plugins.plugin_utils import _sealing


class ActionModule(ActionBase):
    """The control node's half of the module images."""

    _supports_check_mode = True
    _requires_connection = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Seal, then let the module pull."""
        result = super().run(tmp, task_vars)
        arguments = dict(self._task.args)
        given = {key: arguments.pop(key) for key in ("logins", "public_key") if key in arguments}
        if given.get("logins"):
            try:
                arguments["_sealed"] = _sealing.seal_logins(given["logins"], given.get("public_key"))
            except sealed.SealedError as error:
                raise AnsibleActionFail(str(error)) from None
            if arguments["_sealed"] is None:
                # In check mode, where micro-cipher does not run yet, nothing can be sealed for it.
                arguments["_login_unknown"] = True
        result.update(self._execute_module(module_args=arguments, task_vars=task_vars))
        return result
