# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""micro-cipher is asked once, over a connection that belongs to the compared key, and never for another key."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest

from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import cipher, cipher_secret, sealed
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.engine import (
    EngineError,
    EngineUnavailable,
)
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.errors import Trouble
from ansible_collections.socialgouv.actions_runner.tests.unit.plugins.module_utils.launcher.scripted_server import (
    Server,
    http,
    tcp_server,
)

TOKEN = "ghp_" + "s" * 36
DER, OTHER_DER = b"the key in force", b"another key"
CIPHERTEXT = bytes(range(256)) * 2
ID = "c" * 64
STARTED = "2026-11-24T10:00:00.000000005Z"


def pem(der: bytes) -> str:
    return f"-----BEGIN PUBLIC KEY-----\n{base64.b64encode(der).decode()}\n-----END PUBLIC KEY-----\n"


def credential(der: bytes = DER) -> sealed.Sealed:
    return sealed.Sealed(hashlib.sha256(der).hexdigest(), "00", CIPHERTEXT)


def fail(error: EngineError) -> None:
    raise error


class Engine:
    """Docker, as far as micro-cipher goes: what each call gives, or raises."""

    def __init__(self, log: str = pem(DER), before_log: Callable[[], object] = lambda: None, **state: Any):
        self.since: list[str] = []
        self.log = log
        self.before_log = before_log
        self.state = {"Running": True, "Status": "running", "StartedAt": STARTED, **state}
        self.networks = {"cipher-net": {"IPAddress": "127.0.0.1"}}
        self.failure: EngineError | None = None

    def inspect(self, container: str) -> dict[str, Any]:
        assert container == "micro-cipher"
        if self.failure is not None:
            fail(self.failure)
        return {"Id": ID, "State": self.state, "NetworkSettings": {"Networks": self.networks}}

    def logs(self, container: str, since: str = "0") -> str:
        assert container == "micro-cipher"
        self.since.append(since)
        self.before_log()
        return self.log


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Starts micro-cipher's server on a free port, with a script for each connection."""

    @contextlib.contextmanager
    def start(*scripts: Any, receive: bool = True) -> Iterator[Server]:
        with tcp_server(*scripts, receive=receive) as running:
            monkeypatch.setattr(cipher, "PORT", running.port)
            yield running

    return start


def unseal(engine: Engine, secret_file: Path | str = "/nowhere") -> str:
    return cipher.unseal(engine, "micro-cipher", "cipher-net", credential(), str(secret_file))  # type: ignore[arg-type]


def kept(folder: Path, container: str = ID, started: str = STARTED, mode: int = 0o600) -> Path:
    """What the module keeps for the launcher."""
    path = folder / "micro-cipher.json"
    path.write_bytes(cipher_secret.dump(container, started, "the secret"))
    path.chmod(mode)
    return path


def test_the_ciphertext_is_posted_and_the_plaintext_comes_back(server: Any) -> None:
    """One request over one connection, the ciphertext as it stands; the key is the one printed since the start."""
    engine = Engine()
    with server([http(200, TOKEN.encode())]) as running:
        assert unseal(engine) == TOKEN
    assert (running.connections, len(running.requests)) == (1, 1)
    assert (running.requests[0].method, running.requests[0].body) == ("POST", CIPHERTEXT)
    assert engine.since == ["1795514400.000000005"]


def test_the_secret_of_this_start_goes_with_it(server: Any, tmp_path: Path) -> None:
    """By it micro-cipher knows the launcher."""
    with server([http(200, TOKEN.encode())]) as running:
        assert unseal(Engine(), kept(tmp_path)) == TOKEN
    assert running.requests[0].headers["authorization"] == "Bearer the secret"


@pytest.mark.parametrize(
    "other", [{"container": "d" * 64}, {"started": "2026-11-24T10:00:00.000000006Z"}, None, "{", "[]"]
)
def test_a_secret_for_something_else_stays_here(server: Any, tmp_path: Path, other: Any) -> None:
    """Another container, or another start of it, may be anybody; without one, what answers everybody answers."""
    path = kept(tmp_path, **other) if isinstance(other, dict) else tmp_path / "none"
    if isinstance(other, str):
        path = kept(tmp_path)
        path.write_text(other)
    with server([http(200, TOKEN.encode())]) as running:
        assert unseal(Engine(), path) == TOKEN
    assert "authorization" not in running.requests[0].headers


def test_a_secret_that_others_can_read_is_none(server: Any, tmp_path: Path) -> None:
    """Nothing is sent before somebody has looked at it."""
    with server([http(200, b"never")]) as running, pytest.raises(Trouble, match="should be root's alone"):
        unseal(Engine(), kept(tmp_path, mode=0o644))
    assert running.requests == []


