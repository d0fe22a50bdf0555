# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a rollout would do on a host: every step is asked at once, as in check mode."""

from __future__ import annotations

import shutil
from types import ModuleType
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from .. import _runner, _sealed_token
from .._failure import Failure
from ..launcher import sealed
from ..launcher.errors import Trouble
from ..launcher.paths import Paths
from . import cipher_network, images, micro_cipher, runner_pool, runner_unit, sealed_token

#: The steps, each named as its module is, but for the first.
ORDER = ("docker", "images", "cipher_network", "micro_cipher", "sealed_token", "runner_unit", "runner_pool")

_STEP = {"type": "dict", "required": True}
#: How AnsibleModule takes the options.
SPEC: dict[str, Any] = {
    "argument_spec": {
        "images": _STEP,
        "cipher_network": _STEP,
        "micro_cipher": _STEP,
        # The action plugin compares them: only the names of their pools come here.
        "credentials": {
            "type": "list",
            "elements": "dict",
            "required": True,
            "options": {"name": {"type": "str", "required": True}, **sealed_token.SECRETS},
        },
        "runner_unit": _STEP,
        "runner_pool": _STEP,
        "until": {"type": "str", "choices": list(ORDER)},
    },
}


def work(module: _runner.Caller) -> dict[str, Any]:
    """Ask the steps in their order, up to the first that has something to do: what follows may depend on it."""
    look, why, steps = _Look(module), "", list(ORDER)
    while steps and steps[0] != module.params["until"] and not why:
        try:
            why = look.at(steps[0])
        except (Failure, Trouble, OSError) as error:
            why = _runner.sentence(error)  # the step itself says so
        if not why:
            for warning in look.warnings.get(steps.pop(0), []):
                module.warn(warning)
    return {"changed": False, "steps": steps, "why": why, **look.found}


class _Look:
    """What is seen of a host, step by step."""

    def __init__(self, module: _runner.Caller):
        self._module = module
        self.warnings: dict[str, list[str]] = {}
        self.found: dict[str, Any] = {"missing": [], "public_key": None, "instances": [], "_verifiers": {}}

    def at(self, name: str) -> str:
        """What a step would do, empty for nothing. Raises what the step raises."""
        return str(getattr(self, f"_{name}")())

    def _docker(self) -> str:
        missing = [one for one in ("dockerd", "nft") if shutil.which(one) is None]
        try:
            import docker  # noqa: F401 - asked is only whether it can be had
        except ImportError:
            missing.append("the Docker SDK for Python")
        self.found["missing"] = missing
        return f"missing: {', '.join(missing)}" if missing else ""

    def _images(self) -> str:
        return _told(images.work(self._part("images", images)))

    def _cipher_network(self) -> str:
        return _told(cipher_network.work(self._part("cipher_network", cipher_network)))

    def _micro_cipher(self) -> str:
        result = micro_cipher.work(self._part("micro_cipher", micro_cipher))
        self.found["public_key"] = result["public_key"]
        return _told(result)

    def _sealed_token(self) -> str:
        pools = self._module.params["credentials"]
        sealed_token.refuse_plaintext(pools)
        fingerprint = sealed.fingerprint(self.found["public_key"])
        found = {one["name"]: _sealed_token.verifier(Paths(), one["name"], fingerprint) for one in pools}
        self.found["_verifiers"] = found
        return "; ".join(f"pool {name} has no credential that can be opened" for name in found if not found[name])

    def _runner_unit(self) -> str:
        return _told(runner_unit.work(self._part("runner_unit", runner_unit)))

    def _runner_pool(self) -> str:
        part = self._part("runner_pool", runner_pool)
        result = runner_pool.work(part)
        self.found["instances"] = result["instances"]
        waits = part.params["wait"] and not runner_pool.is_settled(part)
        return _told(result) or ("not every instance serves yet" if waits else "")

    def _part(self, name: str, step: ModuleType) -> _runner.Caller:
        checked = ArgumentSpecValidator(**step.SPEC).validate(self._module.params[name])
        if checked.error_messages:
            raise Failure("; ".join(checked.error_messages))
        warn = self.warnings.setdefault(name, []).append
        return _runner.Caller(checked.validated_parameters, True, self._module.run_command, warn)


def _told(result: dict[str, Any]) -> str:
    return "; ".join(result["actions"])
