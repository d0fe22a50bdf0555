# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Seal the logins of registries here, on the control node; the host gets ciphertext, and only where it needs one."""

from __future__ import annotations

import json
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
                arguments["_sealed"] = _sealed(given["logins"], given.get("public_key"))
            except sealed.SealedError as error:
                raise AnsibleActionFail(str(error)) from None
            if arguments["_sealed"] is None:
                # In check mode, where micro-cipher does not run yet, nothing can be sealed for it.
                arguments["_login_unknown"] = True
        result.update(self._execute_module(module_args=arguments, task_vars=task_vars))
        return result


def _sealed(logins: Any, public_key: str | None) -> dict[str, str] | None:
    """All logins as one sealed document. Raises SealedError."""
    if not isinstance(logins, list):
        raise sealed.SealedError("logins is not a list: write each with registry, username and password")
    found = {}
    for one in logins:
        if not isinstance(one, dict) or set(one) != {"registry", "username", "password"}:
            raise sealed.SealedError("a registry's login is not complete: write registry, username and password")
        found[str(one["registry"])] = {"username": str(one["username"]), "password": str(one["password"])}
    if not public_key:
        return None
    return _sealing.seal(json.dumps(found).encode(), public_key)