@pytest.mark.parametrize(
    "log", [pem(OTHER_DER), pem(DER) + pem(OTHER_DER)], ids=["another key", "the key before a restart"]
)
def test_nothing_is_posted_for_another_key(server: Any, log: str) -> None:
    """It would end the upstream server and its key: the instance says that the token must be sealed again."""
    with server([http(200, b"never")]) as running, pytest.raises(Trouble, match="seal it again") as caught:
        unseal(Engine(log))
    assert (caught.value.kind, caught.value.state, caught.value.lasting) == ("sealed", "sealed", True)
    assert running.requests == []


@pytest.mark.parametrize("log", ["", "starting\n", pem(DER)[:-30]])
def test_nothing_is_posted_before_the_key_is_printed(server: Any, log: str) -> None:
    """Making the key takes seconds: that passes by itself."""
    with server([http(200, b"never")]) as running, pytest.raises(Trouble, match="not printed its key yet") as caught:
        unseal(Engine(log))
    assert (caught.value.kind, caught.value.lasting) == ("cipher", False)
    assert running.requests == []


def test_a_connection_that_broke_is_never_opened_again(server: Any) -> None:
    """micro-cipher restarts between the comparison and the request: the new process, with its new key, gets nothing."""
    closed = threading.Event()
    engine = Engine(before_log=lambda: closed.wait(5))
    with server([closed.set], [http(200, b"never")], receive=False) as running, pytest.raises(Trouble) as caught:
        unseal(engine)
    assert "broke off" in str(caught.value)
    assert (caught.value.kind, caught.value.lasting) == ("cipher", False)
    assert running.connections == 1
    assert running.requests == []


@pytest.mark.parametrize(
    ("script", "said", "lasting"),
    [
        pytest.param([], "broke off", False, id="died of it"),
        pytest.param([lambda: threading.Event().wait(1)], "broke off", False, id="never answers"),
        pytest.param([b"SSH-2.0\r\n"], "broke off", False, id="another protocol"),
        pytest.param([http(500, b"cannot")], "did not open the token", True, id="refuses"),
        pytest.param([http(401, b"who?")], "does not know this launcher: run the playbook", True, id="wants a secret"),
        pytest.param([http(503, b"soon")], "does not know this launcher: run the playbook", True, id="has no secret"),
        pytest.param([http(302, b"x", "Location: http://elsewhere/")], "did not open", True, id="redirects"),
        pytest.param([http(200, b"")], "did not open the token", True, id="empty"),
        pytest.param([http(200, b"x" * 471)], "did not open the token", True, id="longer than can be sealed"),
        pytest.param([http(200, b"\xff\xfe")], "no token", True, id="no text"),
    ],
)
def test_what_micro_cipher_does_instead_is_a_trouble(
    server: Any, monkeypatch: pytest.MonkeyPatch, script: Any, said: str, lasting: bool
) -> None:
    """One request is all that it gets; nothing of an answer is shown."""
    monkeypatch.setattr(cipher, "_TIMEOUT", 0.5)
    with server(script) as running, pytest.raises(Trouble, match=said) as caught:
        unseal(Engine())
    assert caught.value.lasting is lasting
    assert running.connections == 1
    assert "cannot" not in str(caught.value)


@pytest.mark.parametrize(
    ("change", "kind", "said", "lasting"),
    [
        ({"state": {"Running": False, "Status": "exited"}}, "cipher", r"not running \(exited\)", False),
        ({"networks": {}}, "cipher", "not on the network cipher-net: run the playbook", True),
        ({"networks": {"cipher-net": {"IPAddress": ""}}}, "cipher", "not on the network", True),
        ({"failure": EngineError(404, "No such container")}, "cipher", "no container micro-cipher: run the", True),
        ({"failure": EngineError(500, "oops")}, "docker", "oops", False),
        ({"failure": EngineUnavailable("Docker does not answer")}, "docker", "does not answer", False),
    ],
)
def test_what_is_wrong_with_the_container_is_said(
    server: Any, change: dict[str, Any], kind: str, said: str, lasting: bool
) -> None:
    """Docker's troubles pass, a person's are named with the remedy; nobody is asked meanwhile."""
    engine = Engine()
    for name, value in change.items():
        setattr(engine, name, value)
    with server([http(200, b"never")]) as running, pytest.raises(Trouble, match=said) as caught:
        unseal(engine)
    assert (caught.value.kind, caught.value.lasting) == (kind, lasting)
    assert running.connections == 0


def test_a_server_that_does_not_listen_yet_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Upstream prints its key and then listens, or the other way round."""
    with tcp_server([]) as server:
        monkeypatch.setattr(cipher, "PORT", server.port)
    with pytest.raises(Trouble, match=r"does not listen on port \d+: Connection refused") as caught:
        unseal(Engine())
    assert not caught.value.lasting
