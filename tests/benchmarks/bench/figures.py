# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Arithmetic of the benchmarks. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from typing import Any, NamedTuple

LABEL_INSTANCE = "io.github.socialgouv.actions-runner.instance"


class Spread(NamedTuple):
    """What was measured several times."""

    median: float
    least: float
    most: float
    count: int


def spread(values: Iterable[float]) -> Spread:
    """The median, and how far the rest lies from it."""
    found = sorted(values)
    if not found:
        raise ValueError("nothing was measured")
    return Spread(statistics.median(found), found[0], found[-1], len(found))


def replacements(events: Iterable[dict[str, Any]], key: str) -> list[float]:
    """Seconds from a container's end to the start of the one that replaces it, from Docker's events.

    ``key`` is what both have in common: a label, or ``name``. Starts without an end before them are first ones.
    """
    died: dict[str, int] = {}
    gaps = []
    for event in sorted(events, key=lambda one: one["timeNano"]):
        slot = event["Actor"]["Attributes"].get(key)
        if slot is None:
            continue
        if event["Action"] == "die":
            died[slot] = event["timeNano"]
        elif event["Action"] == "start" and slot in died:
            gaps.append((event["timeNano"] - died.pop(slot)) / 10**9)
    return gaps
