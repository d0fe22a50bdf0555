# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Logins of image registries, sealed for the host's micro-cipher, and opened here only where one is needed."""

from __future__ import annotations

import json
import threading
from typing import Any

from ._failure import Failure
from .launcher import cipher, envelope, openssl, sealed
from .launcher.engine import Engine
from .launcher.errors import Trouble

# What Docker means by a name without a registry.
DOCKER_HUB = "docker.io"


def registry_of(reference: str) -> str:
    """The registry of an image's name."""
    first, slash, _rest = reference.partition("/")
    return first if slash and ("." in first or ":" in first or first == "localhost") else DOCKER_HUB


def not_sealed(reference: str) -> dict[str, str] | None:
    """The login for an image, where there was no key to seal it for. Raises Failure."""
    raise Failure(f"the registries' logins cannot be opened: micro-cipher does not run, and {reference} may need one")


class Logins:
    """The logins, by registry; ``credential`` holds them all and is opened once, at the first need.

    ``secret`` is the file of what micro-cipher knows the host by.
    """

    def __init__(self, credential: sealed.Sealed | None, engine: Engine, micro_cipher: str, network: str, secret: str):
        self._credential = credential
        self._engine = engine
        self._micro_cipher = micro_cipher
        self._network = network
        self._secret = secret
        self._opened: dict[str, Any] | None = None
        self._lock = threading.Lock()

    def of(self, reference: str) -> dict[str, str] | None:
        """The login for an image, as the Docker SDK takes it; None where there is none. Raises Failure."""
        if self._credential is None:
            return None
        with self._lock:
            if self._opened is None:
                self._opened = self._open(self._credential)
        return self._opened.get(registry_of(reference))

    def _open(self, credential: sealed.Sealed) -> dict[str, Any]:
        try:
            block = cipher.unseal(self._engine, self._micro_cipher, self._network, credential, self._secret)
            return dict(json.loads(envelope.unwrap(credential, block)))
        except (Trouble, sealed.SealedError, openssl.OpensslError, ValueError, TypeError) as error:
            raise Failure(f"the registries' logins cannot be opened: {error}") from error
