# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A shell in a terminal, with somebody at it who knows one password."""

from __future__ import annotations

import os
import pty
import re
import struct
import sys
from fcntl import ioctl
from pathlib import Path
from termios import TIOCSWINSZ

_ASKS = re.compile(rb"password[^\r\n]*: ?$", re.IGNORECASE)
_COLUMNS = 110
# What a shell knows is carried from one block to the next, as if it were one shell.
_BLOCK = """\
set -euo pipefail
cd "$FOLDER"
[ ! -e "$CARRIED" ] || . "$CARRIED"
{way}{text}
{{
    declare -px | grep -v 'declare -x \\(HTTPS_PROXY\\|NO_PROXY\\|REQUESTS_CA_BUNDLE\\)'
    printf 'cd %q\\n' "$PWD"
}} > "$CARRIED"
"""


class Terminal:
    """Runs blocks of commands one after another."""

    def __init__(self, home: Path, environment: dict[str, str], password: str) -> None:
        self._carried = home / "carried"
        self._environment = {**environment, "FOLDER": str(home), "CARRIED": str(self._carried)}
        self._password = password
        self.folder = home

    def run(self, text: str) -> tuple[int, str]:
        """Run a block; the exit code, and what was to be seen. What fails ends it, as it would stop a reader."""
        # Who installs packages is not behind the bed's proxy.
        way = "" if "pip " in text else f"export {self._environment['ANSIBLE_WAY']}\n"
        arguments = ["bash", "-c", _BLOCK.format(way=way, text=text)]
        child, terminal = pty.fork()
        if child == 0:
            os.execvpe("bash", arguments, self._environment)
        ioctl(terminal, TIOCSWINSZ, struct.pack("HHHH", 50, _COLUMNS, 0, 0))
        output = self._attend(terminal)
        _pid, status = os.waitpid(child, 0)
        os.close(terminal)
        if self._carried.exists():
            self.folder = Path(self._carried.read_text().rsplit("\ncd ", 1)[1].strip())
        return os.waitstatus_to_exitcode(status), output

    def _attend(self, terminal: int) -> str:
        """Read until the shell ends; answer where a password is asked for."""
        seen = b""
        answered = 0
        while True:
            try:
                data = os.read(terminal, 65536)
            except OSError:  # the other side has gone
                data = b""
            if not data:
                return seen.decode(errors="replace").replace("\r\n", "\n")
            sys.stdout.buffer.write(data)
            sys.stdout.flush()
            seen += data
            if _ASKS.search(seen[answered:]):
                os.write(terminal, f"{self._password}\n".encode())
                answered = len(seen)
