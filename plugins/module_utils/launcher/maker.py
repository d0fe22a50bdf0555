# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an instance has to do with its runners' beginning: their names, registrations and containers.

The work is done in child processes (see launch.py and offload.py). This is the side that stays: it remembers what the
next one can use, and counts.
"""

from __future__ import annotations

import os
from typing import Any, Callable

from . import launch, names, pool, surroundings
from .engine import Engine, EngineError
from .errors import Trouble
from .host import Host
from .journal import say
from .offload import Offloaded
from .paths import Paths
from .pool import Pool
from .remote import Remote
from .tally import Tally


class Maker:
    """Makes and unmakes the runners of one instance."""

    def __init__(
        self,
        instance: str,
        host: Host,
        paths: Paths,
        engine: Engine,
        registrar: Remote,
        offload: Callable[..., Offloaded],
        reload: Callable[[str], Callable[[], bool]],
        counts: Tally,
    ):
        self._instance = instance
        self._number = names.parse_instance(instance)[1]
        self._host = host
        self._paths = paths
        self._engine = engine
        self._registrar = registrar
        self._offload = offload
        self._reload = reload
        self._counts = counts
        self._users: dict[str, list[int]] = {}  # see launch.make

    def new_name(self, config: Pool) -> str:
        """A name that no runner has had."""
        nonce = names.new_nonce(os.urandom(4))
        return names.runner_name(config.name, self._host.name, self._number, self._host.mark, nonce)

    def begin(self) -> Offloaded:
        """A process that waits with all that it takes to make a runner. Raises Trouble where the host starts none."""
        engine, registrar, offload, reload = self._engine, self._registrar, self._offload, self._reload
        paths, instance, mark = self._paths, self._instance, self._host.mark

        def make(text: str, runner: str, afresh: bool, users: dict[str, list[int]]) -> dict[str, Any]:
            surroundings.check(paths)
            config = pool.load(text)
            closed = surroundings.close(reload)
            made = launch.make(engine, registrar, offload, paths, config, instance, mark, runner, afresh, users)
            try:
                closed()
            except Trouble:
                launch.undo(engine, registrar, config, runner, made["runner_id"], made["container"])
                raise
            return made

        def warm() -> None:
            registrar.warm()
            try:
                engine.cgroup_driver()
            except EngineError:
                pass  # it is asked again when there is a runner to make

        return offload(make, warm)

    def go(self, making: Offloaded, config: Pool, runner: str, afresh: bool = False) -> None:
        """Have that process make a runner; ``afresh``, with nothing that the one before it used."""
        making.go(config.dump(), runner, afresh, self._users)

    def result(self, making: Offloaded) -> dict[str, Any]:
        """What ``launch.make`` has made, as a state names it. Raises Trouble, and then there is nothing of it."""
        try:
            made = dict(making.result())
        except Trouble as trouble:
            self._counts.refused(trouble.kind)
            raise
        self._counts.registered(made.pop("quota"))
        self._users = {made["image"]: made.pop("user")}
        return made

    def undo(self, config: Pool, runner: str, made: dict[str, Any]) -> None:
        """Away with a container that was never started, and with its registration."""
        engine, registrar, runner_id, ours = self._engine, self._registrar, made["runner_id"], made["container"]
        try:
            self._offload(lambda: launch.undo(engine, registrar, config, runner, runner_id, ours)).result()
        except Trouble as trouble:
            say(f"{runner} is left for the reconciler: {trouble}")

    def deregister(self, config: Pool, runner: str, runner_id: int | None) -> None:
        """Remove a registration. Raises Trouble."""
        registrar = self._registrar
        self._offload(lambda: registrar.deregister(config, runner, runner_id)).result()
