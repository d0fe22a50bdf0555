# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A long secret comes out of its envelope whole or not at all."""

from __future__ import annotations

import base64
import dataclasses
import os

import pytest

from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import envelope, openssl, sealed

FINGERPRINT = "a" * 64
KEYS = envelope.new_keys(bytes(range(64)))
# Made with OpenSSL 1.1.1w and KEYS.
BY_1_1_1 = "SGJ2sUINXtA2j9s34RE63TzwxkeH/hG6uZfJqJnZOEdTYWx0ZWRfX6WdXEoCINkJJVGiGIcUIz9icZAME53YurFCvCCs2VdCa+Gfj7o="
SECRET = "-----BEGIN RSA PRIVATE KEY-----\n" + "k" * 1700 + "\n"


def closed(secret: str = SECRET, keys: str = KEYS) -> sealed.Sealed:
    """A sealed credential whose payload holds the secret."""
    return sealed.Sealed(FINGERPRINT, "0f", b"block", envelope.close(secret.encode(), keys, FINGERPRINT))


@pytest.mark.parametrize("secret", ["x", "é" * 40, SECRET, "y" * 16_000])
def test_what_was_put_in_comes_out(secret: str) -> None:
    """Of any length, by the keys in the block alone."""
    assert envelope.unwrap(closed(secret), KEYS) == secret


def test_another_openssl_may_have_put_it_in() -> None:
    """A control node and a host are of different age."""
    made = sealed.Sealed(FINGERPRINT, "0f", b"block", base64.b64decode(BY_1_1_1))
    assert envelope.unwrap(made, KEYS) == "what OpenSSL 1.1.1 has sealed"


def test_the_keys_fit_into_one_block_and_are_new_each_time() -> None:
    """micro-cipher is asked once, however long the secret is."""
    assert len(KEYS.encode()) <= sealed.SECRET_MAX
    first, second = (envelope.new_keys(os.urandom(64)) for _unused in range(2))
    assert first != second
    assert closed().payload != closed().payload
    with pytest.raises(ValueError, match="exactly 64"):
        envelope.new_keys(b"short")


def test_nothing_of_the_secret_shows() -> None:
    """Nor of the keys."""
    payload = closed().payload
    assert b"PRIVATE" not in payload
    assert KEYS.encode() not in payload


def changed(payload: bytes, how: str) -> bytes:
    """A payload after an accident, or an attack."""
    blocks = [payload[start : start + 16] for start in range(32, len(payload), 16)]
    return {
        "first bit": bytes([payload[0] ^ 1]) + payload[1:],
        "a bit of the text": payload[:200] + bytes([payload[200] ^ 1]) + payload[201:],
        "last bit": payload[:-1] + bytes([payload[-1] ^ 1]),
        "cut": payload[:-1],
        "cut to its HMAC": payload[:32],
        "longer": payload + b"\0",
        "another order": payload[:32] + b"".join(reversed(blocks)),
        "nearly nothing": b"x",
    }[how]


@pytest.mark.parametrize(
    "how",
    [
        *("first bit", "a bit of the text", "last bit", "cut", "cut to its HMAC", "longer", "another order"),
        "nearly nothing",
    ],
)
def test_what_was_changed_is_refused_before_it_is_used(monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    """Tampering, truncation and reordering: openssl is not even asked."""
    one = closed()
    damaged = dataclasses.replace(one, payload=changed(one.payload, how))
    monkeypatch.setattr(openssl, "run", lambda *_arguments: pytest.fail("nothing may be decrypted"))
    with pytest.raises(sealed.SealedError, match="changed or is damaged: seal it again"):
        envelope.unwrap(damaged, KEYS)


@pytest.mark.parametrize(
    ("credential", "block"),
    [
        (closed(), envelope.new_keys(bytes(64))),
        (closed(), KEYS[:-1]),
        (closed(), "ghp_a_token"),
        (dataclasses.replace(closed(), fingerprint="b" * 64), KEYS),
        # The payload taken away: its keys are never taken for a token.
        (dataclasses.replace(closed(), payload=b""), KEYS),
    ],
    ids=["other keys", "half a key", "a token", "another micro-cipher's", "no payload"],
)
def test_what_does_not_belong_together_is_refused(credential: sealed.Sealed, block: str) -> None:
    """Neither with the parts of another envelope, nor as another format."""
    with pytest.raises(sealed.SealedError, match="seal it again"):
        envelope.unwrap(credential, block)


def test_a_short_secret_needs_no_envelope() -> None:
    """A token is its block, as it always was."""
    assert envelope.unwrap(sealed.Sealed(FINGERPRINT, "0f", b"block"), "ghp_token") == "ghp_token"
