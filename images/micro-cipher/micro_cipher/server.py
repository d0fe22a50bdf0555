# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The wire: one request, one ciphertext, one answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from aiohttp import web

from .key import Unreadable

PORT = 3000
MAX_BODY = 64 * 1024
#: What a connection may take from its first to its last byte. A client may connect, make sure that it talks to the
#: key it means, and post only then.
DEADLINE = 30.0

Decrypt = Callable[[bytes], bytes]


def application(decrypt: Decrypt, max_body: int = MAX_BODY) -> web.Application:
    """The web application that answers every path and method with ``decrypt(body)``.

    ``decrypt`` raises Unreadable for what it cannot open; that is answered with 400, and a body above ``max_body`` with
    413.
    """

    async def answer(request: web.Request) -> web.Response:
        ciphertext = await request.read()
        try:
            # Off the event loop: an RSA-4096 operation takes milliseconds, and others wait.
            plaintext = await asyncio.get_running_loop().run_in_executor(None, decrypt, ciphertext)
        except Unreadable:
            raise web.HTTPBadRequest(text="not a ciphertext for this key\n") from None
        return web.Response(body=plaintext, headers={"Cache-Control": "no-store"})

    app = web.Application(client_max_size=max_body)
    app.router.add_route("*", "/{path:.*}", answer)
    return app


class Server:
    """Listens for one application; every connection ends after ``deadline`` seconds, however slow the other side is."""

    def __init__(self, app: web.Application, host: str | None = None, port: int = PORT, deadline: float = DEADLINE):
        self._runner = web.AppRunner(app, access_log=None)
        self._address = (host, port)
        self._deadline = deadline
        self._listener: asyncio.AbstractServer | None = None

    async def start(self) -> int:
        """Listen, and give the port. Raises OSError where that cannot be had."""
        await self._runner.setup()
        host, port = self._address
        self._listener = await asyncio.get_running_loop().create_server(self._connection, host, port)
        return self._listener.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Take no more connections, and end those that are open once they are answered, or at once where idle."""
        if self._listener:
            self._listener.close()
        await self._runner.cleanup()

    def _connection(self) -> asyncio.Protocol:
        connection = self._runner.server()
        asyncio.get_running_loop().call_later(self._deadline, connection.force_close)
        return connection
