# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bringing the bed up and down. Docker's own objects are the record of what is there; files only hold keys."""

from __future__ import annotations

import fcntl
import itertools
import os
import urllib.parse
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from . import docker, engine, hosts, images, inventory, keys, packages
from .errors import BedError
from .layout import (
    GITHUB,
    GITHUB_IMAGE,
    HOST_FULL,
    IMAGES,
    LABEL,
    NETWORK,
    PRIVATE_REGISTRY,
    PRIVATE_REGISTRY_NAME,
    PROXY_LOGIN,
    REGISTRY,
    REGISTRY_IMAGE,
    SERVER,
    Image,
    Machine,
    State,
    host_images,
)
from .progress import say, step
from .registry import Registry
from .stand_in import StandIn
from .waiting import wait_until

GITHUB_ADMIN_PORT = 8080
GITHUB_PROXY_PORT = 3128
GITHUB_NAMES = ("api.github.com", "github.com", "api.bed.ghe.com", "bed.ghe.com", SERVER, "proxy.testbed")
# Fixed on the control node, because some (molecule) must know it before there is a bed.
DEFAULT_PROXY_PORT = 13128
PROXY_PORT_VARIABLE = "TESTBED_PROXY_PORT"
KINDS = ("container", "network", "volume")


def up(state: State, count: int, *, bare: bool, suites: Sequence[str]) -> None:
    """Bring up the servers and at least `count` hosts; what is there already stays. Can be run again at any time."""
    machine = Machine.default()
    with _alone(state.lock):
        # What beds share is made by one of them, and found by the next.
        with _alone(machine.lock):
            packages.install(packages.missing(packages.ALWAYS))
            engine.ensure(machine)
            _make_room(state)
            keys.ensure(state)
            images.ensure_built(state.ca, dict.fromkeys(itertools.chain(IMAGES, *map(host_images, suites))))
        if not docker.inspect("network", NETWORK):
            docker.docker("network", "create", f"--label={LABEL}={state.folder}", NETWORK)
        _ensure_registry(state)
        _ensure_github(state)
        with ThreadPoolExecutor(max_workers=2) as pool:
            pushing = pool.submit(_push_all, state)
            waiting = pool.submit(_ensure_hosts, state, count, bare, suites)
            pushing.result()
            waiting.result()


def down(state: State, *, force: bool) -> None:
    """Remove every container, network and volume of the bed. Images stay, so that the next `up` is quick."""
    if packages.missing(("docker",)) or not docker.answers():
        return
    with _alone(state.lock):
        if not force:
            _refuse_a_stranger(state)
        _remove(LABEL)
        for path in (state.inventory, state.known_hosts, state.token, state.token_vars):
            path.unlink(missing_ok=True)


def stop_engine() -> None:
    """Stop the Docker Engine if a bed started it and nobody uses it any more."""
    machine = Machine.default()
    with _alone(machine.lock):
        engine.stop(machine)


def host_ports(state: State) -> dict[str, int]:
    """The hosts of this bed that run, with the loopback ports of their sshd."""
    if not docker.answers():
        raise BedError("no Docker Engine answers, so there is no bed: run `testbed up`")
    return {name: docker.published_port(details, 22) for name, details in _running_hosts(state).items()}


def host_port(state: State, name: str) -> int:
    """The ssh port of one host. Raises BedError naming those there are."""
    ports = host_ports(state)
    if name not in ports:
        raise BedError(f"no host '{name}'; there are: {' '.join(ports) or 'none, run `testbed up`'}")
    return ports[name]


def registry(state: State) -> Registry:
    """The bed's registry. Raises BedError if the bed is not up."""
    return Registry(docker.published_port(_server(REGISTRY), 443), state.ca)


def stand_in() -> StandIn:
    """The bed's GitHub. Raises BedError if the bed is not up."""
    return StandIn(docker.published_port(_server(GITHUB), GITHUB_ADMIN_PORT))


def proxy_port() -> int:
    """The loopback port of the proxy that leads to the bed's GitHub."""
    return docker.published_port(_server(GITHUB), GITHUB_PROXY_PORT)


