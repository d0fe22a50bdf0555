# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From start to SIGTERM: make a key, listen, print the public key, serve."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable

from . import memory
from .key import Key
from .server import PORT, Server
from .wire import MAX_BODY, Answer, Request

MakeAnswer = Callable[[Key, dict[str, object]], Callable[[Request], Answer]]


def run(make_answer: MakeAnswer, port: int = PORT, max_body: int = MAX_BODY) -> None:
    """Serve ``make_answer(key, facts)`` until SIGTERM or SIGINT; nothing is printed before the port listens."""
    facts = {"memory_locked": memory.keep()}
    asyncio.run(_serve(lambda key: make_answer(key, facts), port, max_body))


async def _serve(make_answer: Callable[[Key], Callable[[Request], Answer]], port: int, max_body: int) -> None:
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
    server = Server(make_answer(key.result()), port=port, max_body=max_body)
    await server.start()
    print(key.result().public_pem, flush=True)
    await stopped
    server.stop()


def _in_thread(make: Callable[[], Key]) -> asyncio.Future[Key]:
    """Make the key beside the event loop, in a thread that a stop does not wait for: it takes seconds."""
    loop = asyncio.get_running_loop()
    made: asyncio.Future[Key] = loop.create_future()

    def work() -> None:
        try:
            key = make()
        except Exception as error:
            loop.call_soon_threadsafe(made.set_exception, error)
        else:
            loop.call_soon_threadsafe(made.set_result, key)

    threading.Thread(target=work, daemon=True).start()
    return made
