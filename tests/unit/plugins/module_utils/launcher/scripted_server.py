# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A server on this machine that answers each connection as a test wrote it, and keeps what it was sent."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Callable, NamedTuple, Union

#: What one connection gets: bytes to send, in order; a callable is called in between (to wait, or to act).
Script = Iterable[Union[bytes, Callable[[], object]]]


class Request(NamedTuple):
    """One request as it came over the wire."""

    method: str
    target: str
    version: str
    headers: dict[str, str]
    body: bytes


class Server:
    """Accepts one connection after the other; one script each, the last one again and again.

    Without ``receive`` a connection is answered and closed without being read.
    """

    def __init__(self, listener: socket.socket, scripts: list[Script], receive: bool = True):
        self.requests: list[Request] = []
        self.connections = 0
        self._listener = listener
        self._scripts = scripts
        self._reads = receive
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._listener.getsockname()[1])

    def stop(self) -> None:
        """Accept nothing more, and wait until the last answer is given."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(10)

    def _serve(self) -> None:
        while True:
            try:
                connection, _address = self._listener.accept()
            except ssl.SSLError:
                continue  # the client did not like the certificate
            except OSError:
                return
            with connection, contextlib.suppress(OSError):
                connection.settimeout(10)
                self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        script = self._scripts[min(self.connections, len(self._scripts) - 1)]
        self.connections += 1
        if self._reads:
            self._receive(connection)
        for step in script:
            if callable(step):
                step()
            else:
                connection.sendall(step)

    def _receive(self, connection: socket.socket) -> None:
        with connection.makefile("rb") as stream:
            line = stream.readline().decode().split()
            if len(line) != 3:
                return
            headers = {}
            for raw in iter(stream.readline, b"\r\n"):
                if not raw:
                    return
                name, _colon, value = raw.decode().partition(":")
                headers[name.lower()] = value.strip()
            body = stream.read(int(headers.get("content-length", "0")))
            self.requests.append(Request(line[0], line[1], line[2], headers, body))


@contextlib.contextmanager
def unix_server(path: Path, *scripts: Script) -> Iterator[Server]:
    """A server on a Unix socket, as Docker's."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    yield from _running(listener, scripts)


@contextlib.contextmanager
def tcp_server(*scripts: Script, tls: ssl.SSLContext | None = None, receive: bool = True) -> Iterator[Server]:
    """A server on a free port of the loopback address."""
    listener = socket.create_server(("127.0.0.1", 0))
    if tls:
        listener = tls.wrap_socket(listener, server_side=True)
    yield from _running(listener, scripts, receive)


def _running(listener: socket.socket, scripts: Iterable[Script], receive: bool = True) -> Iterator[Server]:
    listener.listen()
    server = Server(listener, list(scripts), receive)
    try:
        yield server
    finally:
        server.stop()


def http(status: int, body: bytes = b"", *headers: str, version: str = "1.0") -> bytes:
    """A whole answer; its length is not said where ``headers`` are given without it."""
    lines = [f"HTTP/{version} {status} Whatever", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body
