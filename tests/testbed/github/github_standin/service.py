# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All that the ways in share."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable

from .faults import Faults
from .github_apps import Apps
from .journal import Journal
from .places import World
from .state import GitHub
from .tokens import Tokens


class Service:
    """The state with its tokens, faults and log, and the events that wake a runner's open request."""

    def __init__(self, now: Callable[[], float] = time.time, world: World | None = None):
        self.now = now
        self.github = GitHub(now, world)
        self.tokens = Tokens(now)
        self.apps = Apps(now, self.tokens)
        self.faults = Faults(now)
        self.journal = Journal()
        self.stopping = False
        self._news: defaultdict[int, asyncio.Event] = defaultdict(asyncio.Event)
        self.github.notify = self._notify

    def news(self, runner_id: int) -> asyncio.Event:
        """Set when there is something for this runner."""
        return self._news[runner_id]

    def reset(self) -> None:
        """Forget all but the tokens."""
        self.github.reset()
        self.faults.clear()
        self.journal.clear()

    def stop(self) -> None:
        """Let open requests end: a runner's would last a minute."""
        self.stopping = True
        for runner_id in list(self._news):
            self._notify(runner_id)

    def _notify(self, runner_id: int) -> None:
        # Only who waits has an event; a runner that comes later looks into its inbox first.
        if runner_id in self._news:
            self._news.pop(runner_id).set()

    async def keep_time(self, every: float = 0.5) -> None:
        """Let fall due what falls due, until cancelled."""
        while True:
            self.github.tick()
            await asyncio.sleep(every)
