# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Besiege a micro-cipher: 10,000 requests that it cannot open and 1,000 that never end. Bounded, and never random.

    siege.py ADDRESS [BLOCK] < SECRET

BLOCK is the size of the key's blocks in bytes. An empty SECRET is not sent.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import sys

PORT = 3000
BAD, SLOW = 10_000, 1_000
_TIMEOUT = 60


def bodies(block: int) -> list[bytes]:
    """What a key of this size cannot open, of every kind."""
    return [b"", b"garbage", b"\1" * (block - 1), b"\1" * (block + 1), b"\xff" * block, b"\1" * block, b"x" * 5000]


def bad_requests(address: str, port: int, count: int, block: int, secret: str = "") -> set[int]:
    """So many bad requests, a hundred on each connection; the statuses of the answers."""
    headers = {"Authorization": f"Bearer {secret}"} if secret else {}
    kinds = bodies(block)
    statuses = set()
    for first in range(0, count, 100):
        connection = http.client.HTTPConnection(address, port, timeout=_TIMEOUT)
        for number in range(first, min(first + 100, count)):
            connection.request("POST", "/", kinds[number % len(kinds)], headers)
            answer = connection.getresponse()
            answer.read()
            statuses.add(answer.status)
        connection.close()
    return statuses


def slow_requests(address: str, port: int, count: int) -> None:
    """So many clients that never end their requests, two hundred at a time."""
    whole = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 512\r\n\r\n" + b"x" * 500
    for first in range(0, count, 200):
        clients = []
        for number in range(first, min(first + 200, count)):
            client = socket.create_connection((address, port), timeout=_TIMEOUT)
            clients.append(client)
            with contextlib.suppress(ConnectionError):  # displaced by those that came after
                client.sendall(whole[: number % len(whole)])
        for client in clients:
            client.close()


if __name__ == "__main__":
    given = sys.argv[1:]
    answered = bad_requests(given[0], PORT, BAD, int(given[1]) if given[1:] else 512, sys.stdin.read().strip())
    slow_requests(given[0], PORT, SLOW)
    print(f"{BAD} bad requests answered with {sorted(answered)}, {SLOW} slow ones")
