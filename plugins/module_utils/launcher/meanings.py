# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What each state of an instance means and what to do about it: for ``github-runner status --help`` and for the docs.

Apart from the states themselves, so that no instance has these sentences in its memory.
"""

from __future__ import annotations

from . import state

#: The meaning, and the remedy where there is something to mend; well, on the way, in need of somebody.
MEANINGS: dict[str, tuple[str, str]] = {
    state.IDLE: ("a runner is online and waits for a job", ""),
    state.BUSY: ("a job runs", ""),
    state.STARTING: ("a runner is being registered, or connects", ""),
    state.DRAINING: ("takes no new job, waits for the running one", ""),
    state.STOPPED: ("was drained, or never started", "the playbook resume, or start its unit"),
    state.WAITING: (
        "GitHub, Docker or micro-cipher cannot serve; the reason and the time of the next try stand beside it",
        "what the reason says; a new token or pool file is noticed within seconds",
    ),
    state.SEALED: (
        "micro-cipher has a new key, as after a reboot",
        "the playbook unseal: the instances go on by themselves",
    ),
    state.OUTDATED: ("GitHub takes no runner of this version; it is asked again each hour", "the playbook upgrade"),
    state.FAILED: (
        "a drain gave up after github_runner_drain_timeout; the job was left running",
        "start the instance again, or drain it with --force",
    ),
}


def text() -> str:
    """The table for a terminal."""
    width = max(map(len, MEANINGS)) + 2
    lines = ["states:"]
    for name, (meaning, remedy) in MEANINGS.items():
        lines.append(f"  {name.ljust(width)}{meaning}")
        if remedy:
            lines.append(f"  {' ' * width}-> {remedy}")
    return "\n".join(lines)
