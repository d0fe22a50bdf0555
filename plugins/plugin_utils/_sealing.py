# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Seal a secret here, on the control node, with openssl, which gets it on its standard input."""

from __future__ import annotations

import base64
import json
import os
import shutil
import tempfile
from typing import Any

from ..module_utils.launcher import envelope, openssl, sealed

_MISSING = "openssl is missing on the control node: install it"


def check() -> None:
    """See whether anything can be sealed here. Raises SealedError."""
    if shutil.which("openssl") is None:
        raise sealed.SealedError(_MISSING)


def seal(secret: bytes, public_key: str) -> dict[str, str]:
    """The secret, sealed for a key, as a module can be given it. Raises SealedError."""
    fingerprint = sealed.fingerprint(public_key)
    try:
        if _is_short(secret):
            ciphertext, payload = _block(secret, public_key), b""
        else:
            keys = envelope.new_keys(os.urandom(64))
            ciphertext, payload = _block(keys.encode(), public_key), envelope.close(secret, keys, fingerprint)
    except openssl.OpensslMissing as error:
        raise sealed.SealedError(_MISSING) from error
    except openssl.OpensslError as error:
        raise sealed.SealedError(f"openssl could not seal the token: {error}") from error
    found = {
        "fingerprint": fingerprint,
        "verifier": sealed.verifier(secret, fingerprint),
        "ciphertext": base64.b64encode(ciphertext).decode(),
    }
    return {**found, "payload": base64.b64encode(payload).decode()} if payload else found


def seal_pools(secrets: dict[str, bytes], public_key: str | None, check_mode: bool) -> list[dict[str, str]]:
    """What pools have, by name, each sealed. In check mode, where there is no key yet, none. Raises SealedError."""
    if public_key:
        return [{"name": name, **seal(secret, public_key)} for name, secret in secrets.items()]
    if secrets and not check_mode:
        raise sealed.SealedError("there is no public key to seal with: run the module micro_cipher before")
    return []


def seal_logins(logins: Any, public_key: str | None) -> dict[str, str] | None:
    """All logins of registries as one sealed document; None where there is no key. Raises SealedError."""
    if not isinstance(logins, list):
        raise sealed.SealedError("logins is not a list: write each with registry, username and password")
    found = {}
    for one in logins:
        if not isinstance(one, dict) or set(one) != {"registry", "username", "password"}:
            raise sealed.SealedError("a registry's login is not complete: write registry, username and password")
        found[str(one["registry"])] = {"username": str(one["username"]), "password": str(one["password"])}
    return seal(json.dumps(found).encode(), public_key) if public_key else None


def _is_short(secret: bytes) -> bool:
    """A bare token is one block, as it was before there were envelopes; a document never is."""
    return len(secret) <= sealed.SECRET_MAX and not secret.startswith(b"{")


def _block(secret: bytes, public_key: str) -> bytes:
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as key:
        key.write(public_key)
        key.flush()
        command = ("pkeyutl", "-encrypt", "-pubin", "-inkey", key.name, "-pkeyopt", "rsa_padding_mode:oaep")
        return openssl.run(command, secret)
