# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a runner prints: lines for the journal, and the few that tell how it is. Pure.

The words are the runner's own (actions/runner, Runner.cs). They are shown, never trusted: a job can write to the same
stream, so nothing is killed or deleted because of them.
"""

from __future__ import annotations

import re
from collections import namedtuple

from . import moments

_LINE_MAX = 64 * 1024
_STAMPED = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ: (.*)")
# What is shown of a line is short: a job can print what it likes, and any number of times.
_RUNNING = re.compile(r"Running job: (.{0,200}).*")
_COMPLETED = re.compile(r"Job .* completed with result: (\w{1,32})")
_VERSION = re.compile(r"Current runner version: '(\d{1,4}(?:\.\d{1,6}){1,3})'")
# Control characters, C1 ones and the marks that turn the direction of text: what could fool a terminal.
_UNPRINTABLE = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


# Not typing's NamedTuple: see entry.py.
class Line(namedtuple("Line", ("text", "event", "subject"), defaults=(None, None))):
    """One line and what it says.

    ``version`` (subject: the runner's), ``listening``, ``running`` (the job), ``completed`` (the result).
    """

    __slots__ = ()


class Output:
    """Puts Docker's pieces together into lines. ``since`` is where to go on after an interruption."""

    def __init__(self, since: str = "0"):
        self.since = since
        self._partial = ""

    def feed(self, piece: bytes) -> Line | None:
        """The line that is whole with this piece, which has its time in front."""
        stamp, _space, text = piece.decode(errors="replace").partition(" ")
        try:
            self.since = moments.since(moments.nanoseconds(stamp) + 1)
        except ValueError:
            pass  # the time is only used to go on after an interruption
        self._partial += text
        if not text.endswith("\n") and len(self._partial) < _LINE_MAX:
            return None
        whole, self._partial = self._partial.rstrip("\r\n"), ""
        return parse(whole)


def parse(text: str) -> Line:
    """A line as it may be shown, with its event."""
    shown = _UNPRINTABLE.sub(lambda match: f"\\x{ord(match[0]):02x}", text)
    stamped = _STAMPED.fullmatch(shown)
    if not stamped:
        version = _VERSION.fullmatch(shown)
        return Line(shown, "version", version[1]) if version else Line(shown)
    if stamped[1] == "Listening for Jobs":
        return Line(shown, "listening")
    running = _RUNNING.fullmatch(stamped[1])
    if running:
        return Line(shown, "running", running[1])
    completed = _COMPLETED.fullmatch(stamped[1])
    if completed:
        return Line(shown, "completed", completed[1])
    return Line(shown)
