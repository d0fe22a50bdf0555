# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""GitHub's stand-in, served in this process on loopback."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Mapping
from typing import Any

from aiohttp import web
from github_standin import apps
from github_standin.service import Service

from .wire import Exchange, send

_HOST = "127.0.0.1"
_AGENT = "contract-tests"


class StandIn:
    """The server, from ``start`` to ``stop``; ``base`` is the address of its REST API and of its runner side."""

    def __init__(self) -> None:
        self.base = ""
        self._admin = ""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._runners: list[web.AppRunner] = []

    def start(self) -> None:
        """Listen, on ports that are free."""
        self._thread.start()
        service = Service()
        self.base, self._admin = (self._run(self._serve(app)) for app in (apps.public(service), apps.admin(service)))

    def stop(self) -> None:
        """Listen no more."""
        for runner in self._runners:
            self._run(runner.cleanup())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)
        self._loop.close()

    def steer(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """A call of the admin API; the JSON of its answer."""
        data = None if body is None else json.dumps(body).encode()
        answer = send(self._admin, method, path, {"Content-Type": "application/json"}, data)
        assert answer.status < 300, answer.body
        return json.loads(answer.body or b"null")

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = "classic",
        headers: Mapping[str, str | None] | None = None,
    ) -> Exchange:
        """A REST call as GitHub's documentation asks for it. A header of None is left out; bytes go as they are."""
        everything: dict[str, str | None] = {
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {token}" if token else None,
            "User-Agent": _AGENT,
            "X-GitHub-Api-Version": "2022-11-28",
            "Content-Type": None if body is None else "application/json",
            **(headers or {}),
        }
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        given = {name: value for name, value in everything.items() if value is not None}
        return send(self.base, method, path, given, data)

    def _run(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(timeout=10)

    async def _serve(self, app: web.Application) -> str:
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, _HOST, 0)
        await site.start()
        self._runners.append(runner)
        return f"http://{_HOST}:{runner.addresses[0][1]}"
