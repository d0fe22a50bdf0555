# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sealed file tells which key opens it and whether a secret is the same one, without keeping the secret."""

from __future__ import annotations

import base64
import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import sealed

DER = bytes(range(200))
OTHER_DER = bytes(range(1, 201))
FINGERPRINT = hashlib.sha256(DER).hexdigest()


def pem(der: bytes = DER, width: int = 64, end: str = "\n") -> str:
    text = base64.b64encode(der).decode()
    body = [text[start : start + width] for start in range(0, len(text), width)]
    return end.join(["-----BEGIN PUBLIC KEY-----", *body, "-----END PUBLIC KEY-----", ""])


def document(**changes: object) -> str:
    good = {"format": 1, "fingerprint": FINGERPRINT, "verifier": "00" * 32, "ciphertext": "AAEC"}
    return json.dumps({**good, **changes})


@given(ciphertext=st.binary(min_size=1, max_size=512), verifier=st.text("0123456789abcdef", min_size=64, max_size=64))
def test_a_sealed_file_is_read_back_as_it_was_written(ciphertext: bytes, verifier: str) -> None:
    """Modules write it, the launcher reads it: both mean the same."""
    one = sealed.Sealed(FINGERPRINT, verifier, ciphertext)
    assert sealed.load(one.dump()) == one


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '"text"',
        "{}",
        document(format=2),
        document(fingerprint=""),
        document(fingerprint=FINGERPRINT.upper()),
        document(fingerprint=f"{FINGERPRINT}00"),
        document(fingerprint=None),
        document(ciphertext=""),
        document(ciphertext="not base64"),
        document(ciphertext="é"),
        document(ciphertext=5),
        document()[:-10],
    ],
)
def test_a_damaged_file_is_refused_with_the_remedy(text: str) -> None:
    """Whatever lies there, the instance says: seal it again."""
    with pytest.raises(sealed.SealedError, match="seal it again"):
        sealed.load(text)


@pytest.mark.parametrize("key", [pem(), pem(end="\r\n"), pem(width=76), f"log line\n{pem()}more\n"])
def test_the_fingerprint_is_that_of_the_der(key: str) -> None:
    """Line ends and widths make no other key."""
    assert sealed.fingerprint(key) == FINGERPRINT


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("", "is not a PEM public key"),
        ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "is not a PEM public key"),
        ("-----BEGIN PUBLIC KEY-----\nAAAAA\n-----END PUBLIC KEY-----\n", "damaged"),
    ],
)
def test_what_is_no_key_is_refused(key: str, said: str) -> None:
    """A secret is never sealed for something that cannot open it."""
    with pytest.raises(sealed.SealedError, match=said):
        sealed.fingerprint(key)


@pytest.mark.parametrize(
    ("log", "expected"),
    [
        ("", None),
        ("listening on 3000\n", None),
        (pem()[:-30], None),
        (pem(), FINGERPRINT),
        (pem(end="\r\n"), FINGERPRINT),
        (pem(OTHER_DER) + "restarted\n" + pem(), FINGERPRINT),
        (pem(OTHER_DER)[:-40] + "\n" + pem() + "listening\n", FINGERPRINT),
    ],
)
def test_the_last_whole_key_in_the_log_is_the_one_in_force(log: str, expected: str | None) -> None:
    """A restart appends its key: the older ones are dead."""
    key = sealed.last_public_key(log)
    assert (sealed.fingerprint(key) if key else None) == expected


def test_the_verifier_tells_the_same_secret_for_the_same_key_only() -> None:
    """Idempotence without the secret: another secret or another key is another verifier, and it is not the secret."""
    one = sealed.verifier(b"ghp_one", FINGERPRINT)
    assert one == sealed.verifier(b"ghp_one", FINGERPRINT)
    assert one != sealed.verifier(b"ghp_two", FINGERPRINT)
    assert one != sealed.verifier(b"ghp_one", hashlib.sha256(OTHER_DER).hexdigest())
    assert one not in {hashlib.sha256(b"ghp_one").hexdigest(), b"ghp_one".hex()}


@pytest.mark.parametrize(
    ("fingerprint", "verifier", "same"),
    [(FINGERPRINT, "aa", True), (FINGERPRINT, "bb", False), ("0" * 64, "aa", False)],
)
def test_two_ciphertexts_of_one_secret_are_the_same_secret(fingerprint: str, verifier: str, same: bool) -> None:
    """OAEP makes no two ciphertexts alike: they are not compared."""
    one = sealed.Sealed(FINGERPRINT, "aa", b"one")
    assert one.same_secret(sealed.Sealed(fingerprint, verifier, b"two")) is same


@pytest.mark.parametrize("secret", ["ghp_abc", "x" * 470, "ghs_" + "j" * 466])
def test_a_token_is_sealed_as_it_stands(secret: str) -> None:
    """Not one byte more: no newline, no quotes."""
    assert sealed.check_secret(secret) == secret.encode()


@pytest.mark.parametrize(
    ("secret", "said"),
    [
        ("", "empty"),
        ("ghp_abc\n", "newline"),
        ("ghp abc", "space"),
        ("ghp_abc\r", "control character"),
        ("ghp\x00abc", "control character"),
        ("ghp\u00a0abc", "space"),
        ("ghp\ud800", "control character"),
        ("ghp_\u00e9", "letter"),
        ("x" * 471, "471 bytes.*none has more than 470"),
        ("x" * 5000, "5000 bytes.*none has more than 470"),
    ],
)
def test_what_cannot_be_a_token_is_refused_without_showing_it(secret: str, said: str) -> None:
    """Wrong input gets one clear line, and that line does not hold the secret."""
    with pytest.raises(sealed.SealedError, match=said) as caught:
        sealed.check_secret(secret)
    assert not secret.strip() or secret.strip() not in str(caught.value)
    assert "\n" not in str(caught.value)
