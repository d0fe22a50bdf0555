# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bring a host from nothing to idle runners: seal, between the two halves, for the key that the first one tells."""

from __future__ import annotations

import hmac
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import sealed
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.steps import rollout
from ansible_collections.socialgouv.actions_runner.plugins.plugin_utils import _credential, _sealing


class ActionModule(ActionBase):
    """The control node's half of the module runner_rollout."""

    _supports_check_mode = True
    _requires_connection = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Have the module do its first half and, where there is more to do, seal and have it do the second."""
        result = super().run(tmp, task_vars)
        _validated, options = self.validate_argument_spec(**rollout.SPEC)
        wanted = steps = rollout.selected(options)
        logins = (options["private_images"].get("logins") or []) if "private_images" in wanted else []
        if options["images"].get("logins"):
            raise AnsibleActionFail("images takes no logins: put images that need one into private_images")
        told: dict[str, Any] = {}
        try:
            sealing = (options["credentials"] or []) if "sealed_token" in wanted else []
            secrets = {one["name"]: _credential.secret(one) for one in sealing}
            # What cannot be sealed is found before a new key takes the place of the one that runners are served by.
            _sealing.seal_logins(logins, None)
            if secrets or logins:
                _sealing.check()
            if not set(wanted) <= {"runner_unit", "runner_pool"}:
                told = self._execute_module(module_args=self._arguments(bool(logins)), task_vars=task_vars)
                verifiers, steps = told.pop("_verifiers", {}), told.pop("_more", [])
                if _has_another(secrets, verifiers, told.get("public_key")):
                    steps = [step for step in rollout.SECOND_HALF if step in wanted]
                if told.get("failed") or not steps:
                    return {**result, **told}
            key = told.get("public_key")
            found = {
                "credentials": _sealing.seal_pools(secrets, key, self._task.check_mode),
                "logins": _sealing.seal_logins(logins, key) if logins else None,
            }
        except sealed.SealedError as error:
            raise AnsibleActionFail(str(error), result=told) from None
        arguments = self._arguments(bool(logins) and found["logins"] is None)
        arguments.update(steps=steps, _sealed=found)
        return {**result, **_joined(told, self._execute_module(module_args=arguments, task_vars=task_vars))}

    def _arguments(self, login_unknown: bool) -> dict[str, Any]:
        """What the host is told: nothing secret, and nothing that only the control node needs."""
        arguments = dict(self._task.args)
        if arguments.get("credentials"):
            arguments["credentials"] = [{"name": one["name"]} for one in arguments["credentials"]]
        private = arguments.get("private_images")
        if private:
            arguments["private_images"] = {key: value for key, value in private.items() if key != "logins"}
            arguments["private_images"]["_login_unknown"] = login_unknown
        return arguments


def _has_another(secrets: dict[str, bytes], verifiers: dict[str, str], public_key: str | None) -> bool:
    """Whether a pool has another credential here than on the host."""
    return any(
        not hmac.compare_digest(sealed.verifier(secrets[name], sealed.fingerprint(public_key or "")), verifier)
        for name, verifier in verifiers.items()
    )


def _joined(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    """What both halves say, as one result; the second's word is the last."""
    lists = {
        key: [*first.get(key, []), *second.get(key, [])]
        for key in ("actions", "diff", "warnings", "deprecations")
        if first.get(key) or second.get(key)
    }
    empty = {"actions": [], "diff": [], "missing": [], "public_key": None}
    return {**empty, **first, **second, **lists, "changed": bool(first.get("changed") or second.get("changed"))}
