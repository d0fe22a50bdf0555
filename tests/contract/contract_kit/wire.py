# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One request and its answer, as they were on the wire."""

from __future__ import annotations

import http.client
import json
import urllib.parse
from collections.abc import Mapping
from typing import Any, NamedTuple


class Exchange(NamedTuple):
    """Header names are in lower case; ``path`` is without host and query."""

    method: str
    path: str
    query: dict[str, str]
    request_headers: dict[str, str]
    request_body: bytes | None
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def document(self) -> Any:
        """The answer's JSON."""
        return json.loads(self.body)


def exchange(method: str, url: str, request: Mapping[str, str], body: bytes | None, answer: tuple) -> Exchange:
    """The exchange of a request to ``url`` and its answer: status, headers, body."""
    parts = urllib.parse.urlsplit(url)
    status, headers, content = answer
    return Exchange(
        method,
        parts.path,
        dict(urllib.parse.parse_qsl(parts.query, keep_blank_values=True)),
        {name.lower(): value for name, value in request.items()},
        body,
        status,
        {name.lower(): value for name, value in headers.items()},
        content,
    )


def send(base: str, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None) -> Exchange:
    """Send just these headers, with none that a library would add. Raises OSError, HTTPException."""
    parts = urllib.parse.urlsplit(base)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=10)
    try:
        connection.request(method, path, body, dict(headers))
        response = connection.getresponse()
        answer = (response.status, dict(response.getheaders()), response.read())
    finally:
        connection.close()
    return exchange(method, base + path, headers, body, answer)


class Recorder:
    """A transport of the launcher's GitHub client that keeps what another transport carried."""

    def __init__(self, transport: Any):
        self._transport = transport
        self.exchanges: list[Exchange] = []

    def send(self, method: str, url: str, headers: dict[str, str], body: bytes | None) -> Any:
        """Carry a request; what is raised instead of an answer leaves no exchange."""
        answer = self._transport.send(method, url, headers, body)
        self.exchanges.append(exchange(method, url, headers, body, answer))
        return answer
