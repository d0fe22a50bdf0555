# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The program as a process: how it starts, how it ends, what it withstands, and what of it could reach a disk."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import resource
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import siege

PACKAGE = Path(__file__).resolve().parents[3] / "images" / "micro-cipher"
# The program as it is, but for a port that is free, a key that is quickly made, and two more lines of output.
CODE = """
from micro_cipher import life, server
from micro_cipher.answers import Answers
from micro_cipher.guard import Guard
from micro_cipher.key import Key
start, in_thread = server.Server.start, life._in_thread
life.Server = lambda *given, **options: server.Server(*given, host='127.0.0.1', **options)
def make(key):
    print('making')
    return in_thread(lambda: key({bits}))
async def tell(self):
    print(await start(self))
server.Server.start, life._in_thread = tell, make
life.run(lambda key, facts: Answers(key.decrypt, key.public_pem, Guard(), facts), port=0)
"""


@contextlib.contextmanager
def started(bits: int):
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-u", "-c", CODE.format(bits=bits)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, env=environment, **pipes) as child:
        try:
            yield child
        finally:
            child.kill()


class Running:
    """A micro-cipher that has printed its key."""

    def __init__(self, child: subprocess.Popen):
        assert child.stdout.readline() == "making\n"
        self.child = child
        self.port = int(child.stdout.readline())
        lines = list(iter(child.stdout.readline, "-----END PUBLIC KEY-----\n"))
        assert lines[0] == "-----BEGIN PUBLIC KEY-----\n"
        assert all(re.fullmatch(r"[A-Za-z0-9+/=]{1,64}\n", line) for line in lines[1:])
        self.public_pem = "".join(lines) + "-----END PUBLIC KEY-----\n"

    def status(self, field: str) -> int:
        """A number of /proc/PID/status; memory in KiB."""
        found = re.search(rf"^{field}:\s+(\d+)", Path(f"/proc/{self.child.pid}/status").read_text(), re.MULTILINE)
        return int(found[1])

    def open_files(self) -> int:
        return len(list(Path(f"/proc/{self.child.pid}/fd").iterdir()))

    def ask(self, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, path, body)
        answer = connection.getresponse()
        given = answer.status, answer.read()
        connection.close()
        return given


@pytest.fixture
def running():
    with started(bits=2048) as child:
        yield Running(child)


def test_prints_its_key_once_it_listens_and_ends_on_sigterm(running):
    """Who has read the PEM can connect; SIGTERM ends it at once, cleanly, without a word, whoever is connected."""
    with socket.create_connection(("127.0.0.1", running.port)) as idle:
        idle.sendall(b"POST / HTTP/1.1\r\n")
        assert running.ask("GET", "/public-key") == (200, running.public_pem.encode())
        running.child.send_signal(signal.SIGTERM)
        out, err = running.child.communicate(timeout=20)
    assert (running.child.returncode, out.strip(), err) == (0, "", "")


def test_ends_while_it_makes_its_key():
    """A stop need not wait for seconds of arithmetic: of this key, for minutes."""
    with started(bits=16384) as child:
        assert child.stdout.readline() == "making\n"
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=20)
    assert (child.returncode, out, err) == (0, "", "")


def test_ends_when_no_key_can_be_made():
    """A container that will never have a key ends and says why, instead of standing there without a port."""
    with started(bits=1) as child:
        out, err = child.communicate(timeout=20)
    assert (child.returncode, out) == (1, "making\n")
    assert "key_size" in err


def test_its_memory_stays_in_memory(running):
    """No core dump, no look into it by its neighbours, no swap; and what it says of the last is true."""
    assert resource.prlimit(running.child.pid, resource.RLIMIT_CORE) == (0, 0)
    # What is not dumpable belongs to root in /proc, and the user it runs as may not even list its files.
    code = f"import os; os.setgid(65532); os.setuid(65532); open('/proc/{running.child.pid}/maps').read()"
    if os.geteuid() == 0:
        looked = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        assert "PermissionError" in looked.stderr
    said = running.ask("GET", "/health")[1]
    assert (b'"memory_locked": true' in said) is (running.status("VmLck") > 0)


def test_it_locks_what_it_says_it_locks():
    """Where no limit is in its way, the kernel alone decides; under one it does not try, or it would run into it."""
    code = (
        "import re, resource, sys\n"
        "from micro_cipher import memory\n"
        "resource.getrlimit = lambda _which: (int(sys.argv[1]),) * 2\n"
        "locked = memory.keep()\n"
        "print(locked == ('VmLck:\\t       0 kB' not in open('/proc/self/status').read()), locked)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE), "PYTHONDONTWRITEBYTECODE": "1"}

    def under(limit: int) -> str:
        command = [sys.executable, "-c", code, str(limit)]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.strip()

    assert under(8 * 1024 * 1024) == "True False"
    assert under(resource.RLIM_INFINITY).startswith("True ")


def test_withstands_a_siege(running, seal):
    """After 10,000 bad requests and 1,000 slow ones it still decrypts, with the same memory and files as before."""
    sealed = seal(running.public_pem, b"secret")
    assert siege.bad_requests("127.0.0.1", running.port, 1000, block=256) == {400}
    siege.slow_requests("127.0.0.1", running.port, siege.SLOW)
    before, files = running.status("VmRSS"), running.open_files()
    assert siege.bad_requests("127.0.0.1", running.port, siege.BAD, block=256) == {400}
    siege.slow_requests("127.0.0.1", running.port, siege.SLOW)
    assert running.ask("POST", "/", sealed) == (200, b"secret")
    # The places of those who have gone are given back as soon as the loop comes to it.
    end = time.monotonic() + 60
    while running.open_files() > files and time.monotonic() < end:
        time.sleep(0.05)
    assert running.open_files() <= files
    assert running.status("VmRSS") - before < 4 * 1024
