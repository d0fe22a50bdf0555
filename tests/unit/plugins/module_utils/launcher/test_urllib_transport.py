# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The launcher's transport speaks TLS, trusts nobody else, follows nobody, and gives up in time."""

from __future__ import annotations

import datetime
import ssl
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import github, scope, urllib_transport
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.errors import Trouble
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.urllib_transport import (
    UrllibTransport,
)
from ansible_collections.socialgouv.actions_runner.tests.unit.plugins.module_utils.launcher.scripted_server import (
    http,
    tcp_server,
)

TOKEN = "ghp_" + "s" * 36
HEADERS = {"Authorization": f"Bearer {TOKEN}", "User-Agent": "test"}


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for localhost, its key in the same file."""
    path = tmp_path_factory.mktemp("tls") / "localhost.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    command += ["-addext", "subjectAltName=DNS:localhost", "-keyout", f"{path}.key", "-out", f"{path}.crt"]
    subprocess.run(command, check=True, capture_output=True)
    path.write_bytes(Path(f"{path}.key").read_bytes() + Path(f"{path}.crt").read_bytes())
    return path


@pytest.fixture
def tls(certificate: Path) -> ssl.SSLContext:
    """The server's side."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, certificate: Path) -> None:
    """No proxy, and the test's authority among the host's own."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))


@pytest.mark.parametrize(
    ("method", "body", "status", "answer"),
    [
        ("GET", None, 200, b'{"runners": []}'),
        ("POST", b'{"name": "x"}', 201, b'{"runner": {}}'),
        ("DELETE", None, 204, b""),
        ("GET", None, 401, b'{"message": "Bad credentials"}'),
        ("POST", b"{}", 422, b'{"message": "no"}'),
        ("GET", None, 503, b""),
    ],
)
def test_a_request_and_its_answer_pass_unchanged(
    tls: ssl.SSLContext, method: str, body: bytes | None, status: int, answer: bytes
) -> None:
    """Whatever the status is; header names come in lower case."""
    reply = http(status, answer, "Content-Type: application/json", f"Content-Length: {len(answer)}", "Retry-After: 7")
    with tcp_server([reply], tls=tls) as server:
        found = UrllibTransport().send(method, f"https://localhost:{server.port}/x?y=z", HEADERS, body)
    assert (found.status, found.body, found.headers["retry-after"]) == (status, answer, "7")
    [request] = server.requests
    assert (request.method, request.target, request.body) == (method, "/x?y=z", body or b"")
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert request.headers["user-agent"] == "test"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(tls: ssl.SSLContext, status: int) -> None:
    """It would carry the token to another address: it is an answer like any other."""
    with tcp_server([http(200, b"{}")], tls=tls) as elsewhere:
        redirect = http(status, b"", f"Location: https://localhost:{elsewhere.port}/", "Content-Length: 0")
        with tcp_server([redirect], tls=tls) as server:
            found = UrllibTransport().send("GET", f"https://localhost:{server.port}/", HEADERS, None)
    assert found.status == status
    assert elsewhere.connections == 0


def test_a_captive_portal_is_not_taken_for_github(tls: ssl.SSLContext) -> None:
    """A login page with status 200 is a trouble that passes, and names where to look."""
    page = http(200, b"<html>Welcome to the hotel", "Content-Type: text/html")
    with tcp_server([page], tls=tls) as server:
        hotel = scope.Scope("url", "organization", "acme", f"https://localhost:{server.port}")
        with pytest.raises(Trouble, match="proxy or the network") as caught:
            github.GitHub(UrllibTransport(), hotel, TOKEN).create_jit_config("name", ["x"], 1)
    assert (caught.value.kind, caught.value.lasting) == ("nonsense", False)


def stall() -> None:
    threading.Event().wait(1.2)


@pytest.mark.parametrize(
    "script",
    [
        pytest.param([], id="closed at once"),
        pytest.param([stall], id="never answers"),
        pytest.param([http(200, b"{", "Content-Length: 50"), stall], id="stops in the body"),
        pytest.param([http(502, b"{", "Content-Length: 50"), stall], id="stops in an error's body"),
        pytest.param([http(200, b"zz\r\n", "Transfer-Encoding: chunked", version="1.1")], id="broken chunks"),
        pytest.param([http(502, b"zz\r\n", "Transfer-Encoding: chunked", version="1.1")], id="broken error chunks"),
        pytest.param([b"SSH-2.0-OpenSSH\r\n"], id="another protocol"),
    ],
)
def test_a_broken_connection_is_a_trouble_that_shows_no_secret(
    tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch, script: list[Any]
) -> None:
    """It passes by itself, names the host, and comes within the time."""
    monkeypatch.setattr(urllib_transport, "_TIMEOUT", 0.5)
    with tcp_server(script, tls=tls) as server, pytest.raises(Trouble, match="localhost cannot be reached") as caught:
        UrllibTransport().send("GET", f"https://localhost:{server.port}/", HEADERS, None)
    assert (caught.value.kind, caught.value.lasting) == ("unreachable", False)
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize(
    ("host", "trusted", "said"),
    [("localhost", False, "certificate verify failed"), ("127.0.0.1", True, "certificate verify failed")],
)
def test_a_server_that_cannot_prove_itself_gets_no_token(
    tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, host: str, trusted: bool, said: str
) -> None:
    """Neither an unknown authority nor another name is accepted."""
    if not trusted:
        (tmp_path / "empty").touch()
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "empty"))
        monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    with tcp_server([http(200, b"{}")], tls=tls) as server, pytest.raises(Trouble, match=said):
        UrllibTransport().send("GET", f"https://{host}:{server.port}/", HEADERS, None)
    assert server.requests == []


@pytest.mark.parametrize(("begins", "ends"), [(-2, -1), (1, 2)])
def test_a_certificate_out_of_its_time_hints_at_the_clock(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, begins: int, ends: int
) -> None:
    """GitHub's own never are: it is the host's clock that is off, and its time is shown."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now + datetime.timedelta(days=begins))
        .not_valid_after(now + datetime.timedelta(days=ends))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = tmp_path / "localhost.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    with tcp_server([http(200, b"{}")], tls=context) as server, pytest.raises(Trouble) as caught:
        UrllibTransport().send("GET", f"https://localhost:{server.port}/", HEADERS, None)
    assert f"clock, which shows {now:%Y-%m-%d %H}:" in str(caught.value)
    assert server.requests == []


