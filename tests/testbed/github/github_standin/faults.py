# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""GitHub on a bad day: answers that fail, come late, never come, or are not true."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import asdict, dataclass

STATUS, SLOW, DROP, PORTAL, LIE_BUSY = "status", "slow", "drop", "portal", "lie-busy"
KINDS = (STATUS, SLOW, DROP, PORTAL, LIE_BUSY)

#: Without a path of its own a fault is one of the REST API, and leaves the runners' connections alone.
RUNNER_SIDE = "/_runner/"


@dataclass
class Fault:
    """One fault. ``until`` and ``count`` bound it; ``path`` is a regular expression that is searched in the path."""

    kind: str
    status: int = 503
    seconds: float = 2.0
    retry_after: int | None = None
    path: str | None = None
    message: str | None = None
    delete: str = "422"
    until: float | None = None
    count: int | None = None

    def concerns(self, path: str) -> bool:
        if self.path is None:
            return not path.startswith(RUNNER_SIDE)
        return re.search(self.path, path) is not None

    def as_json(self) -> dict:
        return asdict(self)


class Faults:
    """The faults in force."""

    def __init__(self, now: Callable[[], float]):
        self._now = now
        self._faults: list[Fault] = []

    def add(self, document: dict) -> Fault:
        """A fault as the admin API describes it. Raises ValueError, with a sentence that names what is wrong."""
        options = dict(document)
        lasts = options.pop("for", None)
        if options.get("kind") not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}")
        unknown = set(options) - set(Fault.__dataclass_fields__) | {"until"} & set(options)
        if unknown:
            raise ValueError(f"a fault has no {', '.join(sorted(unknown))}")
        options = {name: value for name, value in options.items() if value is not None}
        try:
            fault = Fault(**options, until=None if lasts is None else self._now() + float(lasts))
            re.compile(fault.path or "")
        except (TypeError, re.error) as error:
            raise ValueError(str(error)) from error
        if not 400 <= int(fault.status) <= 599:
            raise ValueError("status must be from 400 to 599")
        if str(fault.delete) not in ("204", "422"):
            raise ValueError("delete must be 204 or 422")
        self._faults.append(fault)
        return fault

    def clear(self) -> None:
        self._faults.clear()

    def active(self) -> list[Fault]:
        """The faults in force, oldest first."""
        now = self._now()
        self._faults = [
            fault for fault in self._faults if (fault.until is None or now < fault.until) and fault.count != 0
        ]
        return list(self._faults)

    def take(self, path: str, kinds: tuple[str, ...]) -> list[Fault]:
        """The faults of these kinds that a request for ``path`` meets; each counts as met once more."""
        met = [fault for fault in self.active() if fault.kind in kinds and fault.concerns(path)]
        for fault in met:
            if fault.count is not None:
                fault.count -= 1
        return met
