# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sealed credential is written where it differs, for root alone, and a damaged one is replaced."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from ansible_collections.socialgouv.actions_runner.plugins.module_utils import _sealed_token
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import files, sealed
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.paths import Paths

PRESENT = sealed.Sealed("a" * 64, "01", b"one ciphertext")
AGAIN = sealed.Sealed("a" * 64, "01", b"another ciphertext of the same secret")


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths(str(tmp_path))


def keep(paths: Paths, data: bytes, mode: int = 0o600) -> None:
    Path(paths.sealed_dir).mkdir(parents=True, mode=0o700)
    files.write(paths.sealed("default"), data, mode)


@pytest.mark.parametrize(
    ("offered", "changed"),
    [
        (AGAIN, False),
        (sealed.Sealed("a" * 64, "02", b"x"), True),
        (sealed.Sealed("b" * 64, "01", b"x"), True),
    ],
    ids=["the same secret", "another secret", "another key"],
)
@pytest.mark.parametrize("check_mode", [False, True])
def test_only_another_secret_or_key_is_a_change(
    paths: Paths, offered: sealed.Sealed, changed: bool, check_mode: bool
) -> None:
    """Two ciphertexts of one secret are no change; check mode tells the truth and writes nothing."""
    keep(paths, PRESENT.dump().encode())
    result = _sealed_token.ensure(paths, "default", offered, check_mode)
    assert result == _sealed_token.Kept(changed, paths.sealed("default"), offered.fingerprint)
    kept = sealed.load(Path(paths.sealed("default")).read_text())
    assert kept == (offered if changed and not check_mode else PRESENT)


@pytest.mark.parametrize(
    ("data", "mode"),
    [
        (None, 0),
        (b"", 0o600),
        (b"damaged", 0o600),
        (b"\xff\xfe", 0o600),
        (PRESENT.dump().encode()[:40], 0o600),
        (PRESENT.dump().encode(), 0o644),
        (PRESENT.dump().encode(), 0o660),
    ],
)
def test_what_cannot_be_used_is_replaced(paths: Paths, data: bytes | None, mode: int) -> None:
    """And then belongs to root alone, in a directory of root's; a second run changes nothing."""
    if data is not None:
        keep(paths, data, mode)
    assert _sealed_token.ensure(paths, "default", AGAIN, False).changed
    path = Path(paths.sealed("default"))
    assert files.read_private(str(path)) == AGAIN.dump()
    assert [stat.S_IMODE(one.stat().st_mode) for one in (path, path.parent, path.parent.parent)] == [
        0o600,
        0o700,
        0o700,
    ]
    assert not _sealed_token.ensure(paths, "default", PRESENT, False).changed


def test_nothing_of_the_credential_is_in_the_result(paths: Paths) -> None:
    """Neither verifier nor ciphertext, at any verbosity or in a diff."""
    kept = _sealed_token.ensure(paths, "default", sealed.Sealed("a" * 64, "deadbeef", b"ciphertext"), False)
    assert _sealed_token.result("Sealed", {"default": kept}) == {
        "changed": True,
        "actions": ["Sealed the credential of pool default"],
        "pools": [{"name": "default", "path": paths.sealed("default"), "changed": True}],
        "fingerprint": "a" * 64,
    }


def test_a_host_without_a_key_would_get_a_credential(paths: Paths) -> None:
    """Check mode before micro-cipher runs."""
    result = _sealed_token.ensure(paths, "default", None, True)
    assert (result.changed, result.fingerprint) == (True, None)
    assert not Path(paths.sealed_dir).exists()


@pytest.mark.parametrize("check_mode", [False, True])
def test_a_credential_is_removed(paths: Paths, check_mode: bool) -> None:
    """Once."""
    keep(paths, PRESENT.dump().encode())
    assert _sealed_token.remove(paths, "default", check_mode).changed
    assert Path(paths.sealed("default")).exists() is check_mode
    assert _sealed_token.remove(paths, "default", check_mode).changed is check_mode
