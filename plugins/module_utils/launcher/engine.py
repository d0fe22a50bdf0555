# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Docker's Engine API over its Unix socket: the dozen calls that the launcher makes.

Why not http.client: with the ssl module that it imports it doubles the memory of a process that is resident once an
instance. Requests are HTTP/1.0, which frees this client from chunked bodies and kept connections: an answer ends where
the connection ends. API: https://docs.docker.com/reference/api/engine/version/v1.41/.
"""

from __future__ import annotations

import json
import socket
import struct
import time
import urllib.parse
from collections.abc import Iterator
from typing import Any

from .errors import one_line

_TIMEOUT = 120.0
_FRAME = struct.Struct(">BxxxL")


class EngineError(Exception):
    """The Engine answered with an error; ``status`` is the HTTP status."""

    def __init__(self, status: int, message: str):
        super().__init__(message)
        self.status = status

    @property
    def sentence(self) -> str:
        """What to show to a person."""
        return f"Docker: {self}"


class EngineUnavailable(EngineError):
    """The Engine does not answer."""

    def __init__(self, message: str):
        super().__init__(0, message)

    @property
    def sentence(self) -> str:
        """What to show to a person."""
        return str(self)


class Engine:
    """One Docker Engine."""

    def __init__(self, socket_path: str, timeout: float = _TIMEOUT):
        self._path = socket_path
        self._timeout = timeout
        self._cgroup_driver = ""

    def containers(self, labels: dict[str, str]) -> list[dict[str, Any]]:
        """All containers, running or not, that carry every one of these labels."""
        return self._json("GET", "/containers/json", {"all": "1", **_filters(labels)})

    def inspect(self, container: str) -> dict[str, Any]:
        """A container's description. Raises EngineError with status 404 where there is none."""
        return self._json("GET", f"/containers/{_quote(container)}/json")

    def runs(self, container: str) -> bool:
        """Whether a container runs; False where there is none."""
        try:
            return bool(self.inspect(container)["State"]["Running"])
        except EngineError as error:
            if error.status != 404:
                raise
            return False

    def image(self, reference: str) -> dict[str, Any]:
        """An image's description. Raises EngineError with status 404 where the host has none."""
        return self._json("GET", f"/images/{urllib.parse.quote(reference, safe='/:@')}/json")

    def cgroup_driver(self) -> str:
        """Who makes the control groups: ``systemd`` or ``cgroupfs``. Asked once: Docker runs programs to answer."""
        if not self._cgroup_driver:
            self._cgroup_driver = str(self._json("GET", "/info").get("CgroupDriver"))
        return self._cgroup_driver

    def create(self, name: str, body: dict[str, Any]) -> str:
        """Make a container; gives its id."""
        return self._json("POST", "/containers/create", {"name": name}, body)["Id"]

    def marked_networks(self, labels: dict[str, str]) -> list[dict[str, Any]]:
        """All networks that carry every one of these labels."""
        return self._json("GET", "/networks", _filters(labels))

    def create_network(self, name: str, options: dict[str, str], labels: dict[str, str]) -> None:
        """Make a bridge network."""
        body = {"Name": name, "Driver": "bridge", "CheckDuplicate": True, "Options": options, "Labels": labels}
        self._json("POST", "/networks/create", body=body)

    def discard_network(self, network: str) -> None:
        """Remove a network; one that is gone already is no error."""
        self._remove(f"/networks/{_quote(network)}", {}, (404,))

    def marked_volumes(self, labels: dict[str, str]) -> list[dict[str, Any]]:
        """All volumes that carry every one of these labels."""
        return self._json("GET", "/volumes", _filters(labels)).get("Volumes") or []

    def create_volume(self, name: str, labels: dict[str, str]) -> str:
        """Make a volume; gives where it lies on the host."""
        return str(self._json("POST", "/volumes/create", body={"Name": name, "Labels": labels})["Mountpoint"])

    def discard_volume(self, volume: str) -> None:
        """Remove a volume; one that is gone already is no error."""
        self._remove(f"/volumes/{_quote(volume)}", {}, (404,))

    def put_archive(self, container: str, directory: str, archive: bytes) -> None:
        """Unpack a tar archive into a directory of a container, started or not."""
        self._call("PUT", f"/containers/{_quote(container)}/archive", {"path": directory}, archive, "application/x-tar")

    def get_archive(self, container: str, path: str) -> bytes:
        """A tar archive of a file or directory of a container."""
        return self._call("GET", f"/containers/{_quote(container)}/archive", {"path": path})

    def start(self, container: str) -> None:
        """Start a container that was made."""
        self._call("POST", f"/containers/{_quote(container)}/start")

    def pause(self, container: str) -> None:
        """Hold every process of a container still; what arrives for it waits."""
        self._call("POST", f"/containers/{_quote(container)}/pause")

    def unpause(self, container: str) -> None:
        """Let a container go on; one that is not held still, or that is gone, is no error."""
        try:
            self._call("POST", f"/containers/{_quote(container)}/unpause")
        except EngineError as error:
            if isinstance(error, EngineUnavailable) or self._is_paused(container):
                raise

    def sent(self, container: str) -> int:
        """How many packets a container has sent, over all of its networks; 0 where it has none."""
        owner = self._network_owner(container)
        if not owner:
            return 0
        # With one-shot, Docker does not wait for a second sample of the processors' time.
        query = {"stream": "false", "one-shot": "true"}
        shown = self._json("GET", f"/containers/{_quote(owner['Id'])}/stats", query)
        return sum(int(one.get("tx_packets", 0)) for one in (shown.get("networks") or {}).values())

    def stop(self, container: str, seconds: int) -> None:
        """End a container: SIGTERM, and SIGKILL after ``seconds``."""
        self._call(
            "POST", f"/containers/{_quote(container)}/stop", {"t": str(seconds)}, timeout=seconds + self._timeout
        )

    def remove(self, container: str) -> None:
        """Remove a container with its anonymous volumes, running or not; one that is gone already is no error."""
        # 409 "removal ... is already in progress": somebody else is at it, and the end is the same.
        self._remove(f"/containers/{_quote(container)}", {"force": "1", "v": "1"}, (404, 409))

    def untag(self, reference: str) -> None:
        """Let a name stand for no image any more; one that stands for none, or that is in use, is no error."""
        self._remove(f"/images/{urllib.parse.quote(reference, safe='/:@')}", {"noprune": "1"}, (404, 409))

    def death(self, container: str, since: str, patience: float) -> int | None:
        """The exit code of a container that has died since a moment (Unix time) or does so within ``patience`` seconds.

        None where it has not. While Docker tidies up after a container it answers no other question about it.
        """
        query = {
            "since": since,
            "until": f"{time.time() + patience:.9f}",
            "filters": json.dumps({"type": ["container"], "container": [container], "event": ["die"]}),
        }
        connection, rest = self._open("GET", "/events", query, b"", "", patience + self._timeout)
        with connection:
            try:
                while b"\n" not in rest:
                    chunk = connection.recv(65536)
                    if not chunk:
                        return None
                    rest += chunk
                return int(json.loads(rest.partition(b"\n")[0])["Actor"]["Attributes"]["exitCode"])
            except OSError as error:
                raise EngineUnavailable(f"Docker broke off: {error.strerror or error}") from error
            except (ValueError, KeyError, TypeError) as error:
                raise EngineUnavailable("Docker's answer cannot be read") from error

    def disconnect(self, container: str) -> None:
        """Cut a container off from its networks, until ``reconnect``."""
        owner = self._network_owner(container)
        for network in list(owner["NetworkSettings"]["Networks"]) if owner else ():
            self._attach("disconnect", network, owner["Id"])

    def reconnect(self, container: str) -> None:
        """Let a container that somebody held still or cut off, and left so, go on, on the network it was made for."""
        if self._is_paused(container):
            self.unpause(container)
        owner = self._network_owner(container)
        if owner and not owner["NetworkSettings"]["Networks"] and owner["State"]["Running"]:
            self._attach("connect", owner["HostConfig"]["NetworkMode"], owner["Id"])

    def processes(self, container: str) -> list[str]:
        """How the command lines of a container's processes begin; none where it is not running."""
        try:
            # A job chooses what its command lines are, and they may be long.
            top = self._json("GET", f"/containers/{_quote(container)}/top", {"ps_args": "-eo pid,args --cols 256"})
        except EngineError as error:
            if error.status in (404, 409):
                return []
            raise
        return [row[-1] for row in top.get("Processes") or []]

    def logs(self, container: str, since: str = "0") -> str:
        """What a container has printed since a moment (Unix time), both streams."""
        raw = self._call("GET", f"/containers/{_quote(container)}/logs", {"stdout": "1", "stderr": "1", "since": since})
        decoder = FrameDecoder()
        return b"".join(decoder.feed(raw)).decode(errors="replace")

    def follow(self, container: str, since: str) -> LogStream:
        """What a container prints from a moment (Unix time) on, each line with its time in front."""
        query = {"stdout": "1", "stderr": "1", "follow": "1", "timestamps": "1", "since": since}
        connection, rest = self._open("GET", f"/containers/{_quote(container)}/logs", query, b"", "", self._timeout)
        connection.settimeout(None)
        return LogStream(connection, rest)

    def _remove(self, path: str, query: dict[str, str], gone: tuple[int, ...]) -> None:
        try:
            self._call("DELETE", path, query)
        except EngineError as error:
            if error.status not in gone:
                raise

    def _json(self, method: str, path: str, query: dict[str, str] | None = None, body: Any = None) -> Any:
        data = b"" if body is None else json.dumps(body).encode()
        answer = self._call(method, path, query, data)
        try:
            return json.loads(answer)
        except ValueError as error:
            raise EngineUnavailable("Docker's answer cannot be read") from error

    def _is_paused(self, container: str) -> bool:
        try:
            return bool(self.inspect(container)["State"].get("Paused"))
        except EngineError as error:
            if error.status == 404:
                return False
            raise

    def _network_owner(self, container: str) -> dict[str, Any]:
        """The container whose network this one uses: itself, or another beside it; empty if that is gone."""
        found = self.inspect(container)
        kind, _colon, other = found["HostConfig"]["NetworkMode"].partition(":")
        if kind != "container":
            return found
        try:
            return self.inspect(other)
        except EngineError as error:
            if error.status != 404:
                raise
            return {}

    def _attach(self, verb: str, network: str, container: str) -> None:
        self._call("POST", f"/networks/{_quote(network)}/{verb}", body=json.dumps({"Container": container}).encode())

    def _call(
        self,
        method: str,
        path: str,
        query: dict[str, str] | None = None,
        body: bytes = b"",
        content_type: str = "application/json",
        timeout: float | None = None,
    ) -> bytes:
        connection, rest = self._open(method, path, query, body, content_type, timeout or self._timeout)
        with connection:
            try:
                return rest + _read_all(connection)
            except OSError as error:
                raise EngineUnavailable(f"Docker broke off: {error.strerror or error}") from error

    def _open(
        self, method: str, path: str, query: dict[str, str] | None, body: bytes, content_type: str, timeout: float
    ) -> tuple[socket.socket, bytes]:
        """Send a request, read the head of the answer; gives the connection and what of the body came with the head."""
        target = path + ("?" + urllib.parse.urlencode(query) if query else "")
        head = f"{method} {target} HTTP/1.0\r\nHost: docker\r\nContent-Length: {len(body)}\r\n"
        if body:
            head += f"Content-Type: {content_type}\r\n"
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        try:
            connection.settimeout(timeout)
            connection.connect(self._path)
            connection.sendall(head.encode() + b"\r\n" + body)
            answer = b""
            while b"\r\n\r\n" not in answer:
                chunk = connection.recv(65536)
                if not chunk:
                    raise EngineUnavailable("Docker closed the connection")
                answer += chunk
            head_bytes, _separator, rest = answer.partition(b"\r\n\r\n")
            status = int(head_bytes.split(None, 2)[1])
            if status >= 400:
                raise EngineError(status, _message(status, rest + _read_all(connection)))
        except OSError as error:
            connection.close()
            raise EngineUnavailable(f"Docker does not answer at {self._path}: {error.strerror or error}") from error
        except (ValueError, IndexError) as error:
            connection.close()
            raise EngineUnavailable("Docker's answer cannot be read") from error
        except BaseException:
            connection.close()
            raise
        return connection, rest


