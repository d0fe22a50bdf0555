# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Register and deregister runners: what a pool asks of GitHub. Runs in a child process (see offload.py)."""

from __future__ import annotations

import base64
import time
from typing import Any

from . import by_token, dot_env, registration_tokens
from .access import Access, Opened
from .engine import Engine
from .errors import Trouble
from .github import GitHub, JitConfig, Transport
from .memory import Memory
from .paths import Paths
from .pool import Pool
from .surroundings import HOME, WORK

# How long the number of a runner group is believed.
_GROUP_LIFE = 3600.0


class Registrar:
    """GitHub's side of the pools of this host."""

    def __init__(self, paths: Paths, engine: Engine, transport: Transport | None = None, memory: Memory | None = None):
        self._paths = paths
        self._memory = memory if memory is not None else Memory()
        self._access = Access(paths, engine, transport, self._memory)

    def register(
        self, pool: Pool, runner: str, directory: str = HOME, work: str = WORK, afresh: bool = False
    ) -> dict[str, Any]:
        """What makes a container a runner: ``files`` (base64) for its ``directory``, ``runner_id`` where it has one.

        And ``quota``, as GitHub told it. ``afresh``: with nothing that was used before. Raises Trouble, and then
        leaves no registration behind.
        """
        return self._access.call(pool, lambda opened: self._register(opened, pool, runner, directory, work, afresh))

    def deregister(self, pool: Pool, runner: str, runner_id: int | None) -> bool:
        """Remove a registration by its id or exact name; False where there was none. Raises Trouble, kind ``busy``."""
        return self._access.call(pool, lambda opened: _deregister(opened.github, runner, runner_id))

    def runners(self, pool: Pool) -> list[dict[str, Any]]:
        """All runners of the pool's scope, with what the reconciler needs of each. Raises Trouble."""
        return self._access.call(pool, lambda opened: _listed(opened.github))

    def _register(
        self, opened: Opened, pool: Pool, runner: str, directory: str, work: str, afresh: bool
    ) -> dict[str, Any]:
        files = dot_env.files(pool, opened.credential, directory)
        runner_id = None
        if pool.registration == "token":
            if afresh:
                registration_tokens.forget(self._paths, pool)
            token = registration_tokens.shared(self._paths, pool, opened.signature, opened.github.registration_token)
            files[by_token.FILE] = by_token.file(token)
        else:
            jit = self._jit(opened.github, pool, runner, work)
            runner_id = jit.runner_id
            files.update(jit.files)
        return {
            "runner_id": runner_id,
            "quota": opened.github.quota,
            "files": {name: base64.b64encode(data).decode() for name, data in files.items()},
        }

    def _jit(self, github: GitHub, pool: Pool, runner: str, work: str) -> JitConfig:
        group = self._group(github, pool)
        try:
            return github.create_jit_config(runner, list(pool.labels), group, work)
        except Trouble as trouble:
            if trouble.kind in ("unreachable", "unavailable", "nonsense"):
                _forget_lost(github, runner)
            # The group may have another number by now.
            self._memory.forget(_group_key(pool))
            raise

    def _group(self, github: GitHub, pool: Pool) -> int:
        if not pool.runner_group:
            return pool.runner_group_id
        known = self._memory.recall(_group_key(pool))
        if known is None:
            known = github.group_id(pool.runner_group)
            self._memory.keep(_group_key(pool), known, time.time() + _GROUP_LIFE)
        return int(known)


def _group_key(pool: Pool) -> str:
    return f"group:{pool.url}:{pool.runner_group}"


def _deregister(github: GitHub, runner: str, runner_id: int | None) -> bool:
    if runner_id is not None:
        return github.delete_runner(runner_id)
    deleted = [github.delete_runner(found["id"]) for found in github.runners(name=runner)]
    return any(deleted)


def _listed(github: GitHub) -> list[dict[str, Any]]:
    return [
        {"id": found["id"], "name": found["name"], "status": found["status"], "busy": found["busy"]}
        for found in github.runners()
    ]


def _forget_lost(github: GitHub, runner: str) -> None:
    """GitHub may have made the runner although its answer was lost: nobody would ever use or remove it."""
    try:
        for found in github.runners(name=runner):
            github.delete_runner(found["id"])
    except Trouble:
        pass  # GitHub is in trouble; the name carries our mark, so the reconciler finds it later
