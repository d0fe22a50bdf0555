# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A process's name as `ps` and `docker top` show it."""

from __future__ import annotations

import sys
from pathlib import Path

import setproctitle


def show(arguments: list[str]) -> None:
    """Show this process as the program that it stands in for, without its interpreter."""
    program = Path(sys.argv[0]).resolve()
    setproctitle.setproctitle(" ".join([str(program), *arguments]))
    # The line above has put the beginning of the path there.
    setproctitle.setthreadtitle(program.name)
