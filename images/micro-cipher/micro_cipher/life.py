# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From start to SIGTERM: make a key, listen, print the public key, serve."""

from __future__ import annotations

import asyncio
import resource
import signal
import threading
from collections.abc import Callable

from aiohttp import web

from .key import Key
from .server import PORT, Server


def run(make_app: Callable[[Key], web.Application], port: int = PORT) -> None:
    """Serve ``make_app(key)`` until SIGTERM or SIGINT; nothing is printed before the port listens."""
    # A core dump would carry the private key to a disk.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    asyncio.run(_serve(make_app, port))


async def _serve(make_app: Callable[[Key], web.Application], port: int) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    # Set before all else: the kernel ignores for PID 1 every signal that it has no handler for.
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    stopped = asyncio.ensure_future(stop.wait())
    key = _in_thread(Key)
    await asyncio.wait({stopped, key}, return_when=asyncio.FIRST_COMPLETED)
    if stop.is_set():
        return
    server = Server(make_app(key.result()), port=port)
    await server.start()
    print(key.result().public_pem, flush=True)
    await stopped
    await server.stop()


def _in_thread(make: Callable[[], Key]) -> asyncio.Future[Key]:
    """Make the key beside the event loop, in a thread that a stop does not wait for: it takes seconds."""
    loop = asyncio.get_running_loop()
    made: asyncio.Future[Key] = loop.create_future()

    def work() -> None:
        key = make()
        loop.call_soon_threadsafe(made.set_result, key)

    threading.Thread(target=work, daemon=True).start()
    return made
