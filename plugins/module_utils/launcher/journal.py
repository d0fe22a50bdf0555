# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lines for the journal: the launcher's own words and the runner's output, with fields that tell whose they are.

Over journald's own protocol (https://systemd.io/JOURNAL_NATIVE_PROTOCOL), so that a line is a field of known length:
what a job prints can neither add a field nor choose a priority. Where systemd has not connected this process to the
journal, they are plain lines on standard output and standard error.
"""

from __future__ import annotations

import os
import socket
import sys

SOCKET = "/run/systemd/journal/socket"
IDENTIFIER = "github-runner"
# Priorities: syslog(3).
WARNING = 4
INFO = 6

_fields: dict[str, str] = {}


def describe(**fields: object) -> None:
    """What the lines from now on are about: ``instance="1"`` becomes GITHUB_RUNNER_INSTANCE=1; None is left out."""
    _fields.clear()
    _fields.update({f"GITHUB_RUNNER_{name.upper()}": str(value) for name, value in fields.items() if value is not None})


def say(text: str, priority: int = INFO) -> None:
    """A line of the launcher's own."""
    line = f"{IDENTIFIER}: {text}"
    if not _send([line], "launcher", priority):
        sys.stderr.write(line + "\n")
        sys.stderr.flush()


def runner(lines: list[str]) -> None:
    """Lines that the runner, or its job, has printed."""
    if lines and not _send(lines, "runner", INFO):
        sys.stdout.write("".join(line + "\n" for line in lines))
        sys.stdout.flush()


def encode(fields: dict[str, str]) -> bytes:
    """An entry of the journal. Each value has its length in front, so that no newline in it begins another field."""
    parts = []
    for name, value in fields.items():
        data = value.encode(errors="replace")
        parts += [name.encode(), b"\n", len(data).to_bytes(8, "little"), data, b"\n"]
    return b"".join(parts)


def _send(lines: list[str], source: str, priority: int) -> bool:
    """Whether all lines have been taken by the journal. Nothing is sent twice where the first one is not."""
    if not _connected():
        return False
    common = {
        "PRIORITY": str(priority),
        "SYSLOG_IDENTIFIER": IDENTIFIER,
        "GITHUB_RUNNER_SOURCE": source,
        **_fields,
    }
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as connection:
        for number, line in enumerate(lines):
            try:
                connection.sendto(encode({"MESSAGE": line, **common}), SOCKET)
            except OSError:
                if number == 0:
                    return False
                # The journal went away in between: its own stream keeps lines until it is back.
                stream = sys.stdout if source == "runner" else sys.stderr
                stream.write("".join(one + "\n" for one in lines[number:]))
                stream.flush()
                return True
    return True


def _connected() -> bool:
    """Whether systemd has connected standard error to the journal: $JOURNAL_STREAM in systemd.exec(5)."""
    told = os.environ.get("JOURNAL_STREAM")
    if not told:
        return False
    try:
        found = os.fstat(2)
    except OSError:
        return False
    return told == f"{found.st_dev}:{found.st_ino}"
