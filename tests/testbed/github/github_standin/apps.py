# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The web applications: one for the world, one for the bed."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from aiohttp import web

from .admin import Admin
from .front import front
from .rest import Rest
from .runner_side import RunnerSide
from .service import Service

#: A runner sends its log in pieces; nothing else is large.
MAX_BODY = 4 * 1024 * 1024


def public(service: Service) -> web.Application:
    """What api.github.com and github.com answer."""

    async def clock(app: web.Application) -> AsyncIterator[None]:
        task = asyncio.ensure_future(service.keep_time())
        yield
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    app = web.Application(middlewares=[front(service)], client_max_size=MAX_BODY)
    app.add_routes(RunnerSide(service).routes())
    app.add_routes(Rest(service).routes())
    app.cleanup_ctx.append(clock)
    return app


def admin(service: Service) -> web.Application:
    """What the bed and its tests talk to."""
    app = web.Application(client_max_size=MAX_BODY)
    app.add_routes(Admin(service).routes())
    return app
