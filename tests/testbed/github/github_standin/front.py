# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands before every request that the world sends: faults, and the log."""

from __future__ import annotations

import asyncio
import json

from aiohttp import web

from . import faults
from .errors import ApiError
from .service import Service
from .tokens import fingerprint

_MESSAGES = {401: "Bad credentials", 404: "Not Found", 429: "API rate limit exceeded", 503: "Service Unavailable"}


def front(service: Service):
    """The middleware, over one service."""

    @web.middleware
    async def middleware(request: web.Request, handler) -> web.StreamResponse:
        at = service.now()
        status: int | None = None
        try:
            response = await _answer(service, request, handler)
            status = response.status if response is not None else None
            # A response is owed to the framework even where nobody can receive it any more.
            return response if response is not None else web.Response()
        except web.HTTPException as error:
            status = error.status
            raise
        finally:
            service.journal.add(
                at=at,
                method=request.method,
                path=request.path,
                query=request.query_string,
                status=status,
                user_agent=request.headers.get("User-Agent"),
                token=_token(request),
                client=request.remote,
            )

    return middleware


async def _answer(service: Service, request: web.Request, handler) -> web.StreamResponse | None:
    """The answer, true or faulty; None where the connection was dropped instead."""
    met = service.faults.take(request.path, (faults.STATUS, faults.SLOW, faults.DROP, faults.PORTAL))
    for fault in met:
        if fault.kind == faults.SLOW:
            await asyncio.sleep(fault.seconds)
    for fault in met:
        if fault.kind == faults.STATUS:
            return _failure(fault)
        if fault.kind == faults.PORTAL:
            # Somebody between the host and GitHub answers in its place, and says that all is well.
            return web.Response(
                text="<html><body>Please log in to this network.</body></html>", content_type="text/html"
            )
        if fault.kind == faults.DROP:
            # The worst moment to lose an answer is after the runner was made.
            if request.method == "POST" and request.path.endswith("/generate-jitconfig"):
                await handler(request)
            if request.transport is not None:
                request.transport.abort()
            return None
    return await handler(request)


def _failure(fault: faults.Fault) -> web.Response:
    headers = {"Content-Type": "application/json; charset=utf-8"}
    if fault.retry_after is not None:
        headers["Retry-After"] = str(fault.retry_after)
    error = ApiError(fault.status, fault.message or _MESSAGES.get(fault.status, "Server Error"))
    return web.Response(status=fault.status, body=json.dumps(error.body).encode(), headers=headers)


def _token(request: web.Request) -> str | None:
    value = request.headers.get("Authorization", "").partition(" ")[2].strip()
    return f"sha256:{fingerprint(value)}" if value else None
