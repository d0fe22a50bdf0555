# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the sealed credential to a GitHub client. The only place on a host that holds the plaintext.

Runs in a child process (see offload.py), so that the plaintext is gone from memory as soon as the call is made.
"""

from __future__ import annotations

from typing import Any, Callable, NamedTuple

from . import app, cipher, credential, envelope, files, openssl, scope, sealed
from .credential import Credential
from .engine import Engine
from .errors import Trouble
from .github import GitHub, Transport
from .memory import Memory
from .paths import Paths
from .pool import Pool
from .urllib_transport import UrllibTransport

# An access token that ends sooner is renewed: a call must not lose it half way.
_MARGIN = 300.0


class Opened(NamedTuple):
    """A pool's credential in use."""

    github: GitHub
    credential: Credential
    signature: str  #: changes when it is sealed anew


class Access:
    """The way to GitHub of the pools of this host."""

    def __init__(self, paths: Paths, engine: Engine, transport: Transport | None, memory: Memory):
        self._paths = paths
        self._engine = engine
        self._transport = transport
        self.memory = memory

    def call(self, pool: Pool, what: Callable[[Opened], Any]) -> Any:
        """Do something at GitHub with the pool's credential. Raises Trouble."""
        secret = self._unseal(pool)
        where = scope.parse_url(pool.url)
        own_way = pool.proxy or pool.ca
        transport = None if own_way else self._transport
        transport = transport or UrllibTransport(pool.proxy, pool.no_proxy, secret.proxy_login, pool.ca)
        signature = repr(files.signature(self._paths.sealed(pool.name)))
        if secret.app is None:
            return what(Opened(GitHub(transport, where, secret.token), secret, signature))
        # Another sealed file or URL is another credential.
        key = f"access:{pool.name}:{pool.url}:{signature}"
        token = self.memory.recall(key)
        if token is not None:
            try:
                return what(Opened(GitHub(transport, where, token), secret, signature))
            except Trouble as trouble:
                if trouble.kind != "refused":
                    raise
                self.memory.forget(key)  # revoked before its time
        fresh = app.access_token(transport, where, secret.app)
        self.memory.keep(key, fresh.token, fresh.expires_at - _MARGIN)
        return what(Opened(GitHub(transport, where, fresh.token), secret, signature))

    def _unseal(self, pool: Pool) -> Credential:
        try:
            text = files.read_private(self._paths.sealed(pool.name))
        except OSError as error:
            raise Trouble(
                "files", f"the sealed token cannot be read: {error.strerror}: look whose it is, then seal again"
            ) from error
        if text is None:
            raise Trouble("sealed", "there is no sealed token: run the playbook", state="sealed", lasting=True)
        try:
            kept = sealed.load(text)
            secret_file = self._paths.cipher_secret(pool.micro_cipher)
            block = cipher.unseal(self._engine, pool.micro_cipher, pool.cipher_network, kept, secret_file)
            return credential.load(envelope.unwrap(kept, block))
        except sealed.SealedError as error:
            raise Trouble("sealed", str(error), state="sealed", lasting=True) from error
        except openssl.OpensslError as error:
            raise Trouble("openssl", f"the sealed credential cannot be opened: {error}", lasting=True) from error
