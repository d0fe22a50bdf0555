# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""micro-cipher is imported from the folder that its image is built from. Keys, and how an admin seals for them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(CHECKOUT / "images" / "micro-cipher"), str(CHECKOUT / "tests" / "siege")]


@pytest.fixture(scope="session")
def key():
    """A key that is quicker to make than the real thing."""
    from micro_cipher.key import Key

    return Key(bits=2048)


@pytest.fixture(scope="session")
def other():
    """Another one."""
    from micro_cipher.key import Key

    return Key(bits=2048)


@pytest.fixture
def seal(tmp_path: Path) -> Callable[..., bytes]:
    """Seals for a public key (PEM) as an admin does, with the openssl command."""

    def with_openssl(public_pem: str, plaintext: bytes, *options: str) -> bytes:
        pem = tmp_path / "key.pem"
        pem.write_text(public_pem, encoding="ascii")
        command = ["openssl", "pkeyutl", "-encrypt", "-pubin", "-inkey", str(pem)]
        for option in ("rsa_padding_mode:oaep", *options):
            command += ["-pkeyopt", option]
        return subprocess.run(command, input=plaintext, capture_output=True, check=True).stdout

    return with_openssl
