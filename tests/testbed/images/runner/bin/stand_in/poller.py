# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting for jobs: a thread that keeps the session with GitHub and says what happens."""

from __future__ import annotations

import contextlib
import queue
import random
import threading
import time
from typing import NamedTuple

from . import VERSION, terminal
from .configuration import Settings
from .server import UNREACHABLE, Reply, Server

# BrokerMessageListener: a conflict is waited for, 30 s at a time, for 4 min.
_CONFLICT_WAIT = 30
_CONFLICT_TRIES = 8

TERMINATED = 1
SESSION_CONFLICT = 5
OUTDATED = 7


class Job(NamedTuple):
    """GitHub has assigned a job."""

    number: int


class Cancel(NamedTuple):
    """The running job is not wanted any more."""


class Over(NamedTuple):
    """There is nothing more to wait for; the listener ends with this code."""

    code: int
    removed: bool = False  #: the registration is gone for good


class Poller(threading.Thread):
    """Connects, polls, and puts Job, Cancel and Over into ``events``."""

    def __init__(self, settings: Settings, events: queue.SimpleQueue):
        super().__init__(daemon=True)
        self.server = Server(settings.server)
        self._settings = settings
        self._events = events
        self._go_on = threading.Semaphore(0)
        self._failures = 0
        self._leaving = False

    def leave(self) -> None:
        """Go offline for good; the registration stays."""
        # First the flag: the open poll ends with the session, and would ask for another.
        self._leaving = True
        server = self.server.twin()
        # Where GitHub is not reached, the session runs out by itself.
        with contextlib.suppress(*UNREACHABLE):
            if server.session is not None:
                server.delete_session()

    def go_on(self) -> None:
        """Poll again, after a Job has been dealt with."""
        self._go_on.release()

    def run(self) -> None:
        """Until the runner is over."""
        over = self._connect()
        if over is None:
            terminal.stamped("Listening for Jobs")
            over = self._poll()
        self._events.put(over)

    def _connect(self) -> Over | None:
        reply = self._create_session()
        if reply.status == 201:
            terminal.line()
            terminal.success("Connected to GitHub")
            terminal.line()
            terminal.line(f"Current runner version: '{VERSION}'")
            return None
        if reply.status in (401, 404):
            terminal.line(
                "Failed to create a session. The runner registration has been deleted from the server, please"
                " re-configure. Runner registrations are automatically deleted for runners that have not connected"
                " to the service recently."
            )
            return Over(TERMINATED)
        return _refused(reply)

    def _create_session(self) -> Reply:
        """The answer to a wish for a session, a conflict only after long waiting."""
        for number in range(_CONFLICT_TRIES + 1):
            if number:
                time.sleep(_CONFLICT_WAIT)
            reply = self._ask(lambda: self.server.create_session(self._settings.agent_id, self._settings.secret))
            if reply.status == 201:
                self.server.session = reply.document["session"]
            if reply.status != 409:
                break
            terminal.line("A session for this runner already exists.")
        return reply

    def _poll(self) -> Over:
        while True:
            started = time.monotonic()
            reply = self._ask(self.server.message)
            if self._leaving:
                return Over(0)
            if reply.status == 404:
                # Without a session: it has run out, or the runner itself is gone.
                reply = self._create_session()
                if reply.status == 404:
                    return Over(0, removed=True)
            elif reply.status == 200 and reply.document["type"] == "job":
                self._events.put(Job(reply.document["job"]))
                self._go_on.acquire()
            elif reply.status == 200:
                self._events.put(Cancel())
            elif reply.status == 204:
                # Never a storm, even where the other side does not hold the poll.
                time.sleep(max(0.0, 1 - (time.monotonic() - started)))
            if reply.status >= 400:
                return _refused(reply)

    def _ask(self, call) -> Reply:
        """The reply to a call, asked again for as long as GitHub cannot be reached or cannot serve."""
        while True:
            try:
                reply: Reply = call()
                problem = reply.message if reply.status >= 500 or reply.status == 429 else None
            except UNREACHABLE as error:
                problem = str(error) or type(error).__name__
            if problem is None:
                if self._failures:
                    terminal.stamped("Runner reconnected.")
                self._failures = 0
                return reply
            if not self._failures:
                terminal.stamped(f"Runner connect error: {problem}. Retrying until reconnected.")
            self._failures += 1
            time.sleep(random.uniform(1, 3) if self._failures <= 5 else random.uniform(15, 30))


def _refused(reply: Reply) -> Over:
    if reply.status == 409:
        return Over(SESSION_CONFLICT)
    terminal.error(reply.message)
    # Upstream takes every 403 for this: actions/runner#3381.
    return Over(OUTDATED if reply.status == 403 else TERMINATED)
