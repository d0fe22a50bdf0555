# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The stand-in as a process: its ports, its TLS, its proxy, its log, its end."""

from __future__ import annotations

import base64
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import requests

PACKAGE = Path(__file__).resolve().parents[2] / "testbed" / "github"
API = "https://api.github.com"
RUNNERS = f"{API}/orgs/acme/actions/runners"
TOKEN = "ghp_a-secret-that-must-not-be-seen"


@pytest.fixture(scope="module")
def tls(tmp_path_factory):
    """A folder with a key and a certificate for GitHub's names."""
    folder = tmp_path_factory.mktemp("tls")
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=test"]
    command += ["-addext", "subjectAltName=DNS:api.github.com,DNS:github.com"]
    command += ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    subprocess.run(command, check=True, capture_output=True)
    return folder


class Process:
    """The running program, and a client that reaches it as a control node does: by name, through the proxy."""

    def __init__(self, tls: Path):
        command = [sys.executable, "-u", "-m", "github_standin", "--host", "127.0.0.1", "--tls", str(tls)]
        command += ["--port", "0", "--admin-port", "0", "--proxy-port", "0", "--login-proxy-port", "0"]
        environment = {**os.environ, "PYTHONPATH": str(PACKAGE), "PYTHONDONTWRITEBYTECODE": "1"}
        self.child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
        self.port, admin, self.proxy, self.login_proxy = (
            int(port) for port in re.findall(r"\d+", self.child.stdout.readline())
        )
        self._admin = f"http://127.0.0.1:{admin}"
        self.web = requests.Session()
        self.web.trust_env = False
        self.web.proxies = {"https": f"http://127.0.0.1:{self.proxy}"}
        self.web.verify = str(tls / "cert.pem")
        self.web.headers["Authorization"] = f"Bearer {TOKEN}"
        self.steer("POST", "/tokens", {"token": TOKEN, "kind": "classic", "scopes": ["admin:org"]})

    def steer(self, method: str, path: str, body: dict | None = None, status: tuple[int, ...] = (200, 201, 204)):
        """A call of the admin API."""
        answer = requests.request(method, self._admin + path, json=body, timeout=10)
        assert answer.status_code in status, answer.text
        return answer.json() if answer.content else None

    def jit(self, name: str) -> dict:
        """Register a runner."""
        wish = {"name": name, "runner_group_id": 1, "labels": ["self-hosted"]}
        return self.web.post(f"{RUNNERS}/generate-jitconfig", json=wish, timeout=10).json()


@pytest.fixture
def process(tls):
    running = Process(tls)
    yield running
    running.child.kill()
    running.child.communicate()


class Listener:
    """A runner that waits for a message, in a thread, over a connection of its own."""

    def __init__(self, process: Process, runner: dict):
        self.arrived: float | None = None
        self._web = requests.Session()
        self._web.trust_env = False
        self._web.proxies, self._web.verify = process.web.proxies, process.web.verify
        body = {"agent_id": runner["runner"]["id"], "secret": _secret(runner), "os": "linux", "version": "2"}
        answer = self._web.post("https://github.com/_runner/session", json=body, timeout=10)
        self.session = answer.json()["session"]
        self._thread = threading.Thread(target=self._wait, daemon=True)
        self._thread.start()

    def _wait(self) -> None:
        headers = {"Authorization": f"Session {self.session}"}
        self.answer = self._web.get("https://github.com/_runner/message?wait=50", headers=headers, timeout=60)
        self.arrived = time.monotonic()

    def join(self) -> None:
        """Wait for the message."""
        self._thread.join(timeout=10)
        assert self.arrived, "no answer came"


def _secret(runner: dict) -> str:
    files = json.loads(base64.b64decode(runner["encoded_jit_config"]))
    return json.loads(base64.b64decode(files[".credentials_rsaparams"]))["d"]


def eventually(condition, within: float = 10.0) -> None:
    """Wait until something is so."""
    end = time.monotonic() + within
    while not condition():
        assert time.monotonic() < end, "it never came about"
        time.sleep(0.05)


def test_the_control_node_reaches_it_by_name(process):
    """https://api.github.com through the proxy, with the bed's certificate, and no entry in any hosts file."""
    assert process.web.get(RUNNERS, timeout=10).json() == {"total_count": 0, "runners": []}


@pytest.mark.parametrize(
    "request_line",
    [
        b"CONNECT example.org:443 HTTP/1.1",
        b"CONNECT api.github.com:22 HTTP/1.1",
        b"CONNECT api.github.com.example.org:443 HTTP/1.1",
        b"GET http://api.github.com/ HTTP/1.1",
        b"nonsense",
    ],
)
def test_the_proxy_leads_nowhere_else(process, request_line):
    """Tests reach nothing but the stand-in."""
    with socket.create_connection(("127.0.0.1", process.proxy), timeout=10) as client:
        client.sendall(request_line + b"\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 403 ")


