# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A pool as a person writes its options: what they are, and the pool that they make."""

from __future__ import annotations

from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.text.formatters import human_to_bytes

from . import _hooks
from ._failure import Failure
from .launcher import pool

SPEC: dict[str, Any] = {
    "name": {"type": "str", "default": "default"},
    "url": {"type": "str", "required": True},
    "image": {"type": "str", "default": "ghcr.io/socialgouv/actions-runner:master"},
    "labels": {"type": "list", "elements": "str", "default": []},
    "default_labels": {"type": "bool", "default": True},
    "runner_group": {"type": "str", "default": ""},
    "runner_group_id": {"type": "int", "default": 1},
    "registration": {"type": "str", "choices": ["jit", "token"], "default": "jit"},
    "proxy": {"type": "str", "default": ""},
    "no_proxy": {"type": "str", "default": ""},
    "ca": {"type": "str", "default": ""},
    "container_proxy": {"type": "str", "default": ""},
    "container_no_proxy": {"type": "str", "default": ""},
    "container_ca": {"type": "str", "default": ""},
    "network": {"type": "str", "default": "github-runner"},
    "cipher_network": {"type": "str", "default": "cipher-net"},
    "micro_cipher": {"type": "str", "default": "micro-cipher"},
    "memory": {"type": "str", "default": "0"},
    "cpus": {"type": "float", "default": 0},
    "pids_limit": {"type": "int", "default": 4096},
    "nofile_limit": {"type": "int", "default": 16384},
    "storage": {"type": "str", "default": "0"},
    "sudo": {"type": "bool", "default": False},
    "capabilities": {"type": "list", "elements": "str", "default": []},
    "docker_access": {"type": "str", "choices": list(pool.DOCKER_ACCESSES), "default": pool.DOCKER_NONE},
    "dind_image": {"type": "str", "default": "docker:dind"},
    "dind_privileged": {"type": "bool", "default": True},
    "sysbox_runtime": {"type": "str", "default": "sysbox-runc"},
    "job_started_hook": {"type": "str"},
    "job_completed_hook": {"type": "str"},
    "hook_timeout": {"type": "int", "default": 60},
    "drain_timeout": {"type": "int", "default": 21600},
}


def check(options: dict[str, Any]) -> None:
    """Whether options, as they were written, make a pool. Raises Failure."""
    found = ArgumentSpecValidator(SPEC).validate(options)
    if found.error_messages:
        raise Failure(f"pool {options.get('name', 'default')}: {found.error_messages[0]}")
    try:
        to_hooks(found.validated_parameters).check()
    except Failure as failure:
        raise Failure(f"pool {options.get('name', 'default')}: {failure}") from failure
    # The architecture's own label cannot be wrong: any will do here.
    to_pool(found.validated_parameters, "x86_64")


def to_pool(options: dict[str, Any], machine: str) -> pool.Pool:
    """A pool from its options, on a host where ``uname -m`` prints ``machine``. Raises Failure."""
    fields = dict(options)
    for option in ("memory", "storage"):
        try:
            fields[option] = human_to_bytes(fields[option], isbits=False)
        except ValueError as error:
            said = f"{option} {options[option]!r} is not a size: write it like 512M or 4G"
            raise Failure(f"pool {options['name']}: {said}") from error
    if options["cpus"] < 0:
        raise Failure(f"pool {options['name']}: cpus is {options['cpus']:g}: it takes a number that is not negative")
    fields["capabilities"] = tuple(fields["capabilities"])
    fields["hooks"] = to_hooks(fields).moments
    for option in ("job_started_hook", "job_completed_hook", "hook_timeout"):
        del fields[option]
    nano_cpus = round(fields.pop("cpus") * 10**9)
    labels = pool.all_labels(fields.pop("labels"), machine, fields.pop("default_labels"))
    try:
        return pool.Pool(labels=labels, nano_cpus=nano_cpus, **fields)
    except pool.PoolError as error:
        raise Failure(f"pool {options['name']}: {error}") from error


def to_hooks(options: dict[str, Any]) -> _hooks.Hooks:
    """A pool's hooks from its options."""
    given = {moment: options[f"{moment}_hook"] for moment in pool.HOOKS}
    return _hooks.Hooks({moment: text for moment, text in given.items() if text}, options["hook_timeout"])
