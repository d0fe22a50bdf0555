# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The work of the module cipher_network."""

from __future__ import annotations

from typing import Any

from .. import _docker, _networks, _runner

#: How AnsibleModule takes the options.
SPEC: dict[str, Any] = {
    "argument_spec": {
        "name": {"type": "str", "default": "cipher-net"},
        "micro_cipher": {"type": "str", "default": "micro-cipher"},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    },
}


def work(module: _runner.Caller) -> dict[str, Any]:
    """Bring the network about."""
    params = module.params
    client = _docker.connect(module.check_mode)
    if params["state"] == "absent":
        return _networks.remove(client, params["name"], module.check_mode)
    wanted = _networks.cipher(params["name"])
    return _networks.ensure(client, wanted, (params["micro_cipher"],), module.check_mode)
