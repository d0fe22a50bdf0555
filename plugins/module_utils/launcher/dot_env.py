# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a runner and its jobs need to get out of the container: its proxy and its certificate authorities.

The runner reads a file ``.env`` in its directory at its start (actions/runner, Program.cs) and hands it on to its jobs.
In that file, and not among the container's variables, because ``docker inspect`` would show a proxy's password.
"""

from __future__ import annotations

from .credential import Credential
from .pool import Pool

ENVIRONMENT = ".env"
AUTHORITIES = ".github-runner-ca.pem"
# Debian's and Ubuntu's, Fedora's: what a host trusts.
_BUNDLES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt")
_READ_BY = ("SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO", "REQUESTS_CA_BUNDLE")


def files(pool: Pool, credential: Credential, directory: str) -> dict[str, bytes]:
    """The files to put into the runner's directory, by name; none where the pool needs none."""
    lines, found = [], {}
    if pool.container_proxy:
        proxy = with_login(pool.container_proxy, credential.container_proxy_login)
        told = {"http_proxy": proxy, "https_proxy": proxy, "no_proxy": pool.container_no_proxy}
        lines += [f"{name}={value}" for key, value in told.items() if value for name in (key, key.upper())]
    if pool.container_ca:
        # These variables replace what a program trusts otherwise: so all that the host trusts is in the file, too.
        found[AUTHORITIES] = _bundle() + pool.container_ca.strip().encode() + b"\n"
        lines += [f"{name}={directory.rstrip('/')}/{AUTHORITIES}" for name in _READ_BY]
    if lines:
        found[ENVIRONMENT] = "".join(f"{line}\n" for line in lines).encode()
    return found


def with_login(proxy: str, login: str) -> str:
    """A proxy's URL with the login that it wants."""
    scheme, _slashes, rest = proxy.partition("://")
    return f"{scheme}://{login}@{rest}" if login else proxy


def _bundle() -> bytes:
    for path in _BUNDLES:
        try:
            with open(path, "rb") as stream:
                return stream.read().rstrip() + b"\n"
        except FileNotFoundError:
            continue
    return b""
