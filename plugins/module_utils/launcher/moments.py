# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Docker's two ways to write a moment. Pure."""

from __future__ import annotations

import re
import time
from calendar import timegm

_INSPECTED = re.compile(r"(\d+-\d+-\d+T\d+:\d+:\d+)(?:\.(\d{1,9}))?Z")


def nanoseconds(text: str) -> int:
    """Nanoseconds since 1970 of a moment as ``inspect`` and log lines write it (RFC 3339, UTC). Raises ValueError."""
    match = _INSPECTED.fullmatch(text)
    if not match:
        raise ValueError(f"not a moment of Docker's: {text!r}")
    return timegm(time.strptime(match[1], "%Y-%m-%dT%H:%M:%S")) * 10**9 + int((match[2] or "").ljust(9, "0"))


def since(moment: int) -> str:
    """A moment (nanoseconds since 1970) as the parameter ``since`` of Docker's logs takes it."""
    return f"{moment // 10**9}.{moment % 10**9:09d}"
