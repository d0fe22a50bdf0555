# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the launcher tells systemd (https://www.freedesktop.org/software/systemd/man/sd_notify.html), and asks of it."""

from __future__ import annotations

import os
import socket
from typing import Callable


def notify(*assignments: str) -> None:
    """Send assignments such as ``READY=1``; nothing where systemd did not start this process."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as connection:
        try:
            connection.sendto("\n".join(assignments).encode(), address)
        except OSError:
            pass  # systemd being reloaded; the next change says it again


def systemctl(*arguments: str) -> int:
    """Run systemctl; gives its exit code. What it says goes where this process's words go."""
    # AnsibleModule.run_command is not to be had here: the launcher is no module.
    return os.spawnvp(os.P_WAIT, "systemctl", ["systemctl", *arguments])  # pylint: disable=ansible-bad-function


def reload(unit: str) -> Callable[[], bool]:
    """Begin to reload a unit. What this gives waits for the end, and says whether the unit is reloaded."""
    command = ["systemctl", "reload", unit]
    child = os.spawnvp(os.P_NOWAIT, command[0], command)  # pylint: disable=ansible-bad-function
    return lambda: os.waitpid(child, 0)[1] == 0


def restarts(unit: str) -> bool:
    """Whether systemd stops a unit only to start it again; False where it does not say so."""
    reader, writer = os.pipe()
    command = ["systemctl", "list-jobs", "--no-legend", unit]
    try:
        answers = [(os.POSIX_SPAWN_DUP2, writer, 1)]
        child = os.posix_spawnp(  # pylint: disable=ansible-bad-function
            command[0], command, os.environ, file_actions=answers
        )
    except OSError:
        os.close(reader)
        return False
    finally:
        os.close(writer)
    with open(reader, encoding="utf-8", errors="replace") as stream:
        # Number, unit, type, state: 111 github-runner@1.service restart running.
        words = stream.read().split()
    os.waitpid(child, 0)
    return words[1:3] == [unit, "restart"]
