# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a pool proves itself with: a token or a GitHub App, and the logins of its proxies. Pure.

A token alone is sealed as it is, as it always was; everything else as one JSON document.
"""

from __future__ import annotations

import dataclasses
import json
import re

from .sealed import SealedError, check_secret

_CLIENT_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_PRIVATE_KEY = re.compile(
    r"-----BEGIN (RSA )?PRIVATE KEY-----\n[A-Za-z0-9+/=\n]+\n-----END (RSA )?PRIVATE KEY-----", re.DOTALL
)
# In a proxy's URL everything else is percent-encoded: RFC 3986, 3.2.1.
_LOGIN = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=%-]+:[A-Za-z0-9._~!$&'()*+,;=:%-]+")


@dataclasses.dataclass(frozen=True)
class App:
    """A GitHub App; ``installation_id`` 0 is found by itself."""

    client_id: str
    private_key: str = dataclasses.field(repr=False)
    installation_id: int = 0


@dataclasses.dataclass(frozen=True)
class Credential:
    """All secrets of one pool. None of them is ever shown."""

    token: str = dataclasses.field(default="", repr=False)
    app: App | None = None
    proxy_login: str = dataclasses.field(default="", repr=False)
    container_proxy_login: str = dataclasses.field(default="", repr=False)

    @property
    def is_bare(self) -> bool:
        """Whether it is a token and nothing else."""
        return self == Credential(token=self.token)

    def dump(self) -> bytes:
        """What is sealed. Raises SealedError where it cannot be a credential."""
        _check(self)
        if self.is_bare:
            return self.token.encode()
        given = {key: value for key, value in dataclasses.asdict(self).items() if value}
        return json.dumps(given, sort_keys=True).encode()


def load(secret: str) -> Credential:
    """The credential in what was sealed. Raises SealedError."""
    if not secret.startswith("{"):
        return Credential(token=secret)
    try:
        document = json.loads(secret)
        app = App(**document.pop("app")) if "app" in document else None
        return Credential(app=app, **document)
    except (ValueError, TypeError) as error:
        raise SealedError("what was sealed is no credential: seal it again") from error


def app_of(client_id: str, private_key: str, installation_id: int = 0) -> App:
    """A GitHub App from what a person gave. Raises SealedError."""
    if not _CLIENT_ID.fullmatch(client_id):
        raise SealedError("the GitHub App's client id is not usable: copy it from the App's settings, like Iv23li...")
    key = "\n".join(line.strip() for line in private_key.strip().splitlines())
    if not _PRIVATE_KEY.fullmatch(key):
        raise SealedError(
            "the GitHub App's private key is not usable: give the whole .pem file that GitHub made, with no passphrase"
        )
    if installation_id < 0:
        raise SealedError(f"the GitHub App's installation id is {installation_id}: it takes the number in its address")
    return App(client_id, key + "\n", installation_id)


def _check(credential: Credential) -> None:
    if credential.app is None:
        check_secret(credential.token)
    elif credential.token:
        raise SealedError("both a token and a GitHub App are given: give one of them")
    for login in (credential.proxy_login, credential.container_proxy_login):
        if login and not _LOGIN.fullmatch(login):
            raise SealedError("a proxy's login is not usable: write USER:PASSWORD as a URL has them, percent-encoded")
