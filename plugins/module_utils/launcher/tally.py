# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an instance counts: a small file of its own in /var/lib, which outlives launchers and reboots.

Written by the instance alone, read by ``metrics``. A count that could not be written is written with the next one.
"""

from __future__ import annotations

import dataclasses
import json
import os
from typing import Any

from . import files
from .paths import Paths

# GitHub's results of a job (TaskResult in actions/runner). A job can print any other word: it counts as ``unknown``.
RESULTS = ("succeeded", "succeededwithissues", "failed", "canceled", "skipped", "abandoned")
UNKNOWN = "unknown"
#: Upper bounds of the histogram, in seconds; one more bucket holds what took longer.
BOUNDS = (0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0)


@dataclasses.dataclass
class Tally:
    """The counts of one instance."""

    instance: str
    pool: str
    jobs: dict[str, int] = dataclasses.field(default_factory=dict)  #: by result
    registrations: int = 0
    errors: dict[str, int] = dataclasses.field(default_factory=dict)  #: of registrations, by the kind of trouble
    gaps: list[int] = dataclasses.field(default_factory=lambda: [0] * (len(BOUNDS) + 1))  #: by the bucket
    gap_seconds: float = 0.0  #: the sum of all gaps
    quota: dict[str, float] = dataclasses.field(default_factory=dict)  #: see github.quota

    def job(self, result: str | None) -> None:
        """A job has ended."""
        word = (result or "").lower()
        known = word if word in RESULTS else UNKNOWN
        self.jobs[known] = self.jobs.get(known, 0) + 1

    def registered(self, quota: dict[str, float] | None) -> None:
        """A runner was registered and its container made."""
        self.registrations += 1
        self.quota = quota or self.quota

    def refused(self, kind: str) -> None:
        """None was."""
        self.errors[kind] = self.errors.get(kind, 0) + 1

    def gap(self, seconds: float) -> None:
        """So long nobody listened after a job's end."""
        self.gaps[sum(seconds > bound for bound in BOUNDS)] += 1
        self.gap_seconds += seconds


def load(text: str) -> Tally:
    """The counts in a file's text. Raises ValueError."""
    document = json.loads(text)
    try:
        tally = Tally(**document)
        _check(tally)
    except (TypeError, AttributeError) as error:
        raise ValueError("the counts are damaged") from error
    return tally


def read(paths: Paths, instance: str, pool: str) -> Tally:
    """An instance's counts; from nothing where there are none that can be read."""
    try:
        text = files.read(paths.tally(instance))
        return load(text) if text is not None else Tally(instance, pool)
    except (OSError, ValueError):
        return Tally(instance, pool)


def read_all(paths: Paths) -> list[Tally]:
    """The counts of all instances, also of those that are gone: a counter that vanishes would look like a reset."""
    try:
        found = sorted(name for name in os.listdir(paths.tallies) if name.endswith(".json"))
    except OSError:
        return []
    tallies = []
    for name in found:
        try:
            tallies.append(load(files.read(os.path.join(paths.tallies, name)) or ""))
        except (OSError, ValueError):
            continue  # damaged: the instance begins anew with its next job
    return tallies


def write(paths: Paths, tally: Tally) -> None:
    """Keep the counts. Raises OSError."""
    os.makedirs(paths.tallies, mode=0o755, exist_ok=True)
    files.write(paths.tally(tally.instance), f"{json.dumps(dataclasses.asdict(tally))}\n".encode(), 0o644)


def _check(tally: Tally) -> None:
    numbers: list[Any] = [tally.registrations, tally.gap_seconds, *tally.gaps]
    for counts in (tally.jobs, tally.errors, tally.quota):
        numbers += counts.values()
    if len(tally.gaps) != len(BOUNDS) + 1 or not all(isinstance(one, (int, float)) and one >= 0 for one in numbers):
        raise ValueError("the counts are damaged")
