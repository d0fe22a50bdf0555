# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waits that end early: for a signal, and because a person has mended something."""

from __future__ import annotations

import os
from typing import Any, Callable

from . import files
from .paths import Paths
from .signals import Signals

# How often a waiting instance looks whether a person has mended something, where the kernel does not tell.
_LOOK = 2.0


class Rest:
    """The waits of an instance of a pool."""

    def __init__(self, paths: Paths, pool: str, signals: Signals, clock: Callable[[], float]):
        self._signals = signals
        self._clock = clock
        # The pool file, the sealed token, the firewall, the secret of micro-cipher's.
        self._mended = (paths.pool(pool), paths.sealed(pool), paths.firewall_loaded, paths.cipher_secrets)

    def look(self) -> Any:
        """What a person mends, as it is now."""
        return files.signature(*self._mended)

    def rest(self, seconds: float, seen: Any = None) -> None:
        """Wait, but wake up for a signal, and where what a person mends is not as it was ``seen``, by default now."""
        *ours, secrets = self._mended
        folders = [*map(os.path.dirname, ours), secrets if os.path.isdir(secrets) else os.path.dirname(secrets)]
        with self._signals.changes_in(*folders) as told:
            before = seen or self.look()
            end = self._clock() + seconds
            while not self._signals.drain and not self._signals.take_reload():
                left = end - self._clock()
                if left <= 0 or self.look() != before:
                    return
                self._signals.wait(left if told else min(left, _LOOK))
