# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The work of the module sealed_token, on the host: it takes ciphertext and nothing else."""

from __future__ import annotations

from typing import Any

from .. import _runner, _sealed_token
from .._failure import Failure
from ..launcher import pool, sealed
from ..launcher.paths import Paths

#: The options that hold a credential: an action plugin takes them, and no host ever sees them.
SECRETS: dict[str, Any] = {
    "token": {"type": "str", "no_log": True},
    "app": {
        "type": "dict",
        "options": {
            "client_id": {"type": "str", "required": True},
            "private_key": {"type": "str", "required": True, "no_log": True},
            "installation_id": {"type": "int", "default": 0},
        },
    },
    "proxy_login": {"type": "str", "no_log": True},
    "container_proxy_login": {"type": "str", "no_log": True},
}
#: What the control node sealed: no secret, but nobody's business either.
SEALED: dict[str, Any] = {
    "fingerprint": {"type": "str", "required": True},
    "verifier": {"type": "str", "required": True, "no_log": True},
    "ciphertext": {"type": "str", "required": True, "no_log": True},
    "payload": {"type": "str", "default": "", "no_log": True},
}
#: How AnsibleModule takes the options.
SPEC: dict[str, Any] = {
    "argument_spec": {
        "name": {"type": "str", "default": "default"},
        **SECRETS,
        "pools": {
            "type": "list",
            "elements": "dict",
            "options": {"name": {"type": "str", "required": True}, **SECRETS},
        },
        "public_key": {"type": "str"},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "_sealed": {
            "type": "list",
            "elements": "dict",
            "options": {"name": {"type": "str", "required": True}, **SEALED},
        },
    },
}


def work(module: _runner.Caller) -> dict[str, Any]:
    """Keep or remove the sealed credentials."""
    params = module.params
    pools = params["pools"] if params["pools"] is not None else [params]
    names = [one["name"] for one in pools]
    try:
        pool.check_names(names)
    except pool.PoolError as error:
        raise Failure(str(error)) from error
    if params["state"] == "absent":
        removed = {name: _sealed_token.remove(Paths(), name, module.check_mode) for name in names}
        return _sealed_token.result("Removed", removed)
    refuse_plaintext([params, *pools])
    offered = {one["name"]: sealed.from_mapping(one) for one in params["_sealed"] or []}
    if set(offered) != set(names) and not module.check_mode:
        raise Failure("nothing was sealed: call this module by its full name")
    kept = {name: _sealed_token.ensure(Paths(), name, offered.get(name), module.check_mode) for name in names}
    return _sealed_token.result("Sealed", kept)


def refuse_plaintext(pools: list[dict[str, Any]]) -> None:
    """Raises Failure where somebody has gone round the action plugin."""
    if any(one.get(secret) is not None for one in pools for secret in SECRETS):
        raise Failure(
            "a credential must not come to the host: call this module by its full name, so that it is sealed first"
        )
