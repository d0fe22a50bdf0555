# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Seal the token here, on the control node; what leaves it is ciphertext."""

from __future__ import annotations

import base64
import subprocess
import tempfile
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import sealed


class ActionModule(ActionBase):
    """The control node's half of the module sealed_token."""

    _supports_check_mode = True
    _requires_connection = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Seal, then let the module keep the result on the host."""
        result = super().run(tmp, task_vars)
        _validated, options = self.validate_argument_spec(
            argument_spec={
                "name": {"type": "str", "default": "default"},
                "token": {"type": "str", "no_log": True},
                "public_key": {"type": "str"},
                "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            },
        )
        arguments = {"name": options["name"], "state": options["state"]}
        if options["state"] == "present":
            try:
                secret = sealed.check_secret(options["token"] or "")
                if options["public_key"]:
                    arguments["_sealed"] = _seal(secret, options["public_key"])
                elif not self._task.check_mode:
                    raise sealed.SealedError("there is no public key to seal with: run the module micro_cipher before")
            except sealed.SealedError as error:
                raise AnsibleActionFail(str(error)) from error
        result.update(self._execute_module(module_args=arguments, task_vars=task_vars))
        return result


def _seal(secret: bytes, public_key: str) -> dict[str, str]:
    """The secret, sealed for a key with openssl: it gets the secret on its standard input and nowhere else."""
    fingerprint = sealed.fingerprint(public_key)
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as key:
        key.write(public_key)
        key.flush()
        command = ["openssl", "pkeyutl", "-encrypt", "-pubin", "-inkey", key.name]
        command += ["-pkeyopt", "rsa_padding_mode:oaep"]
        try:
            done = subprocess.run(command, input=secret, capture_output=True, check=False)
        except FileNotFoundError as error:
            raise sealed.SealedError("openssl is missing on the control node: install it") from error
    if done.returncode or not done.stdout:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise sealed.SealedError(f"openssl could not seal the token: {said[-1] if said else done.returncode}")
    return {
        "fingerprint": fingerprint,
        "verifier": sealed.verifier(secret, fingerprint),
        "ciphertext": base64.b64encode(done.stdout).decode(),
    }
