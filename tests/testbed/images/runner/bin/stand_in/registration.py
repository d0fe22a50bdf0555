# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What config.sh does: make a runner with a registration token, remove it with a remove token."""

from __future__ import annotations

import argparse
import json
import os
import socket
import urllib.parse
from collections.abc import Mapping
from typing import NoReturn

from . import configuration, terminal
from .configuration import NotConfigured
from .server import UNREACHABLE, Server

_DEFAULT_LABELS = ("self-hosted", "linux", "x64")
_FAILED = 1


class _Refused(Exception):
    """The message is what the runner says."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise _Refused(message)


def main(arguments: list[str]) -> int:
    """``configure`` or ``remove``, with upstream's options or their ACTIONS_RUNNER_INPUT_ variables."""
    try:
        options = _options(arguments, os.environ)
        (_configure if options.command == "configure" else _remove)(options)
    except (_Refused, NotConfigured, *UNREACHABLE) as problem:
        terminal.error(str(problem))
        return _FAILED
    return 0


def _options(arguments: list[str], environment: Mapping[str, str]) -> argparse.Namespace:
    def given(name: str) -> str:
        return environment.get(f"ACTIONS_RUNNER_INPUT_{name.upper()}", "")

    parser = _Parser(prog="config.sh", allow_abbrev=False)
    parser.add_argument("command")
    for name in ("url", "token", "name", "labels", "runnergroup", "work"):
        parser.add_argument(f"--{name}", default=given(name))
    for name in ("unattended", "ephemeral", "replace", "disableupdate", "no-default-labels", "local"):
        parser.add_argument(f"--{name}", action="store_true", default=given(name.replace("-", "")).lower() == "true")
    return parser.parse_args(arguments)


def _configure(options: argparse.Namespace) -> None:
    if (configuration.ROOT / ".runner").exists():
        raise _Refused(
            "Cannot configure the runner because it is already configured. To reconfigure the runner, run"
            " './config.sh remove' first."
        )
    own = [label.strip() for label in options.labels.split(",") if label.strip()]
    if options.no_default_labels and not own:
        raise _Refused("--no-default-labels needs --labels")
    wish = {
        "url": _needed(options, "url"),
        "token": _needed(options, "token"),
        "name": options.name or socket.gethostname(),
        "labels": [*(() if options.no_default_labels else _DEFAULT_LABELS), *own],
        "ephemeral": options.ephemeral,
        "replace": options.replace,
        "group": options.runnergroup,
        "work_folder": options.work or "_work",
    }
    reply = Server(_server(options.url)).register(wish)
    if reply.status != 201:
        raise _Refused(reply.message)
    terminal.success("Connected to GitHub")
    configuration.save({name: json.dumps(content).encode() for name, content in reply.document["files"].items()})
    terminal.success("Runner successfully added")
    terminal.success("Settings Saved.")


def _remove(options: argparse.Namespace) -> None:
    if not options.local:
        settings = configuration.load()
        token = _needed(options, "token")
        reply = Server(settings.server).remove(settings.url, token, settings.agent_id)
        if reply.status != 204:
            raise _Refused(f"Failed: Removing runner from the server: {reply.message}")
        terminal.success("Runner removed successfully")
    configuration.clean_up()


def _needed(options: argparse.Namespace, name: str) -> str:
    value = getattr(options, name)
    if not value:
        raise _Refused(f"Invalid configuration provided for {name}. Terminating unattended configuration.")
    return value


def _server(url: str) -> str:
    parts = urllib.parse.urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise _Refused(f"Invalid URL: {url}")
    return f"{parts.scheme}://{parts.netloc}"
