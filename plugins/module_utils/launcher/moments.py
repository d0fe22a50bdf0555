# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Docker's two ways to write a moment, and GitHub's. Pure.

Without time.strptime and calendar: with all that they import, they would weigh on every standing instance.
"""

from __future__ import annotations

import re

_GITHUB = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(?:Z|([+-])(\d\d):(\d\d))")
_INSPECTED = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?Z")


def nanoseconds(text: str) -> int:
    """Nanoseconds since 1970 of a moment as ``inspect`` and log lines write it (RFC 3339, UTC). Raises ValueError."""
    match = _INSPECTED.fullmatch(text)
    if not match:
        raise ValueError(f"not a moment of Docker's: {text!r}")
    year, month, day, hour, minute, second = map(int, match.groups()[:6])
    if not (1 <= month <= 12 and 1 <= day <= 31 and hour < 24 and minute < 60 and second <= 60):
        raise ValueError(f"not a moment of Docker's: {text!r}")
    seconds = (_days(year, month, day) * 24 + hour) * 3600 + minute * 60 + second
    return seconds * 10**9 + int((match[7] or "").ljust(9, "0"))


def since(moment: int) -> str:
    """A moment (nanoseconds since 1970) as the parameter ``since`` of Docker's logs takes it."""
    return f"{moment // 10**9}.{moment % 10**9:09d}"


def seconds(text: str) -> int:
    """Unix time of a moment as GitHub writes it, with Z or with an offset. Raises ValueError."""
    match = _GITHUB.fullmatch(text)
    if not match:
        raise ValueError(f"not a moment of GitHub's: {text!r}")
    offset = (int(match[3]) * 60 + int(match[4])) * 60 if match[2] else 0
    return nanoseconds(f"{match[1]}Z") // 10**9 - (offset if match[2] == "+" else -offset)


def _days(year: int, month: int, day: int) -> int:
    """Days since 1970. Years are counted from March, so that a leap day is the last of its year."""
    year -= month <= 2
    since_march = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return year * 365 + year // 4 - year // 100 + year // 400 + since_march - 719468
