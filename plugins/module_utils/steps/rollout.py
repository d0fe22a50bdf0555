# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The work of the module runner_rollout: every step on a host, in two halves.

Between them the control node seals for the key that the first one ends with. A host on which nothing has changed has
no second.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from .. import _docker, _firewall, _micro_cipher, _runner, _sealed_token
from .._failure import Failure
from .._images import qualified
from ..launcher import sealed
from ..launcher.errors import Trouble
from ..launcher.paths import Paths
from . import cipher_network, images, micro_cipher, runner_pool, runner_unit, sealed_token

#: Up to the key: they need nothing that the control node would have to seal first.
FIRST_HALF = ("images", "cipher_network", "micro_cipher")
SECOND_HALF = ("sealed_token", "private_images", "runner_unit", "runner_pool")
#: All steps in their order, each named as its module is. The first is the caller's, who is told what is missing.
ORDER = ("docker", *FIRST_HALF, *SECOND_HALF)

_MODULES = {
    "images": images,
    "cipher_network": cipher_network,
    "micro_cipher": micro_cipher,
    "sealed_token": sealed_token,
    "private_images": images,
    "runner_unit": runner_unit,
    "runner_pool": runner_pool,
}
_STEP = {"type": "dict", "default": {}}
#: How AnsibleModule takes the options.
SPEC: dict[str, Any] = {
    "argument_spec": {
        "images": _STEP,
        "cipher_network": _STEP,
        "micro_cipher": _STEP,
        # The action plugin seals them: only the names of their pools come here.
        "credentials": {
            "type": "list",
            "elements": "dict",
            "options": {"name": {"type": "str", "required": True}, **sealed_token.SECRETS},
        },
        "private_images": _STEP,
        "runner_unit": _STEP,
        "runner_pool": _STEP,
        "steps": {"type": "list", "elements": "str", "choices": list(ORDER), "default": list(ORDER[1:])},
        "_sealed": {
            "type": "dict",
            "options": {
                "credentials": sealed_token.SPEC["argument_spec"]["_sealed"],
                "logins": {"type": "dict", "options": sealed_token.SEALED},
            },
        },
    },
}


def work(module: _runner.Caller) -> dict[str, Any]:
    """Do the half that is due. Raises Failure, with what was done until then."""
    rollout = _Rollout(module)
    try:
        found = rollout.first_half() if module.params["_sealed"] is None else rollout.second_half()
    except (Failure, Trouble, OSError) as error:
        facts = error.facts if isinstance(error, Failure) else {}
        raise Failure(_runner.sentence(error), **{**facts, **rollout.told()}) from error
    return {**found, **rollout.told()}


def selected(options: dict[str, Any]) -> list[str]:
    """The steps that a rollout with these options has, in their order. Pure."""
    private = options["private_images"].get("images")
    return [step for step in ORDER if step in options["steps"] and (step != "private_images" or private)]


