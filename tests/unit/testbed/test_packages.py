# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the bed installs on the control node."""

from __future__ import annotations

import os

import pytest

from bed import packages
from bed.errors import BedError


def test_only_what_is_missing_is_installed_and_each_package_once() -> None:
    assert packages.missing(("docker", "dockerd", "ssh", "openssl"), {"ssh"}.__contains__) == ["docker.io", "openssl"]


def test_nothing_is_installed_where_nothing_is_missing() -> None:
    assert packages.missing(packages.ALWAYS, lambda _command: True) == []


def test_system_commands_are_found_after_a_plain_su() -> None:
    assert packages.search_path("/usr/bin:/bin") == "/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"


def test_a_complete_path_stays_as_it_is() -> None:
    path = "/usr/local/sbin:/usr/sbin:/sbin:/bin"
    assert packages.search_path(path) == path


def test_who_is_not_root_is_told_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(BedError, match=r"missing: docker\.io; .*as root"):
        packages.install(["docker.io"])
