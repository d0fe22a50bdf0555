# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the resident launcher keeps from one call to the next: never the credential, only what it was good for.

That is a GitHub App's access token, narrowed to one permission and good for an hour at most, and numbers that GitHub
was asked for. A call runs in a child process (see offload.py), which hands back what it has learned.
"""

from __future__ import annotations

import time
from typing import Any, Callable


class Memory:
    """Values with an end, by key. They are JSON, for they cross a pipe, and they are on no disk."""

    def __init__(self, clock: Callable[[], float] = time.time):
        self._clock = clock
        self._kept: dict[str, tuple[Any, float]] = {}
        self._news: dict[str, tuple[Any, float] | None] = {}

    def recall(self, key: str) -> Any | None:
        """What is kept; None where there is nothing, or where it has ended."""
        value, until = self._kept.get(key, (None, 0.0))
        return value if self._clock() < until else None

    def keep(self, key: str, value: Any, until: float) -> None:
        """Keep a value until a moment (Unix time)."""
        self._kept[key] = self._news[key] = (value, until)

    def forget(self, key: str) -> None:
        """What turned out to be no good any more."""
        self._kept.pop(key, None)
        self._news[key] = None

    def begin(self) -> None:
        """In a child process: what was known before is no news to its parent."""
        self._news = {}

    def news(self) -> dict[str, Any]:
        """What has been learned or forgotten since ``begin``, for the other side of a pipe."""
        return {key: entry and list(entry) for key, entry in self._news.items()}

    def learn(self, news: dict[str, Any]) -> None:
        """Take over what a child process has learned: it may have begun long ago, so all else stays."""
        for key, entry in news.items():
            if entry is None:
                self.forget(key)
            else:
                self.keep(key, *entry)
