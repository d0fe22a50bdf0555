# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where an instance shows how it is: the state file, ``systemctl status`` and, where it is news, the journal."""

from __future__ import annotations

import dataclasses
from typing import Any, Callable

from . import journal, state, systemd
from .journal import say
from .paths import Paths
from .state import State


class Board:
    """The state of one instance, published at every change."""

    def __init__(self, paths: Paths, first: State, clock: Callable[[], float]):
        self.state = first
        self._paths = paths
        self._clock = clock
        self._ready = False
        self._publish()

    def update(self, **changes: Any) -> None:
        """Change facts of the state, but not how the instance is."""
        self.state = dataclasses.replace(self.state, **changes)
        self._publish()

    def show(
        self, name: str, reason: str = "", kind: str = "", until: float | None = None, lasting: bool = False
    ) -> None:
        """Show how the instance is, and why."""
        news = (name, reason) != (self.state.state, self.state.reason)
        since = self._clock() if name != self.state.state else self.state.since
        self.update(state=name, reason=reason, kind=kind, until=until, lasting=lasting, since=since)
        text = f"{name}: {reason}" if reason else name
        if news and reason:
            say(text, journal.WARNING if kind else journal.INFO)
        if self.state.runner:
            text += f" ({self.state.runner})"
        if not self._ready and (name != state.STARTING or reason):
            # Ready once there is a container or a reason why not: a sealed host must still finish its boot, and systemd
            # reloads nothing that is not ready.
            self._ready = True
            systemd.notify("READY=1", f"STATUS={text}")
        else:
            systemd.notify(f"STATUS={text}")

    def _publish(self) -> None:
        now = self.state
        journal.describe(
            instance=now.instance, pool=now.pool, name=now.runner, id=now.runner_id, container=now.container
        )
        try:
            state.write(self._paths, self.state)
        except OSError as error:
            say(f"the state could not be written: {error.strerror}")