def wanted_proxy_port() -> int:
    """The loopback port to publish the proxy on. Raises BedError if the environment names no port."""
    text = os.environ.get(PROXY_PORT_VARIABLE) or str(DEFAULT_PROXY_PORT)
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise BedError(f"{PROXY_PORT_VARIABLE} is '{text}', which is no port: it must be a number from 1 to 65535")
    return int(text)


def reboot(state: State, name: str) -> None:
    """Restart a host and wait until it answers again."""
    port = host_port(state, name)
    with step(f"reboot {name}"):
        docker.docker("restart", "--time=60", name)
        hosts.wait_ready(state, name, port)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Let one `up` or `down` at a time hold a lock; a second waits for the first."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("... waiting for another `testbed up` or `down`")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _owners() -> set[Path]:
    """The state folders of all checkouts that have something in this engine."""
    owners = set()
    for kind in KINDS:
        for details in docker.inspect(kind, *docker.labelled(kind, LABEL)):
            labels = details.get("Labels") or details["Config"]["Labels"]
            owners.add(Path(labels[LABEL]))
    return owners


def _refuse_a_stranger(state: State) -> None:
    """Raise BedError if another checkout's bed is there: both would use the same names."""
    for owner in _owners() - {state.folder}:
        if owner.is_dir():
            command = owner.parent.parent / "testbed"
            raise BedError(f"another checkout's bed is up: `{command} down`, or `testbed down --force`, removes it")


def _make_room(state: State) -> None:
    """Remove what checkouts that exist no more have left. Raises BedError if one of another checkout is in use."""
    _refuse_a_stranger(state)
    for owner in _owners() - {state.folder}:
        _remove(f"{LABEL}={owner}")


def _remove(label: str) -> None:
    """Remove every container, network and volume with a label."""
    containers = docker.labelled("container", label)
    if containers:
        with step(f"remove {' '.join(sorted(containers))}"):
            docker.docker("rm", "--force", "--volumes", *containers)
    for kind in ("network", "volume"):
        names = docker.labelled(kind, label)
        if names:
            docker.docker(kind, "rm", *names)


def _server(name: str) -> docker.Json:
    details = docker.container(name)
    if details is None or not details["State"]["Running"]:
        raise BedError(f"{name} does not run: `testbed up` starts it")
    return details


def _ensure_server(state: State, name: str, image: Image, words: list[str], command: Sequence[str] = ()) -> None:
    """Run a server's container unless one of the present image and certificates runs."""
    details = docker.container(name)
    certificates = [(folder / "cert.pem").stat().st_mtime_ns for folder in (state.tls, state.tls / "private")]
    stamp = f"{docker.image_id(image.tag)} {certificates} {command}"
    if details and details["State"]["Running"] and details["Config"]["Labels"].get(f"{LABEL}.stamp") == stamp:
        return
    if details:
        docker.docker("rm", "--force", "--volumes", name)
    docker.docker(
        *["run", "--detach", f"--name={name}", f"--network={NETWORK}", f"--label={LABEL}={state.folder}"],
        *[f"--label={LABEL}.stamp={stamp}", f"--volume={state.tls}:/tls:ro", *words, image.tag],
        *command,
    )


def _ensure_registry(state: State) -> None:
    volume = f"{REGISTRY}-data"
    if not docker.inspect("volume", volume):
        docker.docker("volume", "create", f"--label={LABEL}={state.folder}", volume)
    (port,) = docker.free_ports(1)
    _ensure_server(
        state,
        REGISTRY,
        REGISTRY_IMAGE,
        [f"--publish=127.0.0.1:{port}:443", "--network-alias=ghcr.io", f"--volume={volume}:/var/lib/registry"],
    )
    htpasswd = {"": "htpasswd", "_HTPASSWD_REALM": "bed", "_HTPASSWD_PATH": "/etc/testbed-htpasswd"}
    _ensure_server(
        state,
        PRIVATE_REGISTRY,
        REGISTRY_IMAGE,
        [
            *(f"--network-alias={PRIVATE_REGISTRY_NAME}", f"--volume={volume}:/var/lib/registry"),
            *(f"--env=REGISTRY_AUTH{name}={value}" for name, value in htpasswd.items()),
        ],
    )
    served = registry(state)
    wait_until(served.answers, 30, lambda: f"the registry does not answer: `docker logs {REGISTRY}`")


