# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The key pair: made at start, never written anywhere."""

from __future__ import annotations

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

BITS = 4096

# What Node's privateDecrypt() and `openssl pkeyutl -pkeyopt rsa_padding_mode:oaep` use unless told otherwise. SHA-1 is
# no weakness here: OAEP needs no collision resistance of it.
_OAEP = padding.OAEP(mgf=padding.MGF1(hashes.SHA1()), algorithm=hashes.SHA1(), label=None)


class Unreadable(Exception):
    """A ciphertext that this key does not open."""


class Key:
    """An RSA key pair that lives and dies with the process."""

    def __init__(self, bits: int = BITS):
        self._private = rsa.generate_private_key(public_exponent=65537, key_size=bits)

    @property
    def public_pem(self) -> str:
        """The public half, SPKI in PEM."""
        encoding, form = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        return self._private.public_key().public_bytes(encoding, form).decode("ascii")

    def decrypt(self, ciphertext: bytes) -> bytes:
        """The plaintext of one block. Raises Unreadable, which never says why: that would help an attacker."""
        try:
            return self._private.decrypt(ciphertext, _OAEP)
        except ValueError:
            raise Unreadable from None
