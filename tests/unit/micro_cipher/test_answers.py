# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who is answered what: everything that upstream answers, its key's public half, and only those who know the secret."""

from __future__ import annotations

import json

import pytest
from micro_cipher.answers import Answers
from micro_cipher.guard import Guard
from micro_cipher.wire import Request

SECRET = "f" * 64


def answer(key, request, guard=None):
    return Answers(key.decrypt, key.public_pem, guard or Guard(), {"memory_locked": True})(request)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/"),
        ("GET", "/"),
        ("PUT", "/any/path"),
        ("DELETE", "/pot"),
        ("GET", "/health"),
        ("POST", "/public-key"),
    ],
)
def test_any_method_and_path_will_do(key, seal, method, path):
    """As upstream: only the body counts."""
    given = answer(key, Request(method, path, None, seal(key.public_pem, b"secret")))
    assert (given.status, given.body) == (200, b"secret")


def test_what_it_cannot_open_is_answered_400(key, other, seal):
    """Each body that ends the upstream server, in the same words: a difference would tell an attacker something."""
    good = seal(key.public_pem, b"secret")
    sha256 = seal(key.public_pem, b"secret", "rsa_oaep_md:sha256")
    bad = [b"", b"garbage", good[:-1], good + b"\0", good * 2, seal(other.public_pem, b"secret"), sha256]
    assert {answer(key, Request("POST", "/", None, body)) for body in bad} == {
        answer(key, Request("GET", "/", None, b"x"))
    }
    assert answer(key, Request("POST", "/", None, bad[0])).status == 400


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_health_and_public_key_are_everybodys(key, method, tmp_path):
    """Also for those who do not know the secret, and without a use of the private key."""
    guard = Guard(str(tmp_path / "secret"))
    assert answer(key, Request(method, "/public-key", None, b""), guard).body.decode() == key.public_pem
    health = answer(key, Request(method, "/health", None, b""), guard)
    assert (health.status, json.loads(health.body)) == (200, {"status": "ok", "memory_locked": True})


@pytest.mark.parametrize(
    ("stored", "offered", "status"),
    [
        (SECRET, f"Bearer {SECRET}", 200),
        (f"{SECRET}\n", f"Bearer {SECRET}", 200),
        (SECRET, None, 401),
        (SECRET, "", 401),
        (SECRET, "Bearer ", 401),
        (SECRET, SECRET, 401),
        (SECRET, f"Bearer {SECRET}0", 401),
        (SECRET, f"Bearer {SECRET[:-1]}", 401),
        (SECRET, f"Basic {SECRET}", 401),
        (SECRET, "Bearer \u20ac", 401),
        (None, f"Bearer {SECRET}", 503),
        (None, "Bearer ", 503),
        ("", "Bearer ", 503),
        (" \n", "Bearer ", 503),
    ],
)
def test_only_who_knows_the_secret_has_something_decrypted(key, seal, tmp_path, stored, offered, status):
    """And nobody, not even with an empty one, before the secret is there."""
    path = tmp_path / "secret"
    if stored is not None:
        path.write_text(stored)
    body = seal(key.public_pem, b"plain")
    given = answer(key, Request("POST", "/", offered, body), Guard(str(path)))
    assert given.status == status
    assert (b"plain" in given.body) is (status == 200)


def test_a_secret_may_come_late_and_be_replaced(tmp_path):
    """It is put there after the start; whoever lost it gives another."""
    path = tmp_path / "secret"
    guard = Guard(str(path))
    assert guard.status("Bearer a") == 503
    path.write_text("a")
    assert guard.status("Bearer a") == 200
    path.write_text("b")
    assert (guard.status("Bearer a"), guard.status("Bearer b")) == (401, 200)
