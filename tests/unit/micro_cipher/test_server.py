# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connections: bounded in number and time, and nobody shuts out another."""

from __future__ import annotations

import asyncio
import time

import pytest
from aiohttp import ClientSession
from micro_cipher.places import Places
from micro_cipher.server import Server
from micro_cipher.wire import MAX_BODY, Answer, Request

HALF = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nonly this"


def echo(request: Request) -> Answer:
    return Answer(200, request.body)


def with_server(talk, **options):
    """Run ``talk(port)`` beside a server that echoes."""

    async def both():
        server = Server(echo, host="127.0.0.1", port=0, **options)
        try:
            return await talk(await server.start())
        finally:
            server.stop()

    return asyncio.run(both())


async def post(session: ClientSession, port: int, body: bytes) -> tuple[int, bytes]:
    async with session.post(f"http://127.0.0.1:{port}/", data=body) as answer:
        return answer.status, await answer.read()


def test_many_requests_share_a_connection():
    """What clients do that keep connections."""

    async def talk(port):
        async with ClientSession() as session:
            return [await post(session, port, b"%d" % number) for number in range(5)]

    assert with_server(talk, connections=1) == [(200, b"%d" % number) for number in range(5)]


def test_a_client_reads_why_its_body_was_too_large():
    """Although it is still sending: its connection is not reset before it has the answer."""

    async def talk(port):
        async with ClientSession() as session:
            return [await post(session, port, b"x" * size) for size in (MAX_BODY + 1, 500_000)]

    assert [status for status, _body in with_server(talk)] == [413, 413]


@pytest.mark.parametrize("sent", [b"", HALF, b"GET / HT"])
def test_ends_a_connection_that_dawdles(sent):
    """A client that sends no request, or never the end of one, does not hold a connection for ever."""

    async def talk(port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(sent)
        began = time.monotonic()
        assert await asyncio.wait_for(reader.read(), timeout=20) == b""
        writer.close()
        return time.monotonic() - began

    assert with_server(talk, deadline=0.3) > 0.2


def test_those_who_hold_every_connection_do_not_shut_out_another():
    """One that comes when all are taken is answered, and the oldest of the dawdlers goes."""

    async def talk(port):
        dawdlers = [await asyncio.open_connection("127.0.0.1", port) for _number in range(4)]
        for _reader, writer in dawdlers:
            writer.write(HALF)
            await writer.drain()
        await asyncio.sleep(0.1)
        async with ClientSession() as session:
            answer = await post(session, port, b"hello")
        assert await asyncio.wait_for(dawdlers[0][0].read(), timeout=20) == b""
        for _reader, writer in dawdlers:
            writer.close()
        return answer

    assert with_server(talk, connections=4) == (200, b"hello")


@pytest.mark.parametrize(
    ("peers", "gone"),
    [
        ("aaaa", [0]),
        ("abbb", [1]),
        ("bbba", [0]),
        ("abbbb", [1, 2]),
        ("abbbba", [1, 2, 3]),
        ("abab", [0]),
    ],
)
def test_who_takes_most_makes_room(peers, gone):
    """A hostile container displaces itself, and never the launcher, which comes from another address."""
    places, ended = Places(3), []
    for number, peer in enumerate(peers):
        places.enter(number, peer, lambda number=number: ended.append(number))
    assert ended == gone


def test_a_place_that_was_left_is_free():
    """And to leave one that was taken away does no harm."""
    places, ended = Places(1), []
    places.enter(1, "a", lambda: ended.append(1))
    places.leave(1)
    places.enter(2, "a", lambda: ended.append(2))
    assert ended == []
    places.enter(3, "a", lambda: ended.append(3))
    places.leave(2)
    places.enter(4, "a", lambda: ended.append(4))
    assert ended == [2, 3]
