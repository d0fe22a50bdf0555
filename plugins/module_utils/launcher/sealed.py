# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sealed credential: how the file looks, and when it fits a key. Pure.

The secret is encrypted for one micro-cipher with RSA-OAEP (SHA-1, MGF1-SHA-1: what Node's ``privateDecrypt`` reads, and
what micro-cipher uses). Beside the ciphertext stand the fingerprint of the key, compared before anything is posted, and
a verifier that tells whether a given secret is the sealed one without keeping it. A secret longer than one block is in
the payload, and the ciphertext then holds the keys of that (see envelope.py).
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import hashlib
import hmac
import json
import re

# A 512-byte block less two SHA-1 digests and two bytes: RFC 8017, 7.1.1.
SECRET_MAX = 470
_BLOCK, _ENVELOPE = 1, 2  #: the formats of the file: the secret in the one block, or the keys of a payload in it
_PEM = re.compile(r"-----BEGIN PUBLIC KEY-----\s+([A-Za-z0-9+/=\s]+?)-----END PUBLIC KEY-----")


class SealedError(ValueError):
    """A sealed file or a key that cannot be used; the message says why and what to do."""


@dataclasses.dataclass(frozen=True)
class Sealed:
    """A credential that one micro-cipher can open."""

    fingerprint: str  #: SHA-256 of the SPKI DER of the key it was sealed for, hexadecimal
    verifier: str  #: what ``verifier()`` gave for the secret, hexadecimal
    ciphertext: bytes
    payload: bytes = b""

    def dump(self) -> str:
        """The text of the sealed file."""
        document = {
            "format": _ENVELOPE if self.payload else _BLOCK,
            "fingerprint": self.fingerprint,
            "verifier": self.verifier,
            "ciphertext": base64.b64encode(self.ciphertext).decode(),
        }
        if self.payload:
            document["payload"] = base64.b64encode(self.payload).decode()
        return json.dumps(document, indent=2) + "\n"

    def same_secret(self, other: Sealed) -> bool:
        """Whether both hold the same secret for the same key, although no two ciphertexts are alike."""
        return self.fingerprint == other.fingerprint and hmac.compare_digest(self.verifier, other.verifier)


def load(text: str) -> Sealed:
    """The credential in a sealed file's text. Raises SealedError."""
    try:
        document = json.loads(text)
        if document["format"] not in (_BLOCK, _ENVELOPE):
            raise SealedError(f"the sealed file has format {document['format']!r}, not 1 or 2: seal it again")
        sealed = Sealed(
            fingerprint=str(document["fingerprint"]),
            verifier=str(document["verifier"]),
            ciphertext=base64.b64decode(document["ciphertext"], validate=True),
            payload=base64.b64decode(document["payload"], validate=True) if document["format"] == _ENVELOPE else b"",
        )
    except (ValueError, KeyError, TypeError) as error:
        if isinstance(error, SealedError):
            raise
        raise SealedError("the sealed file is damaged: seal it again") from error
    whole = sealed.ciphertext and (sealed.payload or document["format"] == _BLOCK)
    if not re.fullmatch("[0-9a-f]{64}", sealed.fingerprint) or not whole:
        raise SealedError("the sealed file is damaged: seal it again")
    return sealed


def from_mapping(document: dict[str, str]) -> Sealed:
    """The credential in what the control node sealed for a module."""
    ciphertext, payload = (base64.b64decode(document[part]) for part in ("ciphertext", "payload"))
    return Sealed(document["fingerprint"], document["verifier"], ciphertext, payload)


def last_public_key(log: str) -> str | None:
    """The last public key (PEM) in micro-cipher's output, the one in force; None where it has printed none yet."""
    found = list(_PEM.finditer(log.replace("\r", "")))
    return _normal(found[-1][1]) if found else None


def fingerprint(public_key: str) -> str:
    """SHA-256 of a PEM public key's SPKI DER, hexadecimal. Raises SealedError."""
    match = _PEM.search(public_key)
    if not match:
        raise SealedError("that is not a PEM public key: it must begin with -----BEGIN PUBLIC KEY-----")
    try:
        der = base64.b64decode("".join(match[1].split()), validate=True)
    except binascii.Error as error:
        raise SealedError("the PEM public key is damaged") from error
    return hashlib.sha256(der).hexdigest()


def verifier(secret: bytes, for_fingerprint: str) -> str:
    """What tells a secret again: scrypt, salted with the key's fingerprint, which is new at each start of micro-cipher.

    A salt that both sides know spares a round trip; slow, so that a stolen file does not help to try out secrets.
    """
    salt = b"socialgouv.actions_runner/verifier/1:" + for_fingerprint.encode()
    return hashlib.scrypt(secret, salt=salt, n=2**14, r=8, p=1, dklen=32).hex()


def check_secret(secret: str) -> bytes:
    """The bytes to seal. Raises SealedError where they cannot be sealed or cannot be a token."""
    if not secret:
        raise SealedError("the token is empty: give a GitHub token")
    if any(character.isspace() or not character.isprintable() for character in secret):
        raise SealedError("the token has a space, a newline or a control character in it: give the bare token")
    if not secret.isascii():
        raise SealedError("the token has a letter in it that no token has: give the bare token")
    data = secret.encode()
    if len(data) > SECRET_MAX:
        raise SealedError(f"the token has {len(data)} bytes, and none has more than {SECRET_MAX}: give the bare token")
    return data


def _normal(body: str) -> str:
    base = "".join(body.split())
    lines = [base[start : start + 64] for start in range(0, len(base), 64)]
    return "\n".join(["-----BEGIN PUBLIC KEY-----", *lines, "-----END PUBLIC KEY-----", ""])
