# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting for something to become true; every wait has an end."""

from __future__ import annotations

import time
from collections.abc import Callable

from .errors import BedError


def wait_until(
    ready: Callable[[], bool],
    seconds: float,
    otherwise: Callable[[], str],
    *,
    pause: float = 0.1,
) -> None:
    """Ask `ready` until it says yes. Raises BedError with the sentence `otherwise` makes when the time is over."""
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() >= deadline:
            raise BedError(otherwise())
        time.sleep(pause)