class LogStream:
    """A container's output while it runs. ``fileno`` is for select; ``read`` does not block where it says readable."""

    def __init__(self, connection: socket.socket, begun: bytes):
        self._connection = connection
        self._decoder = FrameDecoder()
        self._begun = begun

    def fileno(self) -> int:
        """The descriptor to wait on."""
        return self._connection.fileno()

    def begun(self) -> list[bytes]:
        """The pieces that came together with the answer's head, to be taken before the first wait."""
        begun, self._begun = self._begun, b""
        return list(self._decoder.feed(begun))

    def read(self) -> list[bytes] | None:
        """The next pieces; None at the end, which is the container's or the Engine's."""
        try:
            data = self._connection.recv(65536)
        except OSError:
            return None
        return list(self._decoder.feed(data)) if data else None

    def close(self) -> None:
        """Stop listening."""
        self._connection.close()


class FrameDecoder:
    """Takes apart Docker's multiplexed output: eight bytes (stream, length) in front of each piece."""

    def __init__(self) -> None:
        self._buffer = b""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The payloads that are whole with ``data``."""
        self._buffer += data
        while len(self._buffer) >= _FRAME.size:
            _stream, length = _FRAME.unpack_from(self._buffer)
            end = _FRAME.size + length
            if len(self._buffer) < end:
                return
            payload, self._buffer = self._buffer[_FRAME.size : end], self._buffer[end:]
            yield payload


def _read_all(connection: socket.socket) -> bytes:
    chunks = []
    while True:
        chunk = connection.recv(65536)
        if not chunk:
            return b"".join(chunks)
        chunks.append(chunk)


def _filters(labels: dict[str, str]) -> dict[str, str]:
    return {"filters": json.dumps({"label": [f"{key}={value}" for key, value in labels.items()]})}


def _quote(name: str) -> str:
    return urllib.parse.quote(name, safe="")


def _message(status: int, body: bytes) -> str:
    try:
        return one_line(str(json.loads(body)["message"]))
    except (ValueError, KeyError, TypeError):
        return f"Docker answered {status}"
