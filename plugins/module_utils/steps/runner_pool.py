# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The work of the module runner_pool."""

from __future__ import annotations

from typing import Any

from .. import _docker, _runner, _runner_host
from .._failure import Failure
from .._runner_pool import PoolRun
from .._systemd import Systemd
from ..launcher import pool
from ..launcher.paths import Paths

#: How AnsibleModule takes the options.
SPEC: dict[str, Any] = {
    "argument_spec": {
        "name": {"type": "str", "default": "default"},
        "count": {"type": "int"},
        "pools": {
            "type": "list",
            "elements": "dict",
            "options": {"name": {"type": "str", "required": True}, "count": {"type": "int"}},
        },
        "purge": {"type": "bool", "default": False},
        "wait": {"type": "bool", "default": True},
        "rollback": {"type": "bool", "default": False},
        "wait_timeout": {"type": "int", "default": 120},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    },
    "required_if": [("state", "present", ["count", "pools"], True)],
}


def work(module: _runner.Caller) -> dict[str, Any]:
    """Bring the instances about."""
    params = module.params
    if params["state"] == "absent":
        names = {one["name"] for one in _pools(params)}
        return _run(module, None).remove(names, params["wait"], params["wait_timeout"], module.check_mode)
    counts = _counts(params)
    run = _run(module, _docker.connect(module.check_mode))
    wait, timeout = params["wait"], params["wait_timeout"]
    found = run.ensure(counts, wait, timeout, module.check_mode, params["purge"], params["rollback"])
    return {**found, **_runner_host.maintenance(Paths())}


def is_settled(module: _runner.Caller) -> bool:
    """Whether there is nothing to wait for either: see PoolRun."""
    return _run(module, _docker.connect(module.check_mode)).is_settled(_counts(module.params))


def _run(module: _runner.Caller, client: Any | None) -> PoolRun:
    return PoolRun(Paths(), Systemd(_runner.commands(module), Paths()), client)


def _counts(params: dict[str, Any]) -> dict[str, int]:
    """How many instances each pool is to have. Raises Failure."""
    pools = _pools(params)
    try:
        pool.check_names([one["name"] for one in pools])
        return {one["name"]: pool.check_count(one["count"]) for one in pools}
    except pool.PoolError as error:
        raise Failure(str(error)) from error


def _pools(params: dict[str, Any]) -> list[dict[str, Any]]:
    return params["pools"] if params["pools"] is not None else [{"name": params["name"], "count": params["count"]}]
