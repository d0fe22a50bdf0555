# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The runner's side of the test bed's protocol with GitHub, as tests/testbed/github describes it."""

from __future__ import annotations

import base64
import functools
import http.client
import json
import os
import ssl
import urllib.parse
from typing import Any, NamedTuple

from . import VERSION

# Not requests or urllib.request: a listener waits in every container, and should be small.
UNREACHABLE = (OSError, http.client.HTTPException)
# How long GitHub's side is asked to hold a poll, as the real one does.
_POLL = 50
_TIMEOUT = 20


class Reply(NamedTuple):
    """A status and the JSON that came with it, {} where none did."""

    status: int
    document: dict[str, Any]

    @property
    def message(self) -> str:
        """GitHub's own words, or the status where it had none."""
        return str(self.document.get("message") or f"HTTP {self.status}")


class Server:
    """GitHub, at the address ``url``, as one thread sees it: one connection, kept. Calls raise one of UNREACHABLE."""

    def __init__(self, url: str, session: str | None = None):
        self._url = url
        self._parts = urllib.parse.urlsplit(url.rstrip("/") + "/_runner")
        self._connection: http.client.HTTPConnection | None = None
        self.session = session

    def twin(self) -> Server:
        """The same server over a connection of its own, for another thread."""
        return Server(self._url, self.session)

    def create_session(self, agent_id: int, secret: str) -> Reply:
        """Come online. 201, 404 where the registration is gone, 403 outdated, 409 where there is a session."""
        body = {"agent_id": agent_id, "secret": secret, "version": VERSION, "os": "linux"}
        return self._send("POST", "/session", body)

    def delete_session(self) -> Reply:
        """Go offline."""
        return self._send("DELETE", "/session")

    def message(self) -> Reply:
        """Wait for a message: 200 with its type and job, 204 for nothing yet, 404 where the session is no more."""
        return self._send("GET", f"/message?wait={_POLL}", timeout=_POLL + _TIMEOUT)

    def acquire(self, job: int) -> Reply:
        """Take a job: 200 with all of it, 409 where it is lost."""
        return self._send("POST", f"/jobs/{job}/acquire", {})

    def append_log(self, job: int, text: bytes) -> Reply:
        """Add to a job's log."""
        return self._send("POST", f"/jobs/{job}/log", text)

    def finish(self, job: int, result: str, exit_code: int | None) -> Reply:
        """Say how a job ended."""
        return self._send("POST", f"/jobs/{job}/finish", {"result": result, "exit_code": exit_code})

    def register(self, wish: dict[str, Any]) -> Reply:
        """Make a runner with a registration token: 201 with its id and files."""
        return self._send("POST", "/register", wish)

    def remove(self, url: str, token: str, agent_id: int) -> Reply:
        """Remove a runner with a remove token: 204."""
        return self._send("POST", "/remove", {"url": url, "token": token, "agent_id": agent_id})

    def close(self) -> None:
        """Drop the connection; the next call makes another."""
        if self._connection:
            self._connection.close()
            self._connection = None

    def _send(self, method: str, path: str, body: Any = None, timeout: float = _TIMEOUT) -> Reply:
        headers = {"Accept": "application/json", "User-Agent": f"GitHubActionsRunner-linux-x64/{VERSION}"}
        if self.session:
            headers["Authorization"] = f"Session {self.session}"
        if isinstance(body, bytes):
            headers["Content-Type"] = "text/plain; charset=utf-8"
        elif body is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(body).encode()
        kept = self._connection is not None
        try:
            return self._exchange(method, path, body, headers, timeout)
        except (http.client.RemoteDisconnected, ConnectionError):
            if not kept:
                raise
            # A kept connection may have been closed by the other side meanwhile.
            return self._exchange(method, path, body, headers, timeout)

    def _exchange(self, method: str, path: str, body: bytes | None, headers: dict[str, str], timeout: float) -> Reply:
        try:
            if self._connection is None:
                self._connection = self._connect()
            self._connection.timeout = timeout
            if self._connection.sock:
                self._connection.sock.settimeout(timeout)
            self._connection.request(method, self._parts.path + path, body, headers)
            response = self._connection.getresponse()
            data = response.read()
        except UNREACHABLE:
            self.close()
            raise
        try:
            document = json.loads(data) if data else {}
        except ValueError:
            document = {}
        return Reply(response.status, document if isinstance(document, dict) else {})

    def _connect(self) -> http.client.HTTPConnection:
        host, port = self._parts.hostname or "", self._parts.port
        if self._parts.scheme == "http":
            return http.client.HTTPConnection(host, port)
        proxy = urllib.parse.urlsplit(os.environ.get("https_proxy", ""))
        if not proxy.hostname or host in os.environ.get("no_proxy", "").split(","):
            return http.client.HTTPSConnection(host, port, context=_tls())
        connection = http.client.HTTPSConnection(proxy.hostname, proxy.port, context=_tls())
        connection.set_tunnel(host, port or 443, _login(proxy))
        return connection


def _login(proxy: urllib.parse.SplitResult) -> dict[str, str]:
    """What a proxy is shown."""
    if proxy.username is None:
        return {}
    login = f"{urllib.parse.unquote(proxy.username)}:{urllib.parse.unquote(proxy.password or '')}"
    return {"Proxy-Authorization": f"Basic {base64.b64encode(login.encode()).decode()}"}


@functools.lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()
