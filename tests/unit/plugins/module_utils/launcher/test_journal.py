# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lines reach the journal with the fields that tell whose they are, and what a job prints is never more than a line."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import journal


def decode(entry: bytes) -> list[tuple[str, str]]:
    """An entry as journald reads it: with a length in front of the value, or up to the end of the line."""
    fields = []
    while entry:
        head, _newline, rest = entry.partition(b"\n")
        if b"=" in head:
            name, _equals, value = head.partition(b"=")
            entry = rest
        else:
            size = int.from_bytes(rest[:8], "little")
            name, value, entry = head, rest[8 : 8 + size], rest[8 + size + 1 :]
        fields.append((name.decode(), value.decode()))
    return fields


@pytest.fixture
def journald(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """The journal's socket, and this process as systemd starts one."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(str(tmp_path / "journal"))
        receiver.settimeout(10)
        monkeypatch.setattr(journal, "SOCKET", str(tmp_path / "journal"))
        found = os.fstat(2)
        monkeypatch.setenv("JOURNAL_STREAM", f"{found.st_dev}:{found.st_ino}")
        journal.describe(instance="1", pool="default", name="runner-1", id=7, container=None)
        yield receiver
        journal.describe()


def test_a_line_says_whose_it_is(
    journald: socket.socket, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Instance, runner, its id at GitHub; what is not known is no field. Nothing is printed twice."""
    found = os.fstat(2)
    monkeypatch.setenv("JOURNAL_STREAM", f"{found.st_dev}:{found.st_ino}")
    journal.say("started", journal.WARNING)
    journal.runner(["Listening for Jobs", "second"])
    own, first, second = (dict(decode(journald.recv(10**6))) for _entry in range(3))
    assert own == {
        "MESSAGE": "github-runner: started",
        "PRIORITY": "4",
        "SYSLOG_IDENTIFIER": "github-runner",
        "GITHUB_RUNNER_SOURCE": "launcher",
        "GITHUB_RUNNER_INSTANCE": "1",
        "GITHUB_RUNNER_POOL": "default",
        "GITHUB_RUNNER_NAME": "runner-1",
        "GITHUB_RUNNER_ID": "7",
    }
    assert (first["MESSAGE"], first["PRIORITY"], first["GITHUB_RUNNER_SOURCE"]) == ("Listening for Jobs", "6", "runner")
    assert second["MESSAGE"] == "second"
    assert capfd.readouterr() == ("", "")


@given(st.text())
def test_no_line_becomes_a_second_field(text: str) -> None:
    """Newlines, equal signs, lengths: whatever a job prints is the message."""
    entry = journal.encode({"MESSAGE": text, "PRIORITY": "6"})
    shown = text.encode(errors="replace").decode()
    assert decode(entry) == [("MESSAGE", shown), ("PRIORITY", "6")]


def test_without_a_journal_lines_are_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """By hand, in a container, in a test: the launcher's words on standard error, the runner's on standard output."""
    monkeypatch.delenv("JOURNAL_STREAM", raising=False)
    journal.say("started")
    journal.runner(["one", "two"])
    journal.runner([])
    assert capsys.readouterr() == ("one\ntwo\n", "github-runner: started\n")


def test_a_command_of_a_service_that_writes_elsewhere_does_too(
    journald: socket.socket, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The variable is inherited, the stream need not be."""
    monkeypatch.setenv("JOURNAL_STREAM", "1:1")
    journal.say("started")
    assert capsys.readouterr().err == "github-runner: started\n"


@pytest.mark.parametrize("taken", [0, 1])
def test_a_journal_that_goes_away_loses_no_line(
    journald: socket.socket,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    taken: int,
) -> None:
    """Its own stream keeps what the socket does not take, each line once."""
    found = os.fstat(2)
    monkeypatch.setenv("JOURNAL_STREAM", f"{found.st_dev}:{found.st_ino}")
    real = journal.encode
    calls: list[str] = []

    def encode(fields: dict[str, str]) -> bytes:
        calls.append(fields["MESSAGE"])
        if len(calls) == taken + 1:
            (tmp_path / "journal").unlink()
        return real(fields)

    monkeypatch.setattr(journal, "encode", encode)
    journal.runner(["one", "two", "three"])
    assert capfd.readouterr().out.split() == ["one", "two", "three"][taken:]
    if taken:
        assert dict(decode(journald.recv(10**6)))["MESSAGE"] == "one"
