# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Signals wake the instance up and are remembered until they were heard."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.signals import Signals

HANDLED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGQUIT)


@pytest.fixture
def signals() -> Iterator[Signals]:
    """The launcher's signals; this process gets its own handlers back."""
    before = {number: signal.getsignal(number) for number in HANDLED}
    wakeup = signal.set_wakeup_fd(-1)
    try:
        yield Signals()
    finally:
        signal.set_wakeup_fd(wakeup)
        for number, handler in before.items():
            signal.signal(number, handler)


@pytest.mark.parametrize(
    ("number", "drain", "force", "reload", "renew"),
    [
        (signal.SIGTERM, True, False, False, False),
        (signal.SIGINT, True, False, False, False),
        (signal.SIGQUIT, True, True, False, False),
        (signal.SIGHUP, False, False, True, False),
        (signal.SIGUSR1, False, False, False, True),
    ],
)
def test_each_signal_asks_for_its_own(
    signals: Signals, number: signal.Signals, drain: bool, force: bool, reload: bool, renew: bool
) -> None:
    """SIGTERM drains, SIGQUIT ends at once, SIGHUP reloads, SIGUSR1 renews; each is heard once."""
    os.kill(os.getpid(), number)
    assert (signals.drain, signals.force) == (drain, force)
    assert [signals.take_reload(), signals.take_reload()] == [reload, False]
    assert [signals.take_renew(), signals.take_renew()] == [renew, False]


def test_a_sleep_ends_when_a_signal_comes(signals: Signals) -> None:
    """A drain does not wait for the end of a back-off, even where the signal came just before the sleep."""
    os.kill(os.getpid(), signal.SIGTERM)
    began = time.monotonic()
    assert signals.wait(30) is False
    threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGHUP)).start()
    assert signals.wait(30) is False
    assert time.monotonic() - began < 10


def test_a_sleep_ends_with_its_time_and_when_there_is_output(signals: Signals) -> None:
    """The descriptor's readiness is told apart from a signal and from the end of the time."""
    reader, writer = os.pipe()
    try:
        assert signals.wait(0.01, reader) is False
        os.write(writer, b"x")
        assert signals.wait(30, reader) is True
        assert signals.wait(0.01) is False
    finally:
        os.close(reader)
        os.close(writer)


@pytest.mark.parametrize("change", ["replace", "remove"])
def test_a_sleep_ends_when_a_directory_changes(signals: Signals, tmp_path: Path, change: str) -> None:
    """The kernel wakes the sleeper up: nobody has to look every few seconds."""
    (tmp_path / "file").write_text("")
    (tmp_path / "file.new").write_text("")
    happen = {"replace": (tmp_path / "file.new").replace, "remove": lambda _path: (tmp_path / "file").unlink()}[change]
    with signals.changes_in(str(tmp_path)) as told:
        assert told
        threading.Timer(0.1, happen, (tmp_path / "file",)).start()
        began = time.monotonic()
        assert signals.wait(30) is False
        assert time.monotonic() - began < 10
    assert signals.wait(0.01) is False
    (tmp_path / "file").write_text("")
    assert (signals.drain, signals.take_reload()) == (False, False)


def test_a_directory_that_is_not_there_is_no_error(signals: Signals, tmp_path: Path) -> None:
    """Then whoever waits has to look by himself."""
    with signals.changes_in(str(tmp_path), str(tmp_path / "missing")) as told:
        assert not told
