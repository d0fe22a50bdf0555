# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""GitHub's stand-in as the test bed steers it: its admin API, plain HTTP on a loopback port."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

from .errors import BedError


class StandIn:
    """A client of the admin API."""

    def __init__(self, port: int) -> None:
        self._base = f"http://127.0.0.1:{port}"
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def healthy(self) -> bool:
        """Whether it answers."""
        try:
            return self.call("GET", "/health").get("ok") is True
        except BedError:
            return False

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Make one call and return the JSON of its answer. Raises BedError if it is refused or does not come."""
        request = urllib.request.Request(
            self._base + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        try:
            with self._opener.open(request, timeout=30) as reply:
                return json.loads(reply.read() or b"{}")
        except urllib.error.HTTPError as exc:
            said = exc.read().decode(errors="replace").strip()
            raise BedError(f"the stand-in for GitHub answers {exc.code} to {method} {path}: {said}") from exc
        except (OSError, ValueError) as exc:
            raise BedError(f"the stand-in for GitHub does not answer ({exc}): is the bed up?") from exc
