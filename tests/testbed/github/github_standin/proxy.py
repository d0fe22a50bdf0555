# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An HTTP proxy that leads to the stand-in under GitHub's names, and nowhere else.

Only CONNECT (RFC 9110, 9.3.6), only to these names, only to port 443, and always to the stand-in itself. One that wants
a login (RFC 7617) answers 407 without it.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hmac
import re
from collections.abc import Callable

from .places import HOSTS, SERVER_HOST

NAMES = (*HOSTS, *(f"api.{host}" for host in HOSTS), SERVER_HOST)
_REQUEST = re.compile(rb"CONNECT ([A-Za-z0-9.-]+):443 HTTP/1\.[01]\r\n")
_LOGIN = re.compile(rb"\r\nProxy-Authorization: *Basic +([A-Za-z0-9+/=]+) *\r\n", re.IGNORECASE)
_END = b"Content-Length: 0\r\nConnection: close\r\n\r\n"
_REFUSALS = {
    403: b"HTTP/1.1 403 Forbidden\r\n" + _END,
    407: b'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="bed"\r\n' + _END,
}
_HEAD_LIMIT = 16 * 1024
_HEAD_TIMEOUT = 10.0


async def start(
    host: str,
    port: int,
    target: tuple[str, int],
    login: str | None = None,
    used: Callable[[str, str, int], object] = lambda name, client, status: None,
) -> asyncio.AbstractServer:
    """Listen for clients; what they CONNECT to is ``target``. ``login`` is USER:PASSWORD. Raises OSError.

    ``used`` is told of each request: the name, the client's address, the answer.
    """

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer), contextlib.suppress(OSError):
            name, status = _judged(await _head(reader), login)
            used(name, writer.get_extra_info("peername")[0], status)
            if status != 200:
                writer.write(_REFUSALS[status])
                await writer.drain()
                return
            far_reader, far_writer = await asyncio.open_connection(*target)
            with contextlib.closing(far_writer):
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                await asyncio.gather(_copy(reader, far_writer), _copy(far_reader, writer))

    return await asyncio.start_server(serve, host, port, limit=_HEAD_LIMIT)


async def _head(reader: asyncio.StreamReader) -> bytes:
    """A request's head; nothing where none comes."""
    try:
        return await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), _HEAD_TIMEOUT)
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.TimeoutError):
        return b""


def _judged(head: bytes, login: str | None) -> tuple[str, int]:
    """The name that a request asks for, and the status of the answer."""
    match = _REQUEST.match(head)
    name = match[1].decode().lower() if match else ""
    if name not in NAMES:
        return name, 403
    if login is not None:
        given = _LOGIN.search(head)
        wanted = base64.b64encode(login.encode())
        if given is None or not hmac.compare_digest(given[1], wanted):
            return name, 407
    return name, 200


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Carry bytes one way until their end; a broken connection is an end, too."""
    with contextlib.suppress(OSError):
        while data := await reader.read(64 * 1024):
            writer.write(data)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
            return
    writer.close()
