# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Signals as something to wait for: SIGTERM drains, SIGHUP reloads, SIGUSR1 renews, SIGQUIT ends at once."""

from __future__ import annotations

import fcntl
import os
import select
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

# Files are written beside and renamed: see files.py.
_CHANGES = fcntl.DN_CREATE | fcntl.DN_RENAME | fcntl.DN_DELETE | fcntl.DN_MODIFY | fcntl.DN_MULTISHOT


class Signals:
    """Remembers the signals of this process and wakes up whoever waits."""

    def __init__(self) -> None:
        self.drain = False
        self.force = False
        self._reload = False
        self._renew = False
        self._reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGQUIT, signal.SIGIO):
            signal.signal(number, self._received)

    def take_reload(self) -> bool:
        """Whether a reload was asked for since the last time this was asked."""
        asked, self._reload = self._reload, False
        return asked

    def take_renew(self) -> bool:
        """Whether another runner was asked for since the last time this was asked."""
        asked, self._renew = self._renew, False
        return asked

    @contextmanager
    def changes_in(self, *directories: str) -> Iterator[bool]:
        """Have ``wait`` end early for changes in directories; gives whether the kernel tells about all of them."""
        opened = []
        told = True
        try:
            for directory in directories:
                try:
                    opened.append(os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC))
                    fcntl.fcntl(opened[-1], fcntl.F_NOTIFY, _CHANGES)
                except OSError:
                    told = False
            yield told
        finally:
            for descriptor in opened:
                os.close(descriptor)

    def wait(self, timeout: float | None, descriptor: int | None = None) -> bool:
        """Sleep until a signal comes, the descriptor is readable or the time is over; whether the descriptor is."""
        watched = [self._reader] if descriptor is None else [self._reader, descriptor]
        readable, _writable, _failed = select.select(watched, [], [], timeout)
        if self._reader in readable:
            try:
                os.read(self._reader, 512)
            except BlockingIOError:
                pass
        return descriptor is not None and descriptor in readable

    def _received(self, number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGHUP:
            self._reload = True
            return
        if number == signal.SIGUSR1:
            self._renew = True
            return
        if number == signal.SIGIO:  # something has changed in a directory: whoever waits looks
            return
        self.drain = True
        if number == signal.SIGQUIT:
            self.force = True
