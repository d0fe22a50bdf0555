# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A pool's credential as a person gives it to an action plugin."""

from __future__ import annotations

from typing import Any

from ..module_utils.launcher import credential, sealed
from ..module_utils.steps import sealed_token

#: The options that hold a credential. An action plugin takes them; no module ever sees them.
OPTIONS = sealed_token.SECRETS


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


def secret(options: dict[str, Any]) -> bytes:
    """What is sealed of a pool's options. Raises SealedError, which names the pool."""
    try:
        return of(options).dump()
    except sealed.SealedError as error:
        raise named(options["name"], error) from None


def named(name: str, error: sealed.SealedError) -> sealed.SealedError:
    """The same error, with the pool that it is about."""
    return sealed.SealedError(f"pool {name}: {error}")
