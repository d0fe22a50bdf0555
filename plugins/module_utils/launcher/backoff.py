# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long to wait after a failure. Pure, but for the random numbers it is given."""

from __future__ import annotations

import random
from typing import Callable

FIRST = 2.0  #: seconds after the first failure
LONGEST = 300.0  #: seconds between two tries of what passes by itself
LASTING = 60.0  #: seconds after the first failure that a person has to mend: what they mend wakes the instance up
# GitHub's secondary limits ask for minutes and its primary one for an hour at most.
LONGEST_ASKED = 3900.0


def delay(
    failures: int,
    *,
    lasting: bool = False,
    retry_after: float | None = None,
    rng: Callable[[], float] | None = None,
) -> float:
    """Seconds to wait after ``failures`` failures in a row, jittered so that a fleet does not march in step.

    Doubles from FIRST (or LASTING) to LONGEST and takes between half of that and all of it. What the other side asked
    for is never undercut; it is spread by up to a fifth, for all instances were told the same.
    """
    exponential = min(LONGEST, (LASTING if lasting else FIRST) * 2 ** min(max(failures, 1) - 1, 16))
    rng = rng or random.random  # here, so that the module is loaded when it is needed
    own = exponential * (0.5 + rng() / 2)
    if retry_after is None:
        return own
    asked = min(max(retry_after, 0.0), LONGEST_ASKED)
    return max(own, asked * (1 + rng() / 5))
