# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The bed's own keys: strict verifiers accept them, and nobody else can read what is private."""

from __future__ import annotations

import os
import re
import ssl
import stat
from pathlib import Path

import pytest

from bed import keys
from bed.layout import State
from bed.process import run


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> State:
    state = State(tmp_path_factory.mktemp("state"))
    keys.ensure(state)
    return state


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_certificate_stands_up_to_strict_verification(state: State) -> None:
    run(["openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", state.ca, state.tls / "cert.pem"])


@pytest.mark.parametrize("name", ["ghcr.io", "api.github.com", "github.com"])
def test_the_certificate_is_for_every_server_of_the_bed(state: State, name: str) -> None:
    run(["openssl", "verify", "-CAfile", state.ca, "-verify_hostname", name, state.tls / "cert.pem"])


def test_the_servers_key_belongs_to_the_certificate(state: State) -> None:
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(state.tls / "cert.pem", state.tls / "key.pem")


def test_private_keys_are_private(state: State) -> None:
    assert [mode(path) for path in (state.ca_key, state.ssh_key, state.host_key)] == [0o600] * 3


def test_keys_that_last_are_kept(state: State) -> None:
    before = keys.fingerprint(state)
    keys.ensure(state)
    assert keys.fingerprint(state) == before


def test_a_lost_ca_is_noticed_by_the_fingerprint(tmp_path: Path) -> None:
    state = State(tmp_path)
    keys.ensure(state)
    before = keys.fingerprint(state)
    state.ca.unlink()
    keys.ensure(state)
    assert keys.fingerprint(state) != before


def test_a_token_looks_like_githubs_and_is_never_the_same() -> None:
    first, second = keys.new_token(), keys.new_token()
    assert re.fullmatch(r"ghp_[A-Za-z0-9]{36}", first)
    assert first != second


def test_a_private_file_is_private_from_the_start_and_whole(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("old")
    path.chmod(0o644)
    keys.write_private(path, "new")
    assert (mode(path), path.read_text()) == (0o600, "new")


def test_what_cannot_be_made_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "token"
    path.write_text("old")
    monkeypatch.setattr(Path, "write_text", lambda *_unused: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        keys.write_private(path, "new")
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["token"]  # noqa: PTH208 - Path's methods are replaced here
