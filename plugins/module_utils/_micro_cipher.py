# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The micro-cipher container: run it hardened, learn its key, never ask it anything."""

from __future__ import annotations

import time
import zlib
from typing import Any, Callable, NamedTuple

from . import _docker
from ._failure import Failure
from .launcher import moments, names, sealed

LABEL_CONFIG = names.LABEL_PREFIX + "micro-cipher"


class Wanted(NamedTuple):
    """The container as it shall be."""

    name: str
    image: str
    network: str

    @property
    def options(self) -> dict[str, Any]:
        """What ``docker run`` would be told. Nothing can be written, nothing be gained, and the key stays in memory."""
        return {
            "image": self.image,
            "network": self.network,
            "user": "65532:65532",
            "read_only": True,
            "cap_drop": ["ALL"],
            "security_opt": ["no-new-privileges"],
            "ulimits": [{"name": "core", "soft": 0, "hard": 0}],
            "pids_limit": 64,
            "mem_limit": "256m",
            "memswap_limit": "256m",
            "restart_policy": {"Name": "always"},
            "log_config": {"type": "local", "config": {"max-size": "1m", "max-file": "2"}},
        }

    @property
    def config(self) -> str:
        """A short sum of the options: another one means another container."""
        return f"{zlib.crc32(repr(sorted(self.options.items())).encode()):08x}"


def facts(container: Any | None) -> dict[str, Any]:
    """What is known of a container without asking it: its state and the key that it has printed since its start."""
    if container is None:
        return {"exists": False, "running": False, "public_key": None, "fingerprint": None, "started_at": None}
    state = container.attrs["State"]
    key = None
    if state["Running"]:
        # The SDK takes a float for ``since`` and loses the nanoseconds: cut by the lines' own times instead.
        log = container.logs(timestamps=True).decode(errors="replace")
        key = sealed.last_public_key(_printed_since(log, moments.nanoseconds(state["StartedAt"])))
    return {
        "exists": True,
        "running": bool(state["Running"]),
        "public_key": key,
        "fingerprint": sealed.fingerprint(key) if key else None,
        "started_at": state["StartedAt"] if state["Running"] else None,
    }


def _printed_since(log: str, first: int) -> str:
    """What was printed from a moment (nanoseconds since 1970) on in a log with times, without its times. Pure."""
    lines = []
    for line in log.splitlines():
        stamp, _space, text = line.partition(" ")
        try:
            moment = moments.nanoseconds(stamp)
        except ValueError:
            continue
        if moment >= first:
            lines.append(text)
    return "\n".join(lines)


def ensure(
    client: Any | None,
    wanted: Wanted,
    timeout: float,
    check_mode: bool,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> dict[str, Any]:
    """Have the container run as wanted and its key printed; gives its facts, ``changed``, ``key_changed``, ``actions``.

    A new one proves itself beside the old one, which goes only then. Raises Failure.
    """
    if client is None:
        return {**facts(None), "changed": True, "key_changed": True, "actions": [f"Started container {wanted.name}"]}
    with _docker.sentences(f"run {wanted.name}"):
        image = _docker.find(client.images.get, wanted.image)
        if image is None and not check_mode:
            raise Failure(f"the host has no image {wanted.image}: pull it first")
        old = _docker.find(client.containers.get, wanted.name)
        if old is not None and image is not None and _as_wanted(old, wanted, image.id):
            if old.status == "running":
                return {**_with_key(old, timeout, sleep, clock), "changed": False, "key_changed": False, "actions": []}
            if not check_mode:
                old.start()
                return _changed(_with_key(old, timeout, sleep, clock), f"Started container {wanted.name}")
        if check_mode:
            return _changed(facts(None), f"Started container {wanted.name}")
        if _docker.find(client.networks.get, wanted.network) is None:
            raise Failure(f"there is no network {wanted.network}: create it with the module cipher_network")
        return _changed(_replace(client, wanted, old, timeout, sleep, clock), f"Started container {wanted.name}")


def remove(client: Any | None, name: str, check_mode: bool) -> dict[str, Any]:
    """Remove the container, and the key with it. Raises Failure."""
    container = None
    if client is not None:
        with _docker.sentences(f"remove {name}"):
            container = _docker.find(client.containers.get, name)
            if container is not None and not check_mode:
                container.remove(force=True, v=True)
    actions = [f"Removed container {name}"] if container is not None else []
    return {**facts(None), "changed": bool(actions), "key_changed": bool(actions), "actions": actions}


def _as_wanted(container: Any, wanted: Wanted, image_id: str) -> bool:
    attrs = container.attrs
    return (
        (attrs["Config"].get("Labels") or {}).get(LABEL_CONFIG) == wanted.config
        and attrs["Image"] == image_id
        and wanted.network in attrs["NetworkSettings"]["Networks"]
    )


def _replace(
    client: Any,
    wanted: Wanted,
    old: Any | None,
    timeout: float,
    sleep: Callable[[float], None],
    clock: Callable[[], float],
) -> dict[str, Any]:
    """Start a new container beside the old one, wait for its key, and give it the name."""
    beside = f"{wanted.name}.new"
    left = _docker.find(client.containers.get, beside)
    if left is not None:
        left.remove(force=True, v=True)
    options = dict(wanted.options)
    image = options.pop("image")
    labels = {LABEL_CONFIG: wanted.config}
    container = client.containers.create(image, name=beside, labels=labels, **_sdk_options(options))
    try:
        container.start()
        found = _with_key(container, timeout, sleep, clock)
        if old is not None:
            old.remove(force=True, v=True)
        container.rename(wanted.name)
    except BaseException:
        container.remove(force=True, v=True)
        raise
    return found


def _sdk_options(options: dict[str, Any]) -> dict[str, Any]:
    from docker.types import LogConfig, Ulimit

    log = options.pop("log_config")
    ulimits = [Ulimit(**one) for one in options.pop("ulimits")]
    return {**options, "log_config": LogConfig(**log), "ulimits": ulimits}


def _with_key(
    container: Any, timeout: float, sleep: Callable[[float], None], clock: Callable[[], float]
) -> dict[str, Any]:
    """The facts of a container once it has printed its key. Raises Failure where it does not in time."""
    end = clock() + timeout
    while True:
        container.reload()
        found = facts(container)
        if found["public_key"]:
            return found
        if clock() >= end or container.status == "exited":
            said = container.logs(tail=3).decode(errors="replace").strip()
            raise Failure(
                f"micro-cipher printed no public key within {timeout:g} s (it is {container.status}"
                f"{'; it said: ' + ' / '.join(said.splitlines()) if said else ''}): is that the right image?"
            )
        sleep(0.1)


def _changed(found: dict[str, Any], action: str) -> dict[str, Any]:
    return {**found, "changed": True, "key_changed": True, "actions": [action]}