class _Rollout:
    """A half of a rollout."""

    def __init__(self, module: _runner.Caller):
        self._module = module
        self._params = module.params
        self._steps = selected(module.params)
        self._public_key: str | None = None
        self._actions: list[str] = []
        self._diffs: list[dict[str, Any]] = []
        self._served: dict[str, Any] = {"instances": []}

    def told(self) -> dict[str, Any]:
        """What was done so far, or would be in check mode."""
        return {"changed": bool(self._actions), "actions": self._actions, "diff": self._diffs}

    def first_half(self) -> dict[str, Any]:
        """Bring about what micro-cipher needs and itself; tell its key, and whether there is more to do."""
        if self._params["credentials"] is None and "sealed_token" in self._steps:
            raise Failure("there are no credentials: give each pool's, or leave out the step sealed_token")
        sealed_token.refuse_plaintext(self._params["credentials"] or [])
        missing = _missing()
        found: dict[str, Any] = {"missing": missing, "public_key": None, **self._served, "_verifiers": {}, "_more": []}
        if missing and "docker" in self._steps:
            if not self._module.check_mode:
                return found
            self._actions.append(f"Installed {', '.join(missing)}")
        todo = [step for step in SECOND_HALF if step in self._steps]
        if self._has_nothing_to_lose():
            self._start_while_images_come()
            todo.remove("runner_unit")
        else:
            for step in [step for step in FIRST_HALF if step in self._steps]:
                self._do(step)
        if "micro_cipher" not in self._steps and {"sealed_token", "private_images"} & set(todo):
            self._public_key = self._find_public_key()
        verifiers = self._verifiers() if "sealed_token" in todo else {}
        if self._actions or None in verifiers.values() or self._would_do_more(todo):
            found["_more"] = todo
        else:
            found["_verifiers"] = verifiers
        return {**found, "public_key": self._public_key, **self._served}

    def second_half(self) -> dict[str, Any]:
        """Keep what was sealed, and bring about what needs it."""
        for step in [step for step in SECOND_HALF if step in self._steps]:
            self._do(step)
        return {"missing": _missing(), **self._served}

    def _has_nothing_to_lose(self) -> bool:
        """Whether this host has no pool yet and no key.

        Elsewhere micro-cipher is replaced, and pools may name other images, only when every image is there.
        """
        if self._module.check_mode or not {*FIRST_HALF, "runner_unit"} <= set(self._steps):
            return False
        if os.path.isdir(Paths().pools) and os.listdir(Paths().pools):
            return False
        found = self._micro_cipher_now()
        return found is None or found.status in ("created", "exited", "dead")

    def _start_while_images_come(self) -> None:
        """All that needs no image of a runner, while those come. Raises Failure for all that went wrong."""
        wanted = [qualified(one) for one in self._options("images")["images"]]
        own = [one for one in wanted if one == qualified(self._options("micro_cipher")["image"])]
        failures: list[Failure] = []
        with ThreadPoolExecutor(max_workers=1) as beside:
            others = beside.submit(self._do, "images", images=[one for one in wanted if one not in own])
            try:
                self._do("images", images=own)
                for step in ("cipher_network", "micro_cipher", "runner_unit"):
                    self._do(step)
            except Failure as failure:
                failures.append(failure)
            try:
                others.result()
            except Failure as failure:
                failures.append(failure)
        if failures:
            raise Failure("; ".join(dict.fromkeys(map(str, failures))))

    def _micro_cipher_now(self) -> Any | None:
        name = self._options("micro_cipher")["name"]
        client = _docker.connect(self._module.check_mode)
        if client is None:
            return None
        with _docker.sentences(f"inspect {name}"):
            return _docker.find(client.containers.get, name)

    def _find_public_key(self) -> str | None:
        found: str | None = _micro_cipher.facts(self._micro_cipher_now())["public_key"]
        return found

    def _verifiers(self) -> dict[str, str | None]:
        """What tells the credentials again that micro-cipher can open; None for a pool that has no such."""
        names = [one["name"] for one in self._params["credentials"] or []]
        if self._public_key is None:
            return dict.fromkeys(names)
        fingerprint = sealed.fingerprint(self._public_key)
        return {name: _sealed_token.verifier(Paths(), name, fingerprint) for name in names}

    def _would_do_more(self, todo: list[str]) -> bool:
        """Whether a step has something to do; one that would fail says so itself."""
        warnings: list[str] = []
        for step in [step for step in todo if step != "sealed_token"]:
            try:
                result = self._call(step, True, warnings.append)
                if result["changed"] or (step == "runner_pool" and self._waits()):
                    return True
            except (Failure, Trouble, OSError):
                return True
            self._keep(result)
        for warning in warnings:
            self._module.warn(warning)
        return False

    def _waits(self) -> bool:
        """Whether not every instance serves yet that shall."""
        part = self._part("runner_pool", True, self._module.warn)
        return bool(part.params["wait"]) and not runner_pool.is_settled(part)

    def _do(self, step: str, **options: Any) -> None:
        result = self._call(step, self._module.check_mode, self._module.warn, **options)
        self._actions += result["actions"]
        diff = result.get("diff", []) if result["changed"] else []
        self._diffs += diff if isinstance(diff, list) else [diff]
        if step == "micro_cipher":
            self._public_key = result["public_key"]
        self._keep(result)

    def _keep(self, result: dict[str, Any]) -> None:
        """What the last step tells of the instances."""
        self._served.update({key: result[key] for key in ("instances", "drained", "drain_reason") if key in result})

    def _call(self, step: str, check_mode: bool, warn: Callable[[str], None], **options: Any) -> dict[str, Any]:
        return _MODULES[step].work(self._part(step, check_mode, warn, **options))

    def _part(self, step: str, check_mode: bool, warn: Callable[[str], None], **options: Any) -> _runner.Caller:
        return _runner.Caller(self._options(step, **options), check_mode, self._module.run_command, warn)

    def _options(self, step: str, **options: Any) -> dict[str, Any]:
        """The options of a step, complete, as its module would have them. Raises Failure."""
        checked = ArgumentSpecValidator(**_MODULES[step].SPEC).validate({**self._given(step), **options})
        if checked.error_messages:
            raise Failure("; ".join(checked.error_messages))
        return checked.validated_parameters

    def _given(self, step: str) -> dict[str, Any]:
        sealed_here = self._params["_sealed"] or {"credentials": None, "logins": None}
        if step == "sealed_token":
            names = [{"name": one["name"]} for one in self._params["credentials"] or []]
            return {"pools": names, "_sealed": sealed_here["credentials"]}
        if step == "private_images":
            return {**self._params["private_images"], "_sealed": sealed_here["logins"]}
        return dict(self._params[step])


def _missing() -> list[str]:
    """What the host lacks that a rollout needs."""
    there = {"dockerd": _docker.is_installed(), "nft": _firewall.has_nft()}
    missing = [name for name, is_there in there.items() if not is_there]
    try:
        import docker  # noqa: F401 - asked is only whether it can be had
    except ImportError:
        missing.append("the Docker SDK for Python")
    return missing
