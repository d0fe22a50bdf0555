# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The connections: how many, how long, and what is read of each."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from .places import Places
from .wire import MAX_BODY, Answer, Conversation, Refused, Request

PORT = 3000
#: What a connection may take from its first to its last byte. A client may connect, make sure that it talks to the
#: key it means, and post only then.
DEADLINE = 30.0
CONNECTIONS = 128
# How long a client that was refused in the midst of its request is listened to, so that it can read why.
_LINGER = 1.0
_CHUNK = 4096
_THREADS = 2


class Server:
    """Listens, and gives every request to ``answer``, which may take milliseconds and is called in a thread."""

    def __init__(
        self,
        answer: Callable[[Request], Answer],
        host: str | None = None,
        port: int = PORT,
        deadline: float = DEADLINE,
        connections: int = CONNECTIONS,
        max_body: int = MAX_BODY,
    ):
        self._answer = answer
        self._address = (host, port)
        self._deadline = deadline
        self._max_body = max_body
        self._places = Places(connections)
        self._threads = ThreadPoolExecutor(_THREADS)
        self._listener: asyncio.Server | None = None

    async def start(self) -> int:
        """Listen, and give the port. Raises OSError where that cannot be had."""
        host, port = self._address
        self._listener = await asyncio.start_server(self._serve, host, port, limit=_CHUNK)
        return self._listener.sockets[0].getsockname()[1]

    def stop(self) -> None:
        """Take no more connections. Those that are open end with the event loop."""
        if self._listener:
            self._listener.close()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = writer.get_extra_info("peername")
        self._places.enter(writer, peer[0] if peer else "", writer.transport.abort)
        try:
            async with asyncio.timeout(self._deadline):
                await self._converse(reader, writer)
                await writer.drain()
            writer.close()
        except (OSError, TimeoutError, asyncio.CancelledError):
            writer.transport.abort()  # it broke off, dawdled, was displaced, or we stop: nobody is listening
        finally:
            self._places.leave(writer)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        talk = Conversation(self._max_body)
        while talk.goes_on:
            try:
                request = await self._request(talk, reader, writer)
                if request is None:
                    return
                answer = await loop.run_in_executor(self._threads, self._answer, request)
            except Refused as refused:
                writer.write(talk.answer(refused.answer, last=True))
                await _linger(reader, writer)
                return
            writer.write(talk.answer(answer))
            await writer.drain()

    async def _request(
        self, talk: Conversation, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> Request | None:
        """The next request; None where the other side has no more. Raises Refused."""
        while True:
            request = talk.request()
            if request is not None:
                return request
            writer.write(talk.continues())
            data = await reader.read(_CHUNK)
            talk.receive(data)
            if not data:
                return talk.request()


async def _linger(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Read on for a moment: a connection that is closed with bytes unread is reset, and the answer lost with it."""
    writer.write_eof()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_LINGER):
            while await reader.read(_CHUNK):
                pass
