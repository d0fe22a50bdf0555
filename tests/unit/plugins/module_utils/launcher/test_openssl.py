# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""openssl gets secrets on pipes, and its failures become one line."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import openssl

SECRET = b"s3cret" * 8
DIGEST = ("dgst", "-sha256", "-hmac", "key")


def test_secrets_are_in_no_argument_and_no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even for the time that it takes."""
    ran: list[Any] = []
    real = subprocess.run

    def run(command: list[str], **options: Any) -> Any:
        ran.append((command, options.get("env"), options["pass_fds"]))
        return real(command, check=options.pop("check"), **options)

    monkeypatch.setattr(subprocess, "run", run)
    cipher = ("enc", "-aes-256-ctr", "-pbkdf2", "-pass", "fd:{0}")
    encrypted = openssl.run(cipher, b"data", [SECRET])
    assert openssl.run((cipher[0], "-d", *cipher[1:]), encrypted, [SECRET]) == b"data"
    assert "s3cret" not in str(ran)


def test_no_descriptor_is_left_open() -> None:
    """The child that calls it may be asked often."""
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _unused in range(5):
        openssl.run(("enc", "-aes-256-ctr", "-pbkdf2", "-pass", "fd:{0}"), b"data", [SECRET])
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_failure_is_its_last_line() -> None:
    """Without what it was given."""
    with pytest.raises(openssl.OpensslError) as caught:
        openssl.run(("pkeyutl", "-encrypt", "-pubin", "-inkey", "/nowhere"), SECRET)
    assert "\n" not in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_a_secret_that_no_pipe_would_take_is_refused() -> None:
    """Rather than to wait for ever."""
    with pytest.raises(openssl.OpensslError, match="5000 bytes"):
        openssl.run(DIGEST, b"data", [b"x" * 5000])


def test_a_missing_openssl_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With what to do."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(openssl.OpensslMissing, match="install it"):
        openssl.run(DIGEST, b"data")
