# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What GitHub was asked, without any secret in clear."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import asdict, dataclass

KEPT = 100_000


@dataclass(frozen=True)
class Entry:
    """One request; ``token`` is a fingerprint, ``status`` None where the connection was dropped."""

    n: int
    at: float
    method: str
    path: str
    query: str
    status: int | None
    user_agent: str | None
    token: str | None
    client: str | None


class Journal:
    """The requests, in the order in which they were done with; numbers are never used twice."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=KEPT)
        self._last = 0

    def connected(self, name: str, client: str, status: int) -> None:
        """A request to the proxy that wants a login."""
        self.add(
            at=time.time(), method="CONNECT", path=name, query="", status=status,
            user_agent=None, token=None, client=client,
        )  # fmt: skip

    def add(self, **what) -> None:
        self._last += 1
        self._entries.append(Entry(n=self._last, **what))

    def since(self, number: int) -> list[dict]:
        """The entries after this number."""
        return [asdict(entry) for entry in self._entries if entry.n > number]

    def clear(self) -> None:
        self._entries.clear()
