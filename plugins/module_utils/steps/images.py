# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The work of the module images."""

from __future__ import annotations

from typing import Any

from .. import _docker, _images, _logins, _runner
from .._failure import Failure
from ..launcher import sealed
from ..launcher.engine import Engine
from ..launcher.paths import Paths
from . import sealed_token

#: How AnsibleModule takes the options.
SPEC: dict[str, Any] = {
    "argument_spec": {
        "images": {"type": "list", "elements": "str", "required": True},
        "pull": {"type": "str", "choices": ["never", "missing", "always", "staged"], "default": "missing"},
        "state": {"type": "str", "choices": ["present", "staged"], "default": "present"},
        "logins": {
            "type": "list",
            "elements": "dict",
            "no_log": True,
            "options": {
                "registry": {"type": "str", "required": True},
                "username": {"type": "str", "required": True},
                "password": {"type": "str", "required": True, "no_log": True},
            },
        },
        "public_key": {"type": "str"},
        "micro_cipher": {"type": "str", "default": "micro-cipher"},
        "cipher_network": {"type": "str", "default": "cipher-net"},
        "_sealed": {"type": "dict", "options": sealed_token.SEALED},
        "_login_unknown": {"type": "bool", "default": False},
    },
}


def work(module: _runner.Caller) -> dict[str, Any]:
    """Bring the images to the host."""
    params = module.params
    if params["logins"]:
        raise Failure(
            "a login must not come to the host: call this module by its full name, so that it is sealed first"
        )
    client = _docker.connect(module.check_mode)
    credential = sealed.from_mapping(params["_sealed"]) if params["_sealed"] else None
    paths, cipher = Paths(), params["micro_cipher"]
    engine, secret = Engine(paths.docker_socket), paths.cipher_secret(cipher)
    logins = _logins.Logins(credential, engine, cipher, params["cipher_network"], secret)
    login = logins.of
    if params["_login_unknown"]:
        login = _images.unknown_login if module.check_mode else _logins.not_sealed
    if params["state"] == "staged":
        return _images.stage(client, params["images"], module.check_mode, login)
    return _images.ensure(client, params["images"], params["pull"], module.check_mode, login)
