# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The micro-cipher container: run it hardened, learn its key, never ask it anything."""

from __future__ import annotations

import time
from typing import Any, Callable

from . import _docker, _micro_cipher_secret
from ._failure import Failure
from ._micro_cipher_options import UID, Wanted, is_foreign
from .launcher import moments, sealed
from .launcher.paths import Paths

# Seconds between two looks for the key: each costs the Engine as much as it would take of the processor that makes it.
_LOOK = 0.25


def facts(container: Any | None) -> dict[str, Any]:
    """What is known of a container without asking it: its state and the key that it has printed since its start."""
    if container is None:
        nothing = dict.fromkeys(("public_key", "fingerprint", "started_at", "launcher_only"))
        return {"exists": False, "running": False, **nothing}
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
        "launcher_only": _micro_cipher_secret.takes_one(container),
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


class Run:
    """The container of one host."""

    def __init__(
        self,
        client: Any | None,
        paths: Paths,
        timeout: float,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ):
        self._client = client
        self._paths = paths
        self._timeout = timeout
        self._sleep = sleep
        self._clock = clock

    def ensure(self, name: str, image: str, network: str, launcher_only: str, check_mode: bool) -> dict[str, Any]:
        """Have the container run as wanted and its key printed.

        Gives its facts, ``changed``, ``key_changed``, ``actions``. A new one proves itself beside the old one, which
        goes only then. Raises Failure.
        """
        started = f"Started container {name}"
        if self._client is None:
            return _changed(facts(None), started)
        with _docker.sentences(f"run {name}"):
            found = _docker.find(self._client.images.get, image)
            if found is None:
                if check_mode:
                    return _changed(facts(None), started)
                raise Failure(f"the host has no image {image}: pull it first")
            wanted = Wanted(name, image, network, _micro_cipher_secret.wanted(launcher_only, image, found.labels))
            old = _ours(self._client, name, image)
            drift = wanted.drift(old.attrs, found.id) if old is not None else []
            if old is not None and not drift and old.status == "running":
                return self._leave(old, wanted, check_mode)
            action = f"Replaced container {name} (another {', '.join(drift)})" if drift else started
            if check_mode:
                return _changed(facts(None), action)
            if old is None or drift:
                return _changed(self._replace(wanted, old), action)
            old.start()
            result = self._with_key(old)
            if wanted.secret:
                _micro_cipher_secret.keep(self._paths, name, old, _micro_cipher_secret.put(old, UID))
            return _changed(result, action)

    def remove(self, name: str, check_mode: bool) -> dict[str, Any]:
        """Remove the container, and the key with it. Raises Failure."""
        container = None
        if self._client is not None:
            with _docker.sentences(f"remove {name}"):
                container = _ours(self._client, name)
                if container is not None and not check_mode:
                    container.remove(force=True, v=True)
        if not check_mode:
            _micro_cipher_secret.forget(self._paths, name)
        actions = [f"Removed container {name}"] if container is not None else []
        return {**facts(None), "changed": bool(actions), "key_changed": bool(actions), "actions": actions}

    def _leave(self, container: Any, wanted: Wanted, check_mode: bool) -> dict[str, Any]:
        """The facts of a container that is as wanted, with a secret if this start of it has none."""
        result = {**self._with_key(container), "changed": False, "key_changed": False, "actions": []}
        if wanted.secret and not _micro_cipher_secret.is_given(self._paths, wanted.name, container):
            result.update(changed=True, actions=[f"Gave container {wanted.name} a secret"])
            if not check_mode:
                secret = _micro_cipher_secret.put(container, UID)
                _micro_cipher_secret.keep(self._paths, wanted.name, container, secret)
        return result

    def _replace(self, wanted: Wanted, old: Any | None) -> dict[str, Any]:
        """Start a new container beside the old one, wait for its key, and give it the name."""
        network = _docker.find(self._client.networks.get, wanted.network)
        if network is None:
            raise Failure(f"there is no network {wanted.network}: create it with the module cipher_network")
        if not network.attrs["Internal"]:
            raise Failure(f"the network {wanted.network} leads out: make it internal with the module cipher_network")
        beside = f"{wanted.name}.new"
        left = _ours(self._client, beside)
        if left is not None:
            left.remove(force=True, v=True)
        container = self._start(wanted, beside)
        try:
            found = self._with_key(container)
            secret = _micro_cipher_secret.put(container, UID) if wanted.secret else None
            if old is not None:
                old.remove(force=True, v=True)
            container.rename(wanted.name)
        except BaseException:
            container.remove(force=True, v=True)
            raise
        # Only now is it the one that the launcher finds under the name.
        if secret:
            _micro_cipher_secret.keep(self._paths, wanted.name, container, secret)
        else:
            _micro_cipher_secret.forget(self._paths, wanted.name)
        return found

    def _start(self, wanted: Wanted, name: str) -> Any:
        """A container that was made and started, with leave to lock its memory where the Engine may give it."""
        import docker.errors

        for lock_memory in (True, False):
            options = wanted.sdk_options(lock_memory)
            container = self._client.containers.create(wanted.image, name=name, **options)
            try:
                container.start()
            except BaseException as error:
                container.remove(force=True, v=True)
                # An Engine that is itself confined cannot raise a limit.
                if not (lock_memory and isinstance(error, docker.errors.APIError) and "rlimit" in str(error)):
                    raise
            else:
                return container
        raise AssertionError

    def _with_key(self, container: Any) -> dict[str, Any]:
        """The facts of a container once it has printed its key. Raises Failure where it does not in time."""
        end = self._clock() + self._timeout
        while True:
            container.reload()
            found = facts(container)
            if found["public_key"]:
                return found
            if self._clock() >= end or container.status == "exited":
                said = container.logs(tail=3).decode(errors="replace").strip()
                raise Failure(
                    f"micro-cipher printed no public key within {self._timeout:g} s (it is {container.status}"
                    f"{'; it said: ' + ' / '.join(said.splitlines()) if said else ''}): is that the right image?"
                )
            self._sleep(_LOOK)


def _changed(found: dict[str, Any], action: str) -> dict[str, Any]:
    return {**found, "changed": True, "key_changed": True, "actions": [action]}


def _ours(client: Any, name: str, image: str = "") -> Any | None:
    """The container of that name, if there is one; also one that was started by hand, from an image called as ours.

    Raises Failure where it is somebody else's.
    """
    found = _docker.find(client.containers.get, name)
    if found is not None and is_foreign(found.attrs, image):
        raise Failure(
            f"the container {name} is somebody else's, it runs {found.attrs['Config']['Image']}: "
            "rename it, or choose another name"
        )
    return found
