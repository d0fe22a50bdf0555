# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The work of the module micro_cipher."""

from __future__ import annotations

from typing import Any

from .. import _docker, _micro_cipher, _runner
from ..launcher.paths import Paths

#: How AnsibleModule takes the options.
SPEC: dict[str, Any] = {
    "argument_spec": {
        "name": {"type": "str", "default": "micro-cipher"},
        "image": {"type": "str", "default": "ghcr.io/socialgouv/micro-cipher:main"},
        "network": {"type": "str", "default": "cipher-net"},
        "launcher_only": {"type": "str", "choices": ["auto", "always", "never"], "default": "auto"},
        "timeout": {"type": "int", "default": 60},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    },
}


def work(module: _runner.Caller) -> dict[str, Any]:
    """Bring the container about."""
    params = module.params
    run = _micro_cipher.Run(_docker.connect(module.check_mode), Paths(), params["timeout"])
    if params["state"] == "absent":
        return run.remove(params["name"], module.check_mode)
    return run.ensure(params["name"], params["image"], params["network"], params["launcher_only"], module.check_mode)
