# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What micro-cipher promises to those who hold a ciphertext, and what it withstands."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from aiohttp import ClientSession
from micro_cipher.key import Key, Unreadable
from micro_cipher.server import MAX_BODY, Server, application

PACKAGE = Path(__file__).resolve().parents[3] / "images" / "micro-cipher"


@pytest.fixture(scope="module")
def key():
    """A key that is quicker to make than the real thing."""
    return Key(bits=2048)


@pytest.fixture(scope="module")
def other():
    return Key(bits=2048)


def seal(key: Key, plaintext: bytes, folder: Path, *options: str) -> bytes:
    """Seal as an admin does, with the openssl command."""
    (folder / "key.pem").write_text(key.public_pem, encoding="ascii")
    command = ["openssl", "pkeyutl", "-encrypt", "-pubin", "-inkey", str(folder / "key.pem")]
    for option in ("rsa_padding_mode:oaep", *options):
        command += ["-pkeyopt", option]
    return subprocess.run(command, input=plaintext, capture_output=True, check=True).stdout


def exchange(key: Key, *requests: tuple[str, str, bytes], deadline: float = 30.0) -> list[tuple[int, bytes]]:
    """Send requests to a server with this key, one after the other; give the statuses and bodies of its answers."""

    async def talk() -> list[tuple[int, bytes]]:
        server = Server(application(key.decrypt), host="127.0.0.1", port=0, deadline=deadline)
        port = await server.start()
        answers = []
        async with ClientSession(base_url=f"http://127.0.0.1:{port}") as session:
            for method, path, body in requests:
                async with session.request(method, path, data=body) as answer:
                    answers.append((answer.status, await answer.read()))
        await server.stop()
        return answers

    return asyncio.run(talk())


@pytest.mark.parametrize("plaintext", [b"ghp_token", b"with a newline\n", bytes(range(190)), b"x" * 214])
def test_opens_what_openssl_sealed(key, tmp_path, plaintext):
    """openssl's OAEP defaults are what it reads, and not a byte is added or lost."""
    assert key.decrypt(seal(key, plaintext, tmp_path)) == plaintext


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/"), ("GET", "/"), ("PUT", "/any/path?and=query"), ("DELETE", "/pot")]
)
def test_any_method_and_path_will_do(key, tmp_path, method, path):
    """As upstream: only the body counts."""
    assert exchange(key, (method, path, seal(key, b"secret", tmp_path))) == [(200, b"secret")]


def test_survives_what_it_cannot_open(key, other, tmp_path):
    """Each body that ends the upstream server is answered with 400, and the key still serves afterwards."""
    good = seal(key, b"secret", tmp_path)
    sha256 = seal(key, b"secret", tmp_path, "rsa_oaep_md:sha256")
    bad = [b"", b"garbage", good[:-1], good + b"\0", good * 2, seal(other, b"secret", tmp_path), sha256]
    answers = exchange(key, *[("POST", "/", body) for body in bad], ("POST", "/", good))
    assert [status for status, dummy in answers] == [400] * len(bad) + [200]


def test_bounds_a_body(key):
    """Nobody fills its memory."""
    assert [status for status, dummy in exchange(key, ("POST", "/", b"x" * (MAX_BODY + 1)))] == [413]


def test_unreadable_says_nothing_of_why(key):
    """A padding oracle needs to be told causes apart."""
    with pytest.raises(Unreadable) as caught:
        key.decrypt(b"x" * 256)
    assert not caught.value.args
    assert caught.value.__suppress_context__


def test_ends_a_connection_that_dawdles(key):
    """A client that sends no request, or never the end of one, does not hold a connection for ever."""

    async def dawdle() -> float:
        server = Server(application(key.decrypt), host="127.0.0.1", port=0, deadline=0.3)
        port = await server.start()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nonly this")
        began = time.monotonic()
        await asyncio.wait_for(reader.read(), timeout=5)
        took = time.monotonic() - began
        writer.close()
        await server.stop()
        return took

    assert 0.2 < asyncio.run(dawdle()) < 3


@pytest.fixture
def process():
    """The program as a process, which also says when it starts to make its key, and on which free port it listens."""
    code = (
        "from micro_cipher import life, server\n"
        "start, in_thread = server.Server.start, life._in_thread\n"
        "def make(key):\n"
        "    print('making')\n"
        "    return in_thread(key)\n"
        "async def tell(self):\n"
        "    port = await start(self)\n"
        "    print(port)\n"
        "server.Server.start, life._in_thread = tell, make\n"
        "life.run(lambda key: server.application(key.decrypt), port=0)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-u", "-c", code]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment) as child:
        yield child
        child.kill()


def test_prints_its_key_once_it_listens_and_ends_on_sigterm(process):
    """Who has read the PEM can connect; SIGTERM ends it at once, cleanly and without another word."""
    assert process.stdout.readline() == "making\n"
    int(process.stdout.readline())
    lines = iter(process.stdout.readline, "-----END PUBLIC KEY-----\n")
    assert next(lines) == "-----BEGIN PUBLIC KEY-----\n"
    assert all(re.fullmatch(r"[A-Za-z0-9+/=]{1,64}\n", line) for line in lines)
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=10)
    assert (process.returncode, out.strip(), err) == (0, "", "")
    assert time.monotonic() - began < 2


def test_ends_while_it_makes_its_key(process):
    """A stop need not wait for seconds of arithmetic."""
    assert process.stdout.readline() == "making\n"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=10)
    assert (process.returncode, out, err) == (0, "", "")
