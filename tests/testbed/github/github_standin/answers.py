# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a REST answer looks."""

from __future__ import annotations

import datetime
import json
import secrets

from aiohttp import web

JSON = "application/json; charset=utf-8"


def answer(document: object, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """A document as GitHub sends it."""
    return web.Response(
        body=json.dumps(document).encode(), status=status, headers={"Content-Type": JSON, **(headers or {})}
    )


def request_headers() -> dict[str, str]:
    """What every answer has."""
    request_id = ":".join(secrets.token_hex(size).upper() for size in (2, 3, 4, 4, 4))
    return {"X-GitHub-Request-Id": request_id, "X-GitHub-Media-Type": "github.v3; format=json"}


def utc(seconds: float) -> str:
    """A time as in ``2020-01-22T20:12:13Z``."""
    return datetime.datetime.fromtimestamp(int(seconds), datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