def test_a_job_reaches_a_waiting_runner_at_once(process):
    """The open request is woken: the answer does not wait for the next time that it looks around by itself."""
    listener = Listener(process, process.jit("r"))
    eventually(lambda: process.steer("GET", "/runners")["runners"][0]["connected"])
    time.sleep(0.7)
    process.steer("POST", "/jobs", {"script": "true"})
    submitted = time.monotonic()
    listener.join()
    assert listener.answer.json()["type"] == "job"
    assert listener.arrived - submitted < 0.25


def test_a_runner_that_is_killed_goes_offline(process):
    """Its connection breaks without a word; GitHub notices, though the request would have lasted much longer."""
    process.steer("PATCH", "/timing", {"offline_after": 0.2})
    runner = process.jit("r")
    body = {"agent_id": runner["runner"]["id"], "secret": _secret(runner), "os": "linux", "version": "2"}
    session = process.web.post("https://github.com/_runner/session", json=body, timeout=10).json()["session"]
    headers = {"Authorization": f"Session {session}"}
    with pytest.raises(requests.exceptions.ReadTimeout):
        process.web.get("https://github.com/_runner/message?wait=50", headers=headers, timeout=0.5)
    eventually(lambda: process.steer("GET", "/runners")["runners"][0]["status"] == "offline", within=5)


def test_the_log_shows_every_request_and_no_secret(process):
    """Who asked what, with which token: its fingerprint, never itself."""
    process.jit("r")
    process.web.get(RUNNERS, params={"name": "r"}, timeout=10)
    seen = process.steer("GET", "/log")["requests"]
    assert [(entry["method"], entry["path"], entry["query"], entry["status"]) for entry in seen] == [
        ("POST", "/orgs/acme/actions/runners/generate-jitconfig", "", 201),
        ("GET", "/orgs/acme/actions/runners", "name=r", 200),
    ]
    assert re.fullmatch(r"sha256:[0-9a-f]{12}", seen[0]["token"])
    assert seen[0]["user_agent"].startswith("python-requests/")
    assert TOKEN not in repr(seen)
    assert process.steer("GET", f"/log?since={seen[0]['n']}")["requests"] == seen[1:]


def test_slow_is_slow(process):
    """A slow answer is the true one, late."""
    process.steer("POST", "/faults", {"kind": "slow", "seconds": 0.5, "count": 1})
    began = time.monotonic()
    assert process.web.get(RUNNERS, timeout=10).status_code == 200
    assert 0.5 <= time.monotonic() - began < 2


def test_a_dropped_request_has_no_answer(process):
    """The connection closes; the log has the request, without a status."""
    process.steer("POST", "/faults", {"kind": "drop", "count": 1})
    with pytest.raises(requests.exceptions.ConnectionError):
        process.web.get(RUNNERS, timeout=10)
    assert process.steer("GET", "/log")["requests"][-1]["status"] is None


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/tokens", {"kind": "classic"}, 400),
        ("POST", "/tokens", {"token": "x", "kind": "golden", "scopes": []}, 400),
        ("POST", "/jobs", {}, 400),
        ("POST", "/jobs", {"script": "true", "labels": "self-hosted"}, 400),
        ("POST", "/jobs", {"script": "true", "scope": "orgs/nobody"}, 404),
        ("POST", "/faults", {"kind": "rain"}, 400),
        ("PATCH", "/timing", {"weather": 1}, 400),
        ("GET", "/jobs/1", None, 404),
        ("DELETE", "/runners/1", None, 404),
        ("GET", "/log?since=yesterday", None, 400),
    ],
)
def test_the_admin_api_says_what_is_wrong(process, method, path, body, status):
    """One line, and nothing done."""
    assert process.steer(method, path, body, status=(status,))["error"]


def test_resetting_forgets_all_but_the_tokens(process):
    """Between two tests: no runner, job, fault or log is left, and the token still serves."""
    process.jit("r")
    process.steer("POST", "/jobs", {"script": "true"})
    process.steer("POST", "/faults", {"kind": "status"})
    process.steer("POST", "/reset")
    assert process.steer("GET", "/log") == {"requests": []}
    assert process.steer("GET", "/jobs") == {"jobs": []}
    assert process.web.get(RUNNERS, timeout=10).json()["total_count"] == 0


def test_it_ends_at_once_with_runners_waiting(process):
    """SIGTERM does not wait for the end of open requests."""
    listener = Listener(process, process.jit("r"))
    eventually(lambda: process.steer("GET", "/runners")["runners"][0]["connected"])
    began = time.monotonic()
    process.child.send_signal(signal.SIGTERM)
    assert process.child.wait(timeout=20) == 0
    assert time.monotonic() - began < 3
    listener.join()
    assert listener.answer.status_code == 204
