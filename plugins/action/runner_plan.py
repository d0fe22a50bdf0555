# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""See what there is to do on a host, and whether its credentials are those that are given here."""

from __future__ import annotations

import hmac
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import sealed
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.steps import plan
from ansible_collections.socialgouv.actions_runner.plugins.plugin_utils import _credential


class ActionModule(ActionBase):
    """The control node's half of the module runner_plan."""

    _supports_check_mode = True
    _requires_connection = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Let the module look, and compare what it tells of the sealed credentials."""
        result = super().run(tmp, task_vars)
        _validated, options = self.validate_argument_spec(**plan.SPEC)
        try:
            secrets = {one["name"]: _credential.secret(one) for one in options["credentials"]}
        except sealed.SealedError as error:
            raise AnsibleActionFail(str(error)) from None
        arguments = {**self._task.args, "credentials": [{"name": name} for name in secrets]}
        found = self._execute_module(module_args=arguments, task_vars=task_vars)
        verifiers = found.pop("_verifiers", {})
        if "sealed_token" not in found.get("steps", ["sealed_token"]):
            fingerprint = sealed.fingerprint(found["public_key"])
            others = [
                name
                for name, secret in secrets.items()
                if not hmac.compare_digest(sealed.verifier(secret, fingerprint), verifiers[name])
            ]
            if others:
                found["steps"] = list(plan.ORDER[plan.ORDER.index("sealed_token") :])
                found["why"] = "; ".join(f"pool {name} has another credential" for name in others)
        result.update(found)
        return result
