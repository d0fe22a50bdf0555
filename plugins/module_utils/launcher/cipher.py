# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ask micro-cipher for the credential, and never anything it cannot open.

One bad body ends the upstream server and with it the key. So the connection is opened first and the key compared after:
it then belongs to the process whose key was compared, or to an older one, and in that case it is broken.
With the ciphertext goes the secret by which micro-cipher knows the launcher, where there is one for this very start.
"""

from __future__ import annotations

import http.client
import socket
from typing import Any

from . import cipher_secret, moments, sealed
from .engine import Engine, EngineError
from .errors import Trouble

PORT = 3000
_TIMEOUT = 10.0


def unseal(engine: Engine, container: str, network: str, credential: sealed.Sealed, secret_file: str) -> str:
    """The plaintext of a sealed credential. Raises Trouble: state ``sealed`` where it was sealed for another key."""
    connection = _connect(_address(engine, container, network), container)
    try:
        found = _inspect(engine, container)
        if _key_of(engine, container, found) != credential.fingerprint:
            raise Trouble(
                "sealed",
                "micro-cipher has another key than the one that the token was sealed for: seal it again",
                state="sealed",
                lasting=True,
            )
        secret = cipher_secret.read(secret_file, found["Id"], found["State"]["StartedAt"])
        return _post(connection, credential.ciphertext, secret)
    finally:
        connection.close()


def key_in_force(engine: Engine, container: str) -> str:
    """The fingerprint of the key that micro-cipher has printed since its start. Raises Trouble."""
    return _key_of(engine, container, _inspect(engine, container))


def _key_of(engine: Engine, container: str, found: dict[str, Any]) -> str:
    started = moments.nanoseconds(found["State"]["StartedAt"])
    try:
        key = sealed.last_public_key(engine.logs(container, since=moments.since(started)))
    except EngineError as error:
        raise _engine_trouble(error, container) from error
    if not key:
        raise Trouble("cipher", "micro-cipher has not printed its key yet")
    return sealed.fingerprint(key)


def _inspect(engine: Engine, container: str) -> dict[str, Any]:
    try:
        return engine.inspect(container)
    except EngineError as error:
        raise _engine_trouble(error, container) from error


def _address(engine: Engine, container: str, network: str) -> str:
    description = _inspect(engine, container)
    if not description["State"]["Running"]:
        raise Trouble("cipher", f"{container} is not running ({description['State']['Status']})")
    address = description["NetworkSettings"]["Networks"].get(network, {}).get("IPAddress")
    if not address:
        raise Trouble("cipher", f"{container} is not on the network {network}: run the playbook", lasting=True)
    return str(address)


def _engine_trouble(error: EngineError, container: str) -> Trouble:
    if error.status == 404:
        return Trouble("cipher", f"there is no container {container}: run the playbook", lasting=True)
    return Trouble("docker", error.sentence)


def _connect(address: str, container: str) -> http.client.HTTPConnection:
    connection = http.client.HTTPConnection(address, PORT, timeout=_TIMEOUT)
    try:
        connection.sock = socket.create_connection((address, PORT), timeout=_TIMEOUT)
    except OSError as error:
        raise Trouble("cipher", f"{container} does not listen on port {PORT}: {error.strerror or error}") from error
    return connection


def _post(connection: http.client.HTTPConnection, ciphertext: bytes, secret: str | None) -> str:
    # http.client would connect anew, perhaps to a process with another key, where this connection is broken.
    connection.auto_open = 0
    try:
        headers = {"Content-Type": "application/octet-stream", **cipher_secret.headers(secret)}
        connection.request("POST", "/", body=ciphertext, headers=headers)
        answer = connection.getresponse()
        plaintext = answer.read(sealed.SECRET_MAX + 1)
    except (OSError, http.client.HTTPException) as error:
        raise Trouble("cipher", f"micro-cipher broke off: {type(error).__name__}") from error
    if answer.status in (401, 503):
        raise Trouble("cipher", "micro-cipher does not know this launcher: run the playbook", lasting=True)
    if answer.status != 200 or not plaintext or len(plaintext) > sealed.SECRET_MAX:
        raise Trouble(
            "cipher", f"micro-cipher did not open the token (status {answer.status}): seal it again", lasting=True
        )
    try:
        return plaintext.decode()
    except UnicodeDecodeError as error:
        raise Trouble("cipher", "what was sealed is no token: seal it again", lasting=True) from error
