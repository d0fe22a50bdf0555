# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A secret that is longer than one block of micro-cipher's key: it travels in an envelope with keys in that block.

Encrypt, then authenticate: AES-256-CTR by openssl, HMAC-SHA-256 over all that was made, each with a key of its own,
both new for every envelope. Nothing is decrypted before the HMAC was right: what was changed, cut, lengthened or put in
another order is refused. It also covers the fingerprint of the key that the block was sealed for. What is asked of
openssl is in 1.1.1 as it is in 3.
"""

from __future__ import annotations

import hashlib
import hmac
import re

from . import openssl
from .sealed import Sealed, SealedError

_CHANGED = "the sealed file was changed or is damaged: seal it again"
_KEYS = re.compile(r"envelope:([0-9a-f]{64})([0-9a-f]{64})")
_MAC_BYTES = hashlib.sha256().digest_size
# The password is random already: the iterations are there because openssl wants a number.
_CIPHER = ("enc", "-aes-256-ctr", "-pbkdf2", "-iter", "10000", "-md", "sha256", "-salt", "-pass", "fd:{0}")


def new_keys(random_bytes: bytes) -> str:
    """The keys of a new envelope from 64 random bytes, as text: what is sealed as one block."""
    if len(random_bytes) != 64:
        raise ValueError("an envelope's keys are made of exactly 64 random bytes")
    return f"envelope:{random_bytes.hex()}"


def close(secret: bytes, keys: str, fingerprint: str) -> bytes:
    """The payload that hides a secret. Raises OpensslError."""
    cipher_key, mac_key = _parts(keys)
    encrypted = openssl.run(_CIPHER, secret, [cipher_key])
    return _mac(mac_key, fingerprint, encrypted) + encrypted


def unwrap(credential: Sealed, block: str) -> str:
    """The secret of a sealed credential whose one block has been opened: the block itself, or what is in the payload.

    Raises SealedError where it is not whole, OpensslError.
    """
    if not credential.payload:
        if _KEYS.fullmatch(block):
            raise SealedError(_CHANGED)
        return block
    cipher_key, mac_key = _parts(block)
    mac, encrypted = credential.payload[:_MAC_BYTES], credential.payload[_MAC_BYTES:]
    if not hmac.compare_digest(mac, _mac(mac_key, credential.fingerprint, encrypted)):
        raise SealedError(_CHANGED)
    return openssl.run((_CIPHER[0], "-d", *_CIPHER[1:]), encrypted, [cipher_key]).decode()


def _parts(keys: str) -> tuple[bytes, bytes]:
    match = _KEYS.fullmatch(keys)
    if not match:
        raise SealedError(_CHANGED)
    return match[1].encode(), bytes.fromhex(match[2])


def _mac(key: bytes, fingerprint: str, encrypted: bytes) -> bytes:
    message = b"socialgouv.actions_runner/envelope/2:" + fingerprint.encode() + b":" + encrypted
    return hmac.new(key, message, hashlib.sha256).digest()
