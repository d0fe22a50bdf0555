# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files that make a runner: ``.runner``, ``.credentials``, ``.credentials_rsaparams``."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import MutableMapping
from pathlib import Path
from typing import NamedTuple

from . import terminal

ROOT = Path(__file__).resolve().parents[2]
_FILES = (".credentials", ".credentials_rsaparams", ".runner")
_JIT_VARIABLE = "ACTIONS_RUNNER_INPUT_JITCONFIG"


class NotConfigured(Exception):
    """There is no usable configuration; the message is what the runner says."""


class Settings(NamedTuple):
    """Who this runner is, and where GitHub is."""

    agent_id: int
    name: str
    server: str
    url: str  #: the organisation, repository or enterprise
    work: Path
    ephemeral: bool
    secret: str


def jit_config(arguments: list[str], environment: MutableMapping[str, str]) -> str | None:
    """The JIT configuration of the command line or the environment, taken out of the latter as upstream does."""
    given = environment.pop(_JIT_VARIABLE, None)
    for number, argument in enumerate(arguments[:-1]):
        if argument == "--jitconfig":
            return arguments[number + 1]
    return given


def unpack(encoded: str, root: Path = ROOT) -> None:
    """Write the files of a JIT configuration. Raises NotConfigured."""
    try:
        document = json.loads(base64.b64decode(encoded, validate=True))
        files = {name: base64.b64decode(content, validate=True) for name, content in document.items()}
    except (ValueError, AttributeError, TypeError) as problem:
        raise NotConfigured(str(problem)) from problem
    save(files, root)


def save(files: dict[str, bytes], root: Path = ROOT) -> None:
    """Write a runner's files, for its user alone. Raises NotConfigured."""
    for name, content in files.items():
        if name not in _FILES:
            raise NotConfigured(f"Unexpected file {name!r} in the configuration")
        descriptor = os.open(root / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)


def load(root: Path = ROOT) -> Settings:
    """The configuration in the runner's folder. Raises NotConfigured."""
    try:
        runner, _credentials, parameters = (_read(root / name) for name in (".runner", ".credentials", _FILES[1]))
    except FileNotFoundError as problem:
        raise NotConfigured("Not configured. Run config.(sh/cmd) to configure the runner.") from problem
    except (OSError, ValueError) as problem:
        raise NotConfigured(str(problem)) from problem
    try:
        return Settings(
            agent_id=int(runner["AgentId"]),
            name=runner["AgentName"],
            server=runner["ServerUrl"],
            url=runner["GitHubUrl"],
            work=root / runner.get("WorkFolder", "_work"),
            ephemeral=_true(runner.get("Ephemeral")),
            secret=parameters["d"],
        )
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        raise NotConfigured(f"The runner's settings cannot be read: {problem!r}") from problem


def load_environment(environment: MutableMapping[str, str], root: Path = ROOT) -> None:
    """Take over the variables of the file ``.env``, as upstream's Program.cs does at its start."""
    try:
        lines = (root / ".env").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return
    for line in lines:
        name, equals, value = line.partition("=")
        if name and equals:
            environment[name] = value


def clean_up(root: Path = ROOT) -> None:
    """Remove the files, and say so as upstream does."""
    for name in _FILES:
        try:
            (root / name).unlink()
        except FileNotFoundError:
            continue
        if name != ".credentials_rsaparams":
            terminal.success(f"Removed {name}")


def _read(path: Path) -> dict:
    # .NET writes a byte order mark.
    document = json.loads(path.read_text(encoding="utf-8-sig"))
    if not isinstance(document, dict):
        raise ValueError(f"{path.name} is not a JSON object")
    return document


def _true(value: object) -> bool:
    return value is True or str(value).lower() == "true"
