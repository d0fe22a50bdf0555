# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The bed's own keys: a throw-away certificate authority, the servers' certificate, ssh keys, GitHub's token."""

from __future__ import annotations

import hashlib
import os
import secrets
import string
import tempfile
from pathlib import Path

from .layout import PRIVATE_REGISTRY_NAME, SERVER, State
from .process import attempt, run

# The registry is also reached as 127.0.0.1, by whoever pushes to it.
SERVER_NAMES = (
    "DNS:ghcr.io",
    "DNS:api.github.com",
    "DNS:github.com",
    "DNS:bed.ghe.com",
    "DNS:api.bed.ghe.com",
    f"DNS:{PRIVATE_REGISTRY_NAME}",
    "DNS:localhost",
    "IP:127.0.0.1",
)
# An Enterprise Server with a certificate of an authority that no host trusts by itself.
PRIVATE_NAMES = (f"DNS:{SERVER}",)
DAYS = "365"
# A certificate that ends within this time is made anew.
MARGIN_SECONDS = str(2 * 24 * 3600)
NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
# GitHub's classic tokens are `ghp_` and 36 letters or digits.
TOKEN_LENGTH = 36


def ensure(state: State) -> None:
    """Make what is missing or about to end."""
    ensure_ssh_key(state.ssh_key, "testbed")
    ensure_ssh_key(state.host_key, "testbed-hosts")
    _ensure_served(state.ca, state.ca_key, state.tls, SERVER_NAMES)
    _ensure_served(state.private_ca, state.private_ca_key, state.tls / "private", PRIVATE_NAMES)


def _ensure_served(ca: Path, ca_key: Path, folder: Path, names: tuple[str, ...]) -> None:
    """A CA, and a folder with a certificate of it."""
    cert = folder / "cert.pem"
    if ca_key.exists() and _lasts(ca) and _lasts(cert) and _has(cert, names):
        return
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)
    if not (ca_key.exists() and _lasts(ca)):
        make_authority(ca, ca_key)
    make_certificate(ca, ca_key, cert, folder / "key.pem", names)


def fingerprint(state: State) -> str:
    """A digest of the public parts that hosts hold: differs if a host was made with keys that are gone."""
    digest = hashlib.sha256()
    for path in (state.ca, public_key(state.ssh_key), public_key(state.host_key)):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def make_authority(certificate: Path, key: Path) -> None:
    """Make a CA with the extensions that strict verifiers (Python 3.13) ask for."""
    with _settled(certificate, 0o644) as new_certificate, _settled(key, 0o600) as new_key:
        run(
            [
                *("openssl", "req", "-x509", *NEW_KEY, "-subj", "/CN=testbed throw-away CA", "-days", DAYS),
                *("-keyout", new_key, "-out", new_certificate),
                *("-addext", "basicConstraints=critical,CA:TRUE"),
                *("-addext", "keyUsage=critical,keyCertSign,cRLSign"),
            ],
            timeout=60,
        )


def make_certificate(ca: Path, ca_key: Path, certificate: Path, key: Path, names: tuple[str, ...]) -> None:
    """Make one server certificate for all `names` (openssl's subjectAltName words), signed by the CA.

    The key is readable for all: the servers run as users that the bed does not choose, and the folder above
    is private.
    """
    with (
        tempfile.TemporaryDirectory() as scratch,
        _settled(certificate, 0o644) as new_certificate,
        _settled(key, 0o644) as new_key,
    ):
        request, extensions = Path(scratch, "request.pem"), Path(scratch, "extensions")
        extensions.write_text(
            f"subjectAltName={','.join(names)}\n"
            "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\n"
            "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"
        )
        run(
            ["openssl", "req", "-new", *NEW_KEY, "-subj", "/CN=testbed", "-keyout", new_key, "-out", request],
            timeout=60,
        )
        run(
            [
                *("openssl", "x509", "-req", "-in", request, "-CA", ca, "-CAkey", ca_key, "-days", DAYS),
                *("-set_serial", f"0x{secrets.token_hex(16)}", "-extfile", extensions, "-out", new_certificate),
            ],
            timeout=60,
        )


def ensure_ssh_key(path: Path, comment: str) -> None:
    """Make an ed25519 key pair if there is none."""
    if path.exists() and public_key(path).exists():
        return
    path.unlink(missing_ok=True)
    run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", path], timeout=60)


def public_key(path: Path) -> Path:
    """Where the public half of an ssh key lies."""
    return path.with_name(path.name + ".pub")


def new_token() -> str:
    """A token that looks like a classic personal access token."""
    return "ghp_" + "".join(secrets.choice(string.ascii_letters + string.digits) for _unused in range(TOKEN_LENGTH))


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    with _settled(path, 0o600) as new:
        new.write_text(text)


class _settled:
    """A temporary file beside `path` that takes its place, with its mode, only if all went well."""

    def __init__(self, path: Path, mode: int) -> None:
        self._path, self._mode = path, mode

    def __enter__(self) -> Path:
        descriptor, name = tempfile.mkstemp(dir=self._path.parent, prefix=f".{self._path.name}.")
        os.close(descriptor)
        self._new = Path(name)
        return self._new

    def __exit__(self, kind: type[BaseException] | None, *_unused: object) -> None:
        if kind is None:
            self._new.chmod(self._mode)
            self._new.replace(self._path)
        else:
            self._new.unlink(missing_ok=True)


def _lasts(certificate: Path) -> bool:
    check = ["openssl", "x509", "-checkend", MARGIN_SECONDS, "-noout", "-in", certificate]
    return certificate.exists() and attempt(check, timeout=60).returncode == 0


def _has(certificate: Path, names: tuple[str, ...]) -> bool:
    """Whether a certificate is for all of these names."""
    shown = attempt(["openssl", "x509", "-noout", "-ext", "subjectAltName", "-in", certificate], timeout=60)
    found = {name.strip().replace("IP Address:", "IP:") for name in shown.stdout.decode().replace("\n", ",").split(",")}
    return set(names) <= found
