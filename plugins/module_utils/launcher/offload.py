# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a call in a child process and get its result as JSON.

The child imports ssl, holds the plaintext credential, and ends; the parent, which stays as long as the runner does,
never grows by either. What may outlive the child is in memory.py.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from typing import Any, Callable

from .errors import Trouble
from .memory import Memory

# What a call is made of has time limits of its own, but whoever answers one byte at a time would outlive them.
_LONGEST = 900


class Offloaded:
    """A call that runs in a child process: at once or, with ``warm``, when ``go`` says so.

    ``warm`` is called in the child meanwhile, and imports what the call will need. What the call leaves in ``memory``
    is known here afterwards.
    """

    def __init__(
        self, call: Callable[..., Any], warm: Callable[[], object] | None = None, memory: Memory | None = None
    ):
        reader, writer = os.pipe()
        gate, opener = os.pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        try:
            self._pid = os.fork()
        except OSError as error:
            for descriptor in (reader, writer, gate, opener):
                os.close(descriptor)
            raise Trouble("host", f"the host starts no more processes: {error.strerror}") from error
        if self._pid == 0:
            os.close(reader)
            os.close(opener)
            _child(call, warm, memory, gate, writer)
        os.close(writer)
        os.close(gate)
        self._reader = reader
        self._opener = opener
        self._memory = memory
        if warm is None:
            self.go()

    def go(self, *arguments: Any) -> None:
        """Make the call, with arguments that JSON can carry."""
        try:
            os.write(self._opener, json.dumps(arguments).encode())
        except BrokenPipeError:
            pass  # the child has died: the result says so
        os.close(self._opener)

    def abandon(self) -> None:
        """Instead of ``go`` and ``result``: let the child end without the call."""
        os.close(self._opener)
        os.close(self._reader)
        os.waitpid(self._pid, 0)

    def result(self) -> Any:
        """What the call gave; waits for it. Raises Trouble as the call did."""
        with open(self._reader, "rb") as stream:
            text = stream.read()
        _pid, status = os.waitpid(self._pid, 0)
        try:
            document = json.loads(text)
        except ValueError as error:
            said = "the launcher's helper process ended without a result: look at the journal"
            if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGALRM:
                said = f"what the launcher asked for was not answered to the end within {_LONGEST} s"
            raise Trouble("launcher", said) from error
        if self._memory is not None:
            self._memory.learn(document["news"])
        if "trouble" in document:
            raise Trouble.from_dict(document["trouble"])
        return document["result"]


def _child(
    call: Callable[..., Any], warm: Callable[[], object] | None, memory: Memory | None, gate: int, writer: int
) -> None:
    """Never returns: the parent's stack must not run twice."""
    code = 1
    try:
        # A drain must not lose the answer of a request under way, and the parent's wake-up pipe is not the child's.
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGQUIT, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        if warm is not None:
            warm()
        with open(gate, "rb") as told:
            arguments = told.read()
        if not arguments:  # abandoned, or the parent has died
            os._exit(0)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(_LONGEST)
        if memory is not None:
            memory.begin()
        try:
            document = {"result": call(*json.loads(arguments))}
        except Trouble as trouble:
            document = {"trouble": trouble.as_dict()}
        if memory is not None:
            document["news"] = memory.news()
        with open(writer, "wb") as stream:
            stream.write(json.dumps(document).encode())
        code = 0
    except BaseException as error:  # the type alone: a message could hold the token
        sys.stderr.write(f"helper process: {type(error).__name__}\n")
        sys.stderr.flush()
    finally:
        os._exit(code)
