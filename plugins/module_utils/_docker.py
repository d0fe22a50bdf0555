# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Docker SDK for Python, imported where it is used and no sooner."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Callable

from ._failure import Failure

# Long, for a loaded Engine takes more than the SDK's minute to make a container.
TIMEOUT = 180


def connect(check_mode: bool) -> Any | None:
    """A client of the host's Engine; None in check mode on a host that has no Docker yet. Raises Failure."""
    try:
        import docker
        import docker.errors
        import requests.exceptions
    except ImportError as error:
        if check_mode:
            return None
        raise Failure("the Docker SDK for Python is missing on the host: install python3-docker") from error
    try:
        client = docker.from_env(timeout=TIMEOUT)
        client.ping()
    except (docker.errors.DockerException, requests.exceptions.RequestException) as error:
        if check_mode and not is_installed():
            return None
        raise Failure("Docker does not answer on the host: start it with 'systemctl start docker'") from error
    return client


def is_installed() -> bool:
    """Whether the host has Docker's Engine at all, be it that it runs or not."""
    return shutil.which("dockerd") is not None


@contextmanager
def sentences(doing: str, remedy: str = "") -> Iterator[None]:
    """Turns the SDK's exceptions into one sentence: ``cannot DOING: what Docker said (REMEDY)``."""
    import docker.errors
    import requests.exceptions

    try:
        yield
    except docker.errors.APIError as error:
        raise Failure(f"cannot {doing}: {explanation(error)}{f' ({remedy})' if remedy else ''}") from error
    except (docker.errors.DockerException, requests.exceptions.RequestException) as error:
        raise Failure(f"cannot {doing}: {error}") from error


def explanation(error: Any) -> str:
    """What the Engine said, on one line."""
    return " ".join(str(error.explanation or error).split())


def find(get: Callable[[str], Any], name: str) -> Any | None:
    """What ``get`` (such as ``client.networks.get``) finds by exactly this name, or None."""
    import docker.errors

    try:
        return get(name)
    except docker.errors.NotFound:
        return None
