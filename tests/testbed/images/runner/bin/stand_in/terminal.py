# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the listener prints."""

from __future__ import annotations

import os
import sys
import time


def line(text: str = "") -> None:
    """Print a line, at once, and its trace where ACTIONS_RUNNER_PRINT_LOG_TO_STDOUT asks for it."""
    if os.environ.get("ACTIONS_RUNNER_PRINT_LOG_TO_STDOUT", "").lower() in ("1", "true"):
        text = f"[RUNNER {_now()} INFO Terminal] WRITE LINE: {text}\n{text}"
    # One write: two threads print.
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def stamped(text: str) -> None:
    """Print a line with its time in front, as .NET's format ``u`` writes it."""
    line(f"{_now()}: {text}")


def success(text: str) -> None:
    """Print what went well."""
    line(f"√ {text}")


def error(text: str) -> None:
    """Print what ends the runner."""
    line(f"An error occurred: {text}")


def _now() -> str:
    return time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime())
