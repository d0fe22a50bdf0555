# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A bounded number of connections, shared out so that nobody can shut out another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable


class Places:
    """Places for ``limit`` connections. Whoever comes when all are taken gets the oldest one of the peer that has most.

    So a peer that takes as many as it can displaces itself, and those who take one for a moment are served.
    """

    def __init__(self, limit: int):
        self._limit = limit
        self._taken: dict[object, tuple[str, Callable[[], None]]] = {}  # in the order of their coming

    def enter(self, connection: object, peer: str, end: Callable[[], None]) -> None:
        """Take a place for a connection; ``end`` is called, once, when it has to go for another's sake."""
        if len(self._taken) >= self._limit:
            counts = Counter(peer for peer, _end in self._taken.values())
            greediest = counts.most_common(1)[0][0]
            oldest = next(one for one, (peer, _end) in self._taken.items() if peer == greediest)
            self._taken.pop(oldest)[1]()
        self._taken[connection] = (peer, end)

    def leave(self, connection: object) -> None:
        """Give a place back, if it was not taken away."""
        self._taken.pop(connection, None)
