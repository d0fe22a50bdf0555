# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who may have something decrypted: everybody, or those who know the secret of this start."""

from __future__ import annotations

import hmac
from pathlib import Path

SCHEME = "Bearer "
# Nothing longer is a secret; an endless file must not fill the memory.
_SECRET_MAX = 1024


class Guard:
    """Lets everybody in where there is no ``path``, else those who send what stands in that file.

    The file is put there after the start, and may be replaced: it is read anew for every request.
    """

    def __init__(self, path: str | None = None):
        self._path = path

    def status(self, authorization: str | None) -> int:
        """200 for who may pass, 401 for who may not, 503 where the secret is not there yet."""
        if self._path is None:
            return 200
        secret = self._secret(self._path)
        if not secret:
            return 503
        offered = (authorization or "").encode("latin-1", "replace")
        return 200 if hmac.compare_digest(offered, SCHEME.encode() + secret) else 401

    def _secret(self, path: str) -> bytes:
        try:
            with Path(path).open("rb") as stream:
                return stream.read(_SECRET_MAX).strip()
        except OSError:
            return b""
