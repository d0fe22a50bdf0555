# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The work of the module runner_unit."""

from __future__ import annotations

import os
import re
from typing import Any

from .. import _firewall, _hygiene, _pool_options, _runner, _runner_unit, _units
from .._failure import Failure
from ..launcher import hygiene_policy, pool
from ..launcher.paths import Paths

_METRICS = "/var/lib/prometheus/node-exporter/github-runner.prom"

_HYGIENE = {
    "enabled": {"type": "bool", "default": True},
    "scope": {"type": "str", "choices": ["leftovers", "engine"], "default": "leftovers"},
    "keep": {"type": "list", "elements": "str", "default": []},
    "min_age": {"type": "int", "default": 3600},
    "max_age": {"type": "int", "default": 604800},
    "disk_mark": {"type": "int", "default": 80},
    "calendar": {"type": "str", "default": "hourly"},
}
#: How AnsibleModule takes the options.
SPEC: dict[str, Any] = {
    "argument_spec": {
        "pools": {"type": "list", "elements": "dict", "options": _pool_options.SPEC},
        "block_metadata": {"type": "bool", "default": True},
        "host_ports": {"type": "list", "elements": "int", "default": []},
        "jobs_memory": {"type": "str", "default": "85%"},
        "jobs_cpu_weight": {"type": "int", "default": 50},
        "jobs_tasks": {"type": "str", "default": "80%"},
        "hygiene": {"type": "dict", "options": _HYGIENE, "apply_defaults": True},
        "python": {"type": "path", "default": "/usr/bin/python3"},
        "metrics_path": {"type": "str", "default": ""},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    },
    "required_if": [("state", "present", ["pools"])],
}


def work(module: _runner.Caller) -> dict[str, Any]:
    """Install or remove."""
    params = module.params
    host = _runner_unit.RunnerUnit(Paths(), _runner.commands(module), module.check_mode)
    hygiene = _hygiene.Hygiene(Paths(), _runner.commands(module), module.check_mode)
    if params["state"] == "absent":
        return together(hygiene.remove(), host.remove())
    for name in [options["name"] for options in params["pools"] if options["docker_access"] == pool.DOCKER_SOCKET]:
        module.warn(
            f"pool {name} has docker_access=socket: every job of it is root on this host and can read the token"
        )
    try:
        pool.check_names([options["name"] for options in params["pools"]])
    except pool.PoolError as error:
        raise Failure(str(error)) from error
    wanted = _runner_unit.Wanted(
        pools=[_pool_options.to_pool(options, os.uname().machine) for options in params["pools"]],
        python=params["python"],
        policy=_firewall.Policy(params["block_metadata"], tuple(params["host_ports"])),
        share=_units.Share(params["jobs_memory"], params["jobs_cpu_weight"], params["jobs_tasks"]),
        metrics_path=metrics_path(params["metrics_path"], module.check_mode),
        hooks={options["name"]: _pool_options.to_hooks(options) for options in params["pools"]},
    )
    clean = to_hygiene(params["hygiene"])
    hygiene.check(clean)
    return together(host.ensure(wanted), hygiene.ensure(clean))


def together(*results: dict[str, Any]) -> dict[str, Any]:
    """One result of several."""
    return {
        "changed": any(one["changed"] for one in results),
        "actions": [action for one in results for action in one["actions"]],
        "diff": [diff for one in results for diff in one["diff"]],
    }


def to_hygiene(options: dict[str, Any]) -> _hygiene.Wanted:
    """The hygiene from its options. Raises Failure."""
    try:
        policy = hygiene_policy.Policy(
            options["scope"],
            tuple(options["keep"]),
            options["min_age"],
            options["max_age"],
            options["disk_mark"],
        )
    except hygiene_policy.PolicyError as error:
        raise Failure(str(error)) from error
    return _hygiene.Wanted(policy, options["enabled"], options["calendar"])


def metrics_path(path: str, check_mode: bool = False) -> str:
    """The path of the metrics' file, if it can be one. Raises Failure."""
    if path and not re.fullmatch(r"(/[\w.@-]+)+\.prom", path):
        raise Failure(
            f"metrics_path {path!r} is not the path of metrics: write it like {_METRICS}, of plain letters, with .prom"
        )
    folder = os.path.dirname(path)
    # In check mode, whoever makes it may only have said so.
    if path and not check_mode and not os.path.isdir(folder):
        raise Failure(f"the host has no folder {folder} for metrics_path: name node_exporter's textfile folder")
    return path
