# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An HTTP proxy through which the control node reaches the stand-in under GitHub's names, and nothing else.

Only CONNECT (RFC 9110, 9.3.6), only to these names, only to port 443, and always to the stand-in itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import re

NAMES = ("api.github.com", "github.com")
_REQUEST = re.compile(rb"CONNECT ([A-Za-z0-9.-]+):443 HTTP/1\.[01]\r\n")
_HEAD_LIMIT = 16 * 1024
_HEAD_TIMEOUT = 10.0


async def start(host: str, port: int, target: tuple[str, int]) -> asyncio.AbstractServer:
    """Listen for clients; what they CONNECT to is ``target``. Raises OSError."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer), contextlib.suppress(OSError):
            if not await _wanted(reader):
                writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                await writer.drain()
                return
            far_reader, far_writer = await asyncio.open_connection(*target)
            with contextlib.closing(far_writer):
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                await asyncio.gather(_copy(reader, far_writer), _copy(far_reader, writer))

    return await asyncio.start_server(serve, host, port, limit=_HEAD_LIMIT)


async def _wanted(reader: asyncio.StreamReader) -> bool:
    """Whether the request is one that is served."""
    try:
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), _HEAD_TIMEOUT)
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.TimeoutError):
        return False
    match = _REQUEST.match(head)
    return match is not None and match[1].decode().lower() in NAMES


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
