# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``python3 -m github_standin``: serve until told to stop."""

from __future__ import annotations

import argparse
import asyncio
import signal
import ssl
from pathlib import Path

from aiohttp import web

from . import apps, proxy
from .places import SERVER_HOST
from .service import Service


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="github_standin", description="A stand-in for GitHub.")
    parser.add_argument("--host", default="0.0.0.0", help="address to listen on (%(default)s)")
    parser.add_argument("--port", type=int, default=443, help="GitHub over TLS (%(default)s)")
    parser.add_argument("--admin-port", type=int, default=8080, help="admin API, plain HTTP (%(default)s)")
    parser.add_argument("--proxy-port", type=int, default=3128, help="CONNECT proxy to --port (%(default)s)")
    parser.add_argument("--login-proxy-port", type=int, default=3129, help="the same, with a login (%(default)s)")
    parser.add_argument("--login", default="bed:bed", help="USER:PASSWORD that it wants (%(default)s)")
    parser.add_argument(
        "--tls", type=Path, help="folder of cert.pem and key.pem, and of private/ with those of an Enterprise Server"
    )
    return parser.parse_args()


async def _serve(options: argparse.Namespace) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    context = None
    if options.tls:
        context = _context(options.tls)
        private = options.tls / "private"
        if private.is_dir():
            context.sni_callback = _choose(_context(private))
    service = Service()
    world = web.AppRunner(apps.public(service), access_log=None)
    bed = web.AppRunner(apps.admin(service), access_log=None)
    port = await _listen(world, options.host, options.port, context)
    admin_port = await _listen(bed, options.host, options.admin_port, None)
    target = ("127.0.0.1", port)
    tunnels = [
        await proxy.start(options.host, options.proxy_port, target),
        await proxy.start(options.host, options.login_proxy_port, target, options.login, service.journal.connected),
    ]
    proxy_port, login_port = (tunnel.sockets[0].getsockname()[1] for tunnel in tunnels)
    print(f"GitHub on {port}, admin on {admin_port}, proxies on {proxy_port} and {login_port}", flush=True)
    await stop.wait()
    for tunnel in tunnels:
        tunnel.close()
    service.stop()
    await asyncio.gather(world.cleanup(), bed.cleanup())


def _context(folder: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


def _choose(private: ssl.SSLContext):
    """Lets a connection that asks for the Enterprise Server have that one's certificate."""

    def choose(connection: ssl.SSLObject, name: str | None, _context: ssl.SSLContext) -> None:
        if name == SERVER_HOST:
            connection.context = private

    return choose


async def _listen(runner: web.AppRunner, host: str, port: int, context: ssl.SSLContext | None) -> int:
    """Serve, and give the port, which the kernel chooses for 0."""
    await runner.setup()
    await web.TCPSite(runner, host, port, ssl_context=context).start()
    return runner.addresses[0][1]


if __name__ == "__main__":
    asyncio.run(_serve(_arguments()))
