# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The registrar as the resident process knows it: made where it is used, in the child process that makes the call.

What it imports (TLS, HTTP, OpenSSL) weighs more than all the rest of the launcher.
"""

from __future__ import annotations

from typing import Any

from .engine import Engine
from .memory import Memory
from .paths import Paths
from .pool import Pool


class Remote:
    """GitHub's side of one pool on this host; see registrar.py for what each call does."""

    def __init__(self, paths: Paths, engine: Engine, memory: Memory):
        self._paths = paths
        self._engine = engine
        self._memory = memory
        self._transport: Any = None

    def warm(self) -> None:
        """Load what the calls need."""
        from . import registrar  # noqa: F401
        from .urllib_transport import UrllibTransport

        self._transport = UrllibTransport()

    def register(self, pool: Pool, runner: str, directory: str, work: str, afresh: bool) -> dict[str, Any]:
        """A new registration. Raises Trouble."""
        return self._registrar().register(pool, runner, directory, work, afresh)

    def deregister(self, pool: Pool, runner: str, runner_id: int | None) -> bool:
        """Remove a registration. Raises Trouble."""
        return self._registrar().deregister(pool, runner, runner_id)

    def _registrar(self) -> Any:
        from .registrar import Registrar

        return Registrar(self._paths, self._engine, self._transport, self._memory)
