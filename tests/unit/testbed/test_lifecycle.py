# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose bed is there, and which port its proxy has."""

from __future__ import annotations

from pathlib import Path

import pytest

from bed import hosts, lifecycle
from bed.errors import BedError
from bed.layout import State


@pytest.fixture
def removed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    labels: list[str] = []
    monkeypatch.setattr(lifecycle, "_remove", labels.append)
    return labels


def own(monkeypatch: pytest.MonkeyPatch, *owners: Path) -> None:
    monkeypatch.setattr(lifecycle, "_owners", lambda: set(owners))


def test_another_checkouts_bed_is_never_taken_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, removed: list[str]
) -> None:
    other = tmp_path / "other/.state/bed"
    other.mkdir(parents=True)
    own(monkeypatch, other)
    with pytest.raises(BedError, match="other/testbed down"):
        lifecycle._make_room(State(tmp_path / "mine"))
    assert removed == []


def test_what_a_deleted_checkout_left_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, removed: list[str]
) -> None:
    own(monkeypatch, tmp_path / "gone", tmp_path / "mine")
    lifecycle._make_room(State(tmp_path / "mine"))
    assert removed == [f"{lifecycle.LABEL}={tmp_path / 'gone'}"]


def test_ones_own_bed_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, removed: list[str]) -> None:
    own(monkeypatch, tmp_path)
    lifecycle._make_room(State(tmp_path))
    assert removed == []


def host(fingerprint: str) -> dict[str, object]:
    return {"Config": {"Labels": {hosts.KEYS_LABEL: fingerprint}}}


def test_a_host_with_keys_that_are_gone_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifecycle.keys, "fingerprint", lambda _state: "new")
    with pytest.raises(BedError, match=r"^bed-host2 hold keys .* `testbed down`"):
        lifecycle._refuse_old_keys(State(tmp_path), {"bed-host1": host("new"), "bed-host2": host("old")})


def test_the_proxys_port_is_the_documented_one_or_what_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TESTBED_PROXY_PORT", raising=False)
    assert lifecycle.wanted_proxy_port() == 13128
    monkeypatch.setenv("TESTBED_PROXY_PORT", "14000")
    assert lifecycle.wanted_proxy_port() == 14000


@pytest.mark.parametrize("text", ["x", "0", "65536", "-1", "1.5"])
def test_a_port_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("TESTBED_PROXY_PORT", text)
    with pytest.raises(BedError, match="TESTBED_PROXY_PORT is"):
        lifecycle.wanted_proxy_port()
