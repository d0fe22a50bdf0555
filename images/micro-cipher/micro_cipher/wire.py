# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""HTTP without I/O: bytes in, requests out, answers back to bytes. All that it holds is bounded.

The parser is h11, which bounds what it keeps of a head; this adds a bound for the body, and says with which status a
request is refused.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import NamedTuple

import h11

MAX_HEAD = 8 * 1024
# One RSA block of the largest usual key (16384 bits) has 2 KiB.
MAX_BODY = 8 * 1024


class Request(NamedTuple):
    """One request, whole."""

    method: str
    path: str
    authorization: str | None
    body: bytes


class Answer(NamedTuple):
    """What it is answered."""

    status: int
    body: bytes
    kind: str = "text/plain; charset=utf-8"


class Refused(Exception):
    """What came is no request, or a too large one. After it, the connection has no further use."""

    def __init__(self, status: int, why: str):
        super().__init__(why)
        self.answer = Answer(status, f"{why}\n".encode())


class Conversation:
    """One connection, seen from the server."""

    def __init__(self, max_body: int = MAX_BODY):
        self._h11 = h11.Connection(h11.SERVER, max_incomplete_event_size=MAX_HEAD)
        self._max_body = max_body
        self._head: h11.Request | None = None
        self._body = bytearray()

    def receive(self, data: bytes) -> None:
        """Take what the other side has sent, empty where it sends no more. Call ``request`` before there is more."""
        self._h11.receive_data(data)

    def request(self) -> Request | None:
        """The next request once it is whole, None where bytes are lacking. Raises Refused."""
        try:
            return self._next()
        except h11.RemoteProtocolError as error:
            status = error.error_status_hint
            raise Refused(status, "too long a head" if status == 431 else "that is no HTTP request") from None

    def _next(self) -> Request | None:
        while True:
            event = self._h11.next_event()
            if isinstance(event, h11.Request):
                self._head = event
                if event.method == b"CONNECT":
                    raise Refused(405, "this is no proxy")
                if self._announced(event) > self._max_body:
                    raise Refused(413, "too large a body")
            elif isinstance(event, h11.Data):
                if len(self._body) + len(event.data) > self._max_body:
                    raise Refused(413, "too large a body")
                self._body += event.data
            elif isinstance(event, h11.EndOfMessage) and self._head is not None:
                return self._take(self._head)
            else:  # bytes are lacking, or the other side has gone
                return None

    @staticmethod
    def _announced(head: h11.Request) -> int:
        return max((int(value) for name, value in head.headers if name == b"content-length"), default=0)

    def _take(self, head: h11.Request) -> Request:
        body, self._body = bytes(self._body), bytearray()
        authorization = next((value for name, value in head.headers if name == b"authorization"), None)
        return Request(
            head.method.decode("ascii"),
            head.target.decode("latin-1").partition("?")[0],
            authorization.decode("latin-1") if authorization is not None else None,
            body,
        )

    def continues(self) -> bytes:
        """What to send to a client that waits for a word before it sends the body; nothing where none does."""
        if not self._h11.they_are_waiting_for_100_continue:
            return b""
        return self._h11.send(h11.InformationalResponse(status_code=100, headers=[], reason=b"Continue"))

    def answer(self, answer: Answer, last: bool = False) -> bytes:
        """The bytes of an answer to the request that was given or, as the ``last`` one, refused."""
        headers = [
            ("Content-Type", answer.kind),
            ("Content-Length", str(len(answer.body))),
            ("Cache-Control", "no-store"),
        ]
        if answer.status == 401:
            headers.append(("WWW-Authenticate", "Bearer"))
        if last:
            headers.append(("Connection", "close"))
        reason = HTTPStatus(answer.status).phrase.encode()
        data = self._h11.send(h11.Response(status_code=answer.status, headers=headers, reason=reason))
        if answer.body and not (self._head and self._head.method == b"HEAD"):
            data += self._h11.send(h11.Data(data=answer.body))
        data += self._h11.send(h11.EndOfMessage())
        self._head = None
        if (self._h11.our_state, self._h11.their_state) == (h11.DONE, h11.DONE):
            self._h11.start_next_cycle()
        return data

    @property
    def goes_on(self) -> bool:
        """Whether there is, or may come, a request to be answered."""
        return self._h11.our_state in (h11.IDLE, h11.SEND_RESPONSE)