def _ensure_github(state: State) -> None:
    (admin,) = docker.free_ports(1)
    _ensure_server(
        state,
        GITHUB,
        GITHUB_IMAGE,
        [
            f"--publish=127.0.0.1:{admin}:{GITHUB_ADMIN_PORT}",
            f"--publish=127.0.0.1:{wanted_proxy_port()}:{GITHUB_PROXY_PORT}",
            *(f"--network-alias={alias}" for alias in GITHUB_NAMES),
        ],
        ["--login", urllib.parse.unquote(PROXY_LOGIN)],
    )
    github = stand_in()
    wait_until(github.healthy, 30, lambda: f"the stand-in for GitHub does not answer: `docker logs {GITHUB}`")
    # Kept as long as there are hosts that may have sealed it, even if GitHub is replaced beneath them.
    if not state.token.exists():
        keys.write_private(state.token, keys.new_token())
    token = state.token.read_text()
    keys.write_private(state.token_vars, inventory.token_vars(token))
    scopes = ["admin:org", "repo"]
    github.call("POST", "/tokens", {"token": token, "kind": "classic", "scopes": scopes, "login": "testbed"})


def _push_all(state: State) -> None:
    served = registry(state)
    for image in IMAGES:
        for name in image.pushed_as:
            served.push(image.tag, name)


def _ensure_hosts(state: State, count: int, bare: bool, suites: Sequence[str]) -> None:
    for details in _existing_hosts(state):
        # An `up` that was cut short leaves a container that never ran: nothing is lost by its end.
        if details["State"]["Status"] == "created":
            docker.docker("rm", details["Name"].lstrip("/"))
    existing = {details["Name"].lstrip("/"): details for details in _existing_hosts(state)}
    _refuse_old_keys(state, existing)
    stopped = [name for name, details in existing.items() if not details["State"]["Running"]]
    if stopped:
        docker.docker("start", *stopped)
    # The n-th host has the n-th release, whatever is there already; after the last, the first comes again.
    wanted = dict(zip(map(hosts.name_of, range(1, count + 1)), itertools.cycle(suites), strict=False))
    new = [name for name in wanted if name not in existing]
    if new:
        privileged = hosts.privileged_works(HOST_FULL.tag)
        for name, port in zip(new, docker.free_ports(len(new)), strict=True):
            hosts.create(state, name, suite=wanted[name], bare=bare, port=port, privileged=privileged)
    for name, details in existing.items():
        if docker.image_id(details["Config"]["Image"]) != details["Image"]:
            say(f"    {name} keeps the image it was made of, which has changed since: `testbed down` lets it go")
    running = _running_hosts(state)
    ports = {name: docker.published_port(details, 22) for name, details in running.items()}
    state.known_hosts.write_text(inventory.known_hosts(ports, keys.public_key(state.host_key).read_text()))
    suite_of = {name: hosts.suite_of(details) for name, details in running.items()}
    state.inventory.write_text(inventory.inventory(state, ports, suite_of))
    with step(f"wait for {' '.join(ports)}"), ThreadPoolExecutor(max_workers=8) as pool:
        list(pool.map(lambda item: hosts.wait_ready(state, *item), ports.items()))


def _running_hosts(state: State) -> dict[str, docker.Json]:
    return {one["Name"].lstrip("/"): one for one in _existing_hosts(state) if one["State"]["Running"]}


def _existing_hosts(state: State) -> list[docker.Json]:
    names = hosts.in_order(docker.labelled("container", f"{LABEL}={state.folder}"))
    return docker.inspect("container", *names)


def _refuse_old_keys(state: State, existing: dict[str, docker.Json]) -> None:
    """Raise BedError if a host was made with keys or a CA that have been replaced since: it trusts nobody here."""
    present = keys.fingerprint(state)
    old = [name for name, host in existing.items() if host["Config"]["Labels"].get(hosts.KEYS_LABEL) != present]
    if old:
        raise BedError(f"{' '.join(old)} hold keys that the bed has no more: run `testbed down`, then `testbed up`")
