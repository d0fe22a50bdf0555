# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Register and deregister runners: from the sealed credential to GitHub. The only place that holds the plaintext.

Runs in a child process (see offload.py), so that the plaintext is gone from memory as soon as the call is made.
"""

from __future__ import annotations

import base64
from typing import Any

from . import cipher, files, scope, sealed
from .engine import Engine
from .errors import Trouble
from .github import GitHub, Transport
from .paths import Paths
from .pool import Pool
from .urllib_transport import UrllibTransport


class Registrar:
    """GitHub's side of one pool on this host."""

    def __init__(self, paths: Paths, engine: Engine, transport: Transport | None = None):
        self._paths = paths
        self._engine = engine
        self._transport = transport

    def register(self, pool: Pool, runner: str) -> dict[str, Any]:
        """A new registration: ``runner_id``, ``files`` (base64), ``quota``.

        Raises Trouble, and then leaves none behind.
        """
        github = self._github(pool)
        try:
            jit = github.create_jit_config(runner, list(pool.labels), pool.runner_group_id)
        except Trouble as trouble:
            if trouble.kind in ("unreachable", "unavailable", "nonsense"):
                _forget_lost(github, runner)
            raise
        return {
            "runner_id": jit.runner_id,
            "quota": github.quota,
            "files": {name: base64.b64encode(data).decode() for name, data in jit.files.items()},
        }

    def deregister(self, pool: Pool, runner: str, runner_id: int | None) -> bool:
        """Remove a registration by its id or exact name; False where there was none. Raises Trouble, kind ``busy``."""
        github = self._github(pool)
        if runner_id is not None:
            return github.delete_runner(runner_id)
        deleted = [github.delete_runner(found["id"]) for found in github.runners(name=runner)]
        return any(deleted)

    def runners(self, pool: Pool) -> list[dict[str, Any]]:
        """All runners of the pool's scope, with what the reconciler needs of each. Raises Trouble."""
        return [
            {"id": found["id"], "name": found["name"], "status": found["status"], "busy": found["busy"]}
            for found in self._github(pool).runners()
        ]

    def _github(self, pool: Pool) -> GitHub:
        return GitHub(self._transport or UrllibTransport(), scope.parse_url(pool.url), self._token(pool))

    def _token(self, pool: Pool) -> str:
        try:
            text = files.read_private(self._paths.sealed(pool.name))
        except OSError as error:
            raise Trouble("files", f"the sealed token cannot be read: {error.strerror}") from error
        if text is None:
            raise Trouble("sealed", "there is no sealed token: run the playbook", state="sealed", lasting=True)
        try:
            credential = sealed.load(text)
        except sealed.SealedError as error:
            raise Trouble("sealed", str(error), state="sealed", lasting=True) from error
        secret_file = self._paths.cipher_secret(pool.micro_cipher)
        return cipher.unseal(self._engine, pool.micro_cipher, pool.cipher_network, credential, secret_file)


def _forget_lost(github: GitHub, runner: str) -> None:
    """GitHub may have made the runner although its answer was lost: nobody would ever use or remove it."""
    try:
        for found in github.runners(name=runner):
            github.delete_runner(found["id"])
    except Trouble:
        pass  # GitHub is in trouble; the name carries our mark, so the reconciler finds it later
