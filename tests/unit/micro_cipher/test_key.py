# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The key opens what was sealed for it, and tells nobody why it does not open something else."""

from __future__ import annotations

import pytest
from micro_cipher.key import Unreadable


@pytest.mark.parametrize("plaintext", [b"ghp_token", b"with a newline\n", bytes(range(190)), b"x" * 214])
def test_opens_what_openssl_sealed(key, seal, plaintext):
    """openssl's OAEP defaults are what it reads, and not a byte is added or lost."""
    assert key.decrypt(seal(key.public_pem, plaintext)) == plaintext


def test_unreadable_says_nothing_of_why(key):
    """A padding oracle needs to be told causes apart."""
    with pytest.raises(Unreadable) as caught:
        key.decrypt(b"x" * 256)
    assert not caught.value.args
    assert caught.value.__suppress_context__
