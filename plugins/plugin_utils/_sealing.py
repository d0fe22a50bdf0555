# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Seal a secret here, on the control node, with openssl, which gets it on its standard input."""

from __future__ import annotations

import base64
import os
import tempfile

from ..module_utils.launcher import envelope, openssl, sealed


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
        raise sealed.SealedError("openssl is missing on the control node: install it") from error
    except openssl.OpensslError as error:
        raise sealed.SealedError(f"openssl could not seal the token: {error}") from error
    found = {
        "fingerprint": fingerprint,
        "verifier": sealed.verifier(secret, fingerprint),
        "ciphertext": base64.b64encode(ciphertext).decode(),
    }
    return {**found, "payload": base64.b64encode(payload).decode()} if payload else found


def _is_short(secret: bytes) -> bool:
    """A bare token is one block, as it was before there were envelopes; a document never is."""
    return len(secret) <= sealed.SECRET_MAX and not secret.startswith(b"{")


def _block(secret: bytes, public_key: str) -> bytes:
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as key:
        key.write(public_key)
        key.flush()
        command = ("pkeyutl", "-encrypt", "-pubin", "-inkey", key.name, "-pkeyopt", "rsa_padding_mode:oaep")
        return openssl.run(command, secret)
