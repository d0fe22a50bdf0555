# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is answered: the plaintext, or, for those who send nothing, the public half of what there is to know."""

from __future__ import annotations

import json
from collections.abc import Callable

from .guard import Guard
from .key import Unreadable
from .wire import Answer, Request

Decrypt = Callable[[bytes], bytes]

_REFUSALS = {
    401: Answer(401, b"only those who know the secret of this start are answered\n"),
    503: Answer(503, b"the secret of this start is not there yet\n"),
}


class Answers:
    """Answers every path and method with ``decrypt(body)``, as upstream does, if ``guard`` lets the request pass.

    ``decrypt`` raises Unreadable for what it cannot open; that is answered with 400. GET /health and GET /public-key
    without a body, which upstream dies of, are answered to everybody, without a use of the private key.
    """

    def __init__(self, decrypt: Decrypt, public_pem: str, guard: Guard, facts: dict[str, object]):
        self._decrypt = decrypt
        self._guard = guard
        self._public = {
            "/health": Answer(200, f"{json.dumps({'status': 'ok', **facts})}\n".encode(), "application/json"),
            "/public-key": Answer(200, public_pem.encode(), "application/x-pem-file"),
        }

    def __call__(self, request: Request) -> Answer:
        """The answer; it takes milliseconds where something is decrypted."""
        if not request.body and request.method in ("GET", "HEAD") and request.path in self._public:
            return self._public[request.path]
        status = self._guard.status(request.authorization)
        if status != 200:
            return _REFUSALS[status]
        try:
            return Answer(200, self._decrypt(request.body), "application/octet-stream")
        except Unreadable:
            return Answer(400, b"not a ciphertext for this key\n")
