# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The runner after the present one: expected when a job begins, made when the job has ended and its runner has not.

That spares the time between two jobs. What goes wrong with it shows when it is needed.
"""

from __future__ import annotations

import dataclasses
from typing import Callable

from .errors import Trouble
from .maker import Maker
from .offload import Offloaded
from .pool import Pool


@dataclasses.dataclass
class Spare:
    """A runner that is being made, or is to be."""

    making: Offloaded
    runner: str = ""
    config: Pool | None = None  #: None as long as it only waits
    begun: float = 0.0


class Succession:
    """At most one spare runner."""

    def __init__(self, maker: Maker, clock: Callable[[], float]):
        self._maker = maker
        self._clock = clock
        self._spare: Spare | None = None

    @property
    def is_expected(self) -> bool:
        """Whether there is a spare, or a process that waits to make one."""
        return self._spare is not None

    @property
    def runner(self) -> str:
        """The spare's name, empty where none is being made."""
        return self._spare.runner if self._spare else ""

    def expect(self) -> None:
        """Have a process wait with all that it takes to make the next runner."""
        if self._spare is None:
            try:
                self._spare = Spare(self._maker.begin())
            except Trouble:
                pass  # it would only spare time

    def make(self, config: Pool) -> None:
        """Have the next runner made in the background, once."""
        self.expect()
        spare = self._spare
        if spare is None or spare.config is not None:
            return
        spare.config, spare.runner, spare.begun = config, self._maker.new_name(config), self._clock()
        self._maker.go(spare.making, config, spare.runner)

    def take(self) -> Spare | None:
        """Hand the spare over, made or still in the making; None where it was only expected."""
        spare, self._spare = self._spare, None
        if spare is not None and spare.config is None:
            spare.making.abandon()
            return None
        return spare

    def discard(self) -> None:
        """Let there be none, nor anything of one."""
        spare = self.take()
        if spare is None or spare.config is None:
            return
        try:
            self._maker.undo(spare.config, spare.runner, spare.making.result())
        except Trouble:
            pass  # it came to nothing by itself
