# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""systemd is told what to show, and its absence is no error."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import systemd


@pytest.mark.parametrize("abstract", [False, True])
def test_systemd_gets_the_assignments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, abstract: bool) -> None:
    """One datagram, to a socket in the file system or to an abstract one."""
    address = "@socialgouv.actions_runner.test" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(address.replace("@", "\0", 1) if abstract else address)
        receiver.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", address)
        systemd.notify("READY=1", "STATUS=idle")
        assert receiver.recv(100) == b"READY=1\nSTATUS=idle"


@pytest.mark.parametrize("address", [None, "", "/nowhere/notify"])
def test_without_systemd_nothing_happens(monkeypatch: pytest.MonkeyPatch, address: str | None) -> None:
    """By hand, or while systemd is reloaded."""
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    if address is not None:
        monkeypatch.setenv("NOTIFY_SOCKET", address)
    systemd.notify("READY=1")


@pytest.fixture
def systemctl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A systemctl of the test's own, first in PATH."""
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return tmp_path / "systemctl"


@pytest.mark.parametrize(
    ("answer", "restarts"),
    [
        ("111 github-runner@1.service restart running", True),
        ("111 github-runner@1.service stop running", False),
        ("", False),
        ("No jobs listed.", False),
        ("111 github-runner@10.service restart waiting", False),
    ],
)
def test_a_restart_is_told_from_a_stop(systemctl: Path, answer: str, restarts: bool) -> None:
    """By the job that systemd has for the unit, read from what systemctl prints."""
    systemctl.write_text(f'#!/bin/sh\n[ "$*" = "list-jobs --no-legend github-runner@1.service" ] && echo "{answer}"\n')
    systemctl.chmod(0o755)
    assert systemd.restarts("github-runner@1.service") is restarts


@pytest.mark.parametrize("code", [0, 1])
def test_a_reload_goes_on_beside_its_caller(systemctl: Path, code: int) -> None:
    """It has begun before anybody waits for it, and tells how it went."""
    fifo = systemctl.parent / "fifo"
    os.mkfifo(fifo)
    systemctl.write_text(f'#!/bin/sh\n[ "$*" = "reload some.service" ] && read go <{fifo} && exit {code}\n')
    systemctl.chmod(0o755)
    reloaded = systemd.reload("some.service")
    fifo.write_text("go\n", encoding="utf-8")
    assert reloaded() is (code == 0)


def test_without_systemctl_nothing_restarts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then a drain is a drain."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert systemd.restarts("github-runner@1.service") is False