def test_nobody_there_is_a_trouble() -> None:
    """A closed port, as while the network comes up."""
    with tcp_server([]) as server:
        port = server.port
    # Not localhost: with a name, the last of its addresses is what is told of, and IPv6 may be off.
    with pytest.raises(Trouble, match="Connection refused"):
        UrllibTransport().send("GET", f"https://127.0.0.1:{port}/", HEADERS, None)


def test_the_environments_proxy_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind a proxy the connection is a tunnel: the proxy learns the host's name and not the token."""
    with tcp_server([http(503)]) as proxy:
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{proxy.port}")
        with pytest.raises(Trouble, match="Tunnel connection failed"):
            UrllibTransport().send("GET", "https://api.github.com/x", HEADERS, None)
    [request] = proxy.requests
    assert (request.method, request.target) == ("CONNECT", "api.github.com:443")
    assert TOKEN not in repr(request)


@pytest.mark.parametrize(("login", "shown"), [("", None), ("me:p%40ss", "Basic bWU6cEBzcw==")])
def test_a_proxy_is_shown_its_login_and_github_is_not(login: str, shown: str | None) -> None:
    """The tunnel is asked for with it, percent-encoding undone; the token goes to no proxy."""
    with tcp_server([http(403, b"", "Content-Length: 0")]) as proxy:
        address = f"http://127.0.0.1:{proxy.port}"
        transport = UrllibTransport(address, proxy_login=login)
        with pytest.raises(Trouble) as caught:
            transport.send("GET", "https://api.github.com/", HEADERS, None)
    [request] = proxy.requests
    assert (request.method, request.target) == ("CONNECT", "api.github.com:443")
    assert request.headers.get("proxy-authorization") == shown
    assert "authorization" not in request.headers
    assert f"through the proxy {address}" in str(caught.value)


def test_a_wrong_login_is_a_trouble_that_a_person_mends() -> None:
    """And the login is not in it."""
    with tcp_server([http(407, b"", "Content-Length: 0")]) as proxy:
        transport = UrllibTransport(f"http://127.0.0.1:{proxy.port}", proxy_login="me:s3cret")
        with pytest.raises(Trouble, match="wants a login, or another one") as caught:
            transport.send("GET", "https://api.github.com/", HEADERS, None)
    assert (caught.value.kind, caught.value.lasting) == ("proxy", True)
    assert "s3cret" not in f"{caught.value!r}"


@pytest.mark.parametrize("names", ["localhost", "example.org, localhost", "*"])
def test_some_names_are_reached_without_the_proxy(tls: ssl.SSLContext, names: str) -> None:
    """As everybody writes them."""
    with tcp_server([]) as proxy, tcp_server([http(200, b"{}", "Content-Length: 2")], tls=tls) as server:
        transport = UrllibTransport(f"http://127.0.0.1:{proxy.port}", names)
        assert transport.send("GET", f"https://localhost:{server.port}/", HEADERS, None).status == 200
    assert proxy.connections == 0


def test_a_private_authority_is_trusted_where_it_was_given(
    tls: ssl.SSLContext, certificate: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """By this pool and no other."""
    (tmp_path / "empty").touch()
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "empty"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    ca = Path(f"{certificate}.crt").read_text()
    with tcp_server([http(200, b"{}", "Content-Length: 2")], tls=tls) as server:
        address = f"https://localhost:{server.port}/"
        assert UrllibTransport(ca=ca).send("GET", address, HEADERS, None).status == 200
    with tcp_server([http(200, b"{}")], tls=tls) as server, pytest.raises(Trouble, match="verify failed"):
        UrllibTransport().send("GET", f"https://localhost:{server.port}/", HEADERS, None)


@pytest.mark.parametrize("ca", ["nonsense", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"])
def test_an_authority_that_is_none_is_a_trouble(ca: str) -> None:
    """With what to give."""
    with pytest.raises(Trouble, match="give the text of a PEM file") as caught:
        UrllibTransport(ca=ca)
    assert caught.value.lasting
