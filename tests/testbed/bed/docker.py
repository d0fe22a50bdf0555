# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The few things the bed asks of the outer Docker Engine, through the docker command."""

from __future__ import annotations

import json
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .errors import BedError
from .process import attempt, run

Json = dict[str, Any]


def docker(*words: str | Path, input: bytes | None = None, timeout: float | None = 600) -> str:
    """Run a docker command and return what it prints. Raises BedError if it fails."""
    return run(["docker", *words], input=input, timeout=timeout, env={"DOCKER_BUILDKIT": "0"})


def answers() -> bool:
    """Whether an engine is reachable."""
    return attempt(["docker", "version", "--format", "{{.Server.Version}}"], timeout=20).returncode == 0


def inspect(kind: str, *names: str) -> list[Json]:
    """Inspect objects of one kind (container, image, network, volume), leaving out those that do not exist."""
    if not names:
        return []
    # docker prints what it found as JSON and complains about the rest, so a failure is a normal answer.
    found = attempt(["docker", kind, "inspect", *names], timeout=60)
    try:
        return json.loads(found.stdout or b"[]")
    except ValueError as exc:
        raise BedError(f"docker {kind} inspect: {found.stderr.decode(errors='replace').strip()}") from exc


def container(name: str) -> Json | None:
    """A container, or None."""
    return next(iter(inspect("container", name)), None)


def image_id(name: str) -> str | None:
    """The id of a local image, or None."""
    return next((image["Id"] for image in inspect("image", name)), None)


def labelled(kind: str, label: str) -> list[str]:
    """Names of all containers, networks or volumes with a label."""
    listing = ["docker", kind, "ls", "--filter", f"label={label}", "--format"]
    if kind == "container":
        return run([*listing, "{{.Names}}", "--all"], timeout=60).split()
    return run([*listing, "{{.Name}}"], timeout=60).split()


def running() -> list[str]:
    """Names of all containers that run, whoever started them."""
    return run(["docker", "ps", "--format", "{{.Names}}"], timeout=60).split()


def published_port(details: Json, inside: int) -> int:
    """The loopback port under which a container's port is published. Raises BedError if there is none."""
    bindings = (details["HostConfig"].get("PortBindings") or {}).get(f"{inside}/tcp") or []
    for binding in bindings:
        return int(binding["HostPort"])
    raise BedError(f"{details['Name'].lstrip('/')} publishes no port {inside}: run `testbed down`, then `testbed up`")


def free_ports(count: int) -> list[int]:
    """Free loopback ports. Fixed when a container is made, so that an inventory outlives a restart of the host."""
    sockets = [socket.socket() for _unused in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def image_labels(names: Sequence[str]) -> dict[str, dict[str, str]]:
    """Labels of local images by the name asked for."""
    labels: dict[str, dict[str, str]] = {}
    for image in inspect("image", *names):
        for tag in image.get("RepoTags") or []:
            labels[tag.removesuffix(":latest")] = (image.get("Config") or {}).get("Labels") or {}
    return labels
