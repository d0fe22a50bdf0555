# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A pool's credential as a person gives it to an action plugin."""

from __future__ import annotations

from typing import Any

from ..module_utils.launcher import credential, sealed

#: The options that hold a credential. An action plugin takes them; no module ever sees them.
OPTIONS: dict[str, Any] = {
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


def of(options: dict[str, Any]) -> credential.Credential:
    """The credential in a pool's options. Raises SealedError."""
    app = options.get("app")
    found = credential.Credential(
        token=options.get("token") or "",
        app=credential.app_of(app["client_id"], app["private_key"], app["installation_id"]) if app else None,
        proxy_login=options.get("proxy_login") or "",
        container_proxy_login=options.get("container_proxy_login") or "",
    )
    found.dump()
    return found


def named(name: str, error: sealed.SealedError) -> sealed.SealedError:
    """The same error, with the pool that it is about."""
    return sealed.SealedError(f"pool {name}: {error}")
