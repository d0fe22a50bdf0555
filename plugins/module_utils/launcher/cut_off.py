# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Take a runner's network from it, in a moment in which no job is on its way to it.

A runner takes a job with a request. Were it cut off between this request and the answer, GitHub would have given away a
job that nobody has: so it is cut off only after a while in which it has sent nothing, and is held still meanwhile.
"""

from __future__ import annotations

from typing import Callable

from .container import has_worker
from .engine import Engine, EngineError, EngineUnavailable

# A runner that has sent its request has the answer, and its worker, within a second or two.
CONFIRMATION = 5.0
_LOOK = 0.25
# One that never stops sending, or that cannot be held still, is cut off all the same.
_TRIES = 6


class CutOff:
    """One container, with its network or without. Every call raises EngineError where Docker cannot do it."""

    def __init__(self, engine: Engine, container: str, clock: Callable[[], float], sleep: Callable[[float], None]):
        self._engine = engine
        self._container = container
        self._clock = clock
        self._sleep = sleep
        self._still = False  # not known to have been let go
        self._apart = False  # not known to have its network
        self._tries = 0
        self.done = False  #: whether it is cut off, and has no job

    def attempt(self) -> bool:
        """Cut it off, unless there may be a job for it: then ask again. Takes some seconds."""
        if self._still:
            self._let_go()
        if not self.done:
            self._tries += 1
            self.done = self._while_quiet() if self._tries <= _TRIES else self._at_once()
            if self.done:
                self._tries = 0
        return self.done

    def give_back(self) -> None:
        """Let it be as it was."""
        self.done = False
        if self._still or self._apart:
            self._engine.reconnect(self._container)
            self._still = self._apart = False

    def _while_quiet(self) -> bool:
        sent = self._engine.sent(self._container)
        if not self._lasts(lambda: self._is_quiet(sent)):
            return False
        self._still = True
        try:
            self._engine.pause(self._container)
        except EngineUnavailable:
            raise
        except EngineError:
            self._still = False
            return False
        quiet = self._is_quiet(sent)
        if quiet:
            self._disconnect()
        self._let_go()
        return quiet

    def _at_once(self) -> bool:
        self._disconnect()
        return self._lasts(lambda: not self._has_worker())

    def _lasts(self, condition: Callable[[], bool]) -> bool:
        end = self._clock() + CONFIRMATION
        while self._clock() < end:
            self._sleep(_LOOK)
            if not condition():
                return False
        return True

    def _is_quiet(self, sent: int) -> bool:
        return not self._has_worker() and self._engine.sent(self._container) == sent

    def _has_worker(self) -> bool:
        return has_worker(self._engine.processes(self._container))

    def _disconnect(self) -> None:
        self._apart = True  # also where the answer is lost
        self._engine.disconnect(self._container)

    def _let_go(self) -> None:
        self._engine.unpause(self._container)
        self._still = False
