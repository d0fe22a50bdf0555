# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A pool: what the instances of a host have in common. Pure; the file holds no secret."""

from __future__ import annotations

import dataclasses
import json
import re
import zlib
from typing import Any, Callable

from . import names, scope

# GitHub adds these three itself to a runner that config.sh registers, but not to a JIT configuration.
DEFAULT_LABELS = ("self-hosted", "linux")
ARCHITECTURES = {"x86_64": "x64", "aarch64": "arm64", "armv7l": "arm"}
COUNT_MAX = 1000
# How jobs get at a Docker: not at all, at one beside them, at one inside their container, at the host's.
DOCKER_NONE, DOCKER_DIND, DOCKER_SYSBOX, DOCKER_SOCKET = "none", "dind", "sysbox", "socket"
DOCKER_ACCESSES = (DOCKER_NONE, DOCKER_DIND, DOCKER_SYSBOX, DOCKER_SOCKET)
# The moments of a job for which a runner has a hook.
HOOKS = ("job_started", "job_completed")
# What is behind an @ is a whole digest.
_IMAGE = re.compile(r"[^\s@]+(?:@sha256:[0-9a-f]{64})?")
_IMAGES = "ghcr.io/OWNER/IMAGE:TAG or ghcr.io/OWNER/IMAGE@sha256:DIGEST"
_LABEL = re.compile(r"[^\s,]{1,256}")
# What no container is made of: another value makes none outdated.
_NOT_IN_A_CONTAINER = ("drain_timeout", "retired", "proxy", "no_proxy", "ca")
REGISTRATIONS = ("jit", "token")
_PROXY = re.compile(r"https?://(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(?::[0-9]{1,5})?/?")
_CA = re.compile(r"(?:\s*-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----\s*)+")
_CAPABILITY = re.compile(r"[A-Z][A-Z_]{1,30}")
_COUNTS = ("runner_group_id", "memory", "nano_cpus", "pids_limit", "nofile_limit", "storage", "drain_timeout")
# How a field may look in a pool file, by its annotation: the kind in words, and whether a value is of it.
_KINDS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "str": ("a string", lambda value: isinstance(value, str)),
    "int": ("a number", lambda value: isinstance(value, int) and not isinstance(value, bool)),
    "bool": ("true or false", lambda value: isinstance(value, bool)),
    "tuple[str, ...]": (
        "a list of strings",
        lambda value: isinstance(value, (list, tuple)) and all(isinstance(one, str) for one in value),
    ),
}


class PoolError(ValueError):
    """A pool that cannot be run; the message names the option and what it takes."""


@dataclasses.dataclass(frozen=True)
class Pool:
    """One pool of a host. Sizes in bytes, times in seconds."""

    name: str
    url: str
    image: str
    labels: tuple[str, ...]
    runner_group_id: int = 1
    runner_group: str = ""  #: by name, which GitHub is asked for; else the number counts
    registration: str = "jit"
    proxy: str = ""  #: the launcher's, without a login: that is sealed
    no_proxy: str = ""
    ca: str = ""  #: PEM; what the launcher trusts beside the host's own authorities
    container_proxy: str = ""
    container_no_proxy: str = ""
    container_ca: str = ""
    network: str = "github-runner"
    cipher_network: str = "cipher-net"
    micro_cipher: str = "micro-cipher"
    memory: int = 0
    nano_cpus: int = 0
    pids_limit: int = 4096
    nofile_limit: int = 16384
    storage: int = 0  #: of the container's own layer, where the storage driver can limit it; 0 for no limit
    docker_access: str = DOCKER_NONE
    dind_image: str = "docker:dind"
    dind_privileged: bool = True
    sysbox_runtime: str = "sysbox-runc"
    hooks: tuple[str, ...] = ()  #: which of HOOKS the operator has
    sudo: bool = False  #: whether the image's sudo works
    capabilities: tuple[str, ...] = ()  #: what the image needs beside
    drain_timeout: int = 21600
    retired: bool = False  #: no longer wanted: its files go when its last instance has gone

    def __post_init__(self) -> None:
        check_names([self.name])
        try:
            scope.parse_url(self.url)
        except scope.ScopeError as error:
            raise PoolError(str(error)) from error
        if not _IMAGE.fullmatch(self.image):
            raise PoolError(f"the image {self.image!r} is not the name of an image: write it like {_IMAGES}")
        if not 1 <= len(self.labels) <= 100:
            raise PoolError(f"a runner has 1 to 100 labels, not {len(self.labels)}")
        for label in self.labels:
            if not _LABEL.fullmatch(label):
                raise PoolError(f"the label {label[:40]!r} is not usable: 1 to 256 characters, no space, no comma")
        self._check_registration()
        self._check_network()
        self._check_container()
        for option in _COUNTS:
            if getattr(self, option) < 0:
                raise PoolError(f"{option} is {getattr(self, option)}: it takes a number that is not negative")

    @property
    def images(self) -> tuple[str, ...]:
        """What a runner is made of: its image and, where an Engine of its own stands beside it, that one's."""
        return (self.image, self.dind_image) if self.docker_access == DOCKER_DIND else (self.image,)

    def _check_network(self) -> None:
        for option in ("proxy", "container_proxy"):
            if getattr(self, option) and not is_proxy(getattr(self, option)):
                raise PoolError(
                    f"{option} is no proxy: write it like http://proxy.example.org:3128 (a login is sealed apart)"
                )
        for option in ("ca", "container_ca"):
            if getattr(self, option) and not _CA.fullmatch(getattr(self, option)):
                raise PoolError(f"{option} holds no certificates: give the text of a PEM file")
        for option in ("no_proxy", "container_no_proxy"):
            if not getattr(self, option).isprintable():
                raise PoolError(f"{option} is not usable: write names, separated by commas")

    def _check_container(self) -> None:
        if self.docker_access not in DOCKER_ACCESSES:
            raise PoolError(f"docker_access is {self.docker_access!r}: it takes {', '.join(DOCKER_ACCESSES)}")
        if self.docker_access != DOCKER_NONE and self.storage:
            raise PoolError("storage limits no volume, and Docker for jobs needs one: leave one of the two out")
        if set(self.hooks) - set(HOOKS):
            raise PoolError(f"hooks is {list(self.hooks)!r}: it takes {', '.join(HOOKS)}")
        for capability in self.capabilities:
            if not _CAPABILITY.fullmatch(capability):
                raise PoolError(f"the capability {capability!r} is not usable: write it like NET_BIND_SERVICE")

    def _check_registration(self) -> None:
        if self.registration not in REGISTRATIONS:
            raise PoolError(f"registration is {self.registration!r}: it takes {' or '.join(REGISTRATIONS)}")
        if self.runner_group and scope.parse_url(self.url).kind == "repository":
            raise PoolError(
                f"a repository has no runner groups: leave {self.runner_group!r} out, or use the organization"
            )
        if not self.runner_group.isprintable():
            raise PoolError("the name of the runner group is not usable")
        if self.registration == "token" and self.runner_group_id != 1 and not self.runner_group:
            raise PoolError("with registration by token, give the runner group by its name, not by its number")

    @property
    def config(self) -> str:
        """A short sum of all that a container is made of: a running one with another sum is outdated."""
        relevant = {key: value for key, value in dataclasses.asdict(self).items() if key not in _NOT_IN_A_CONTAINER}
        return f"{zlib.crc32(json.dumps(relevant, sort_keys=True).encode()):08x}"

    def dump(self) -> str:
        """The text of the pool file."""
        return json.dumps(dataclasses.asdict(self), indent=2, sort_keys=True) + "\n"


def load(text: str) -> Pool:
    """The pool in a pool file's text. Raises PoolError."""
    try:
        document = json.loads(text)
    except ValueError as error:
        raise PoolError("the pool file is damaged: run the playbook again") from error
    return from_mapping(document)


def from_mapping(document: Any) -> Pool:
    """The pool in a mapping with the fields of Pool. Raises PoolError."""
    if not isinstance(document, dict):
        raise PoolError("the pool file is damaged: run the playbook again")
    fields = {field.name: field for field in dataclasses.fields(Pool)}
    unknown = sorted(set(document) - set(fields))
    if unknown:
        raise PoolError(f"the pool file has unknown fields ({', '.join(unknown)}): update the launcher")
    missing = sorted(
        name for name, field in fields.items() if field.default is dataclasses.MISSING and name not in document
    )
    if missing:
        raise PoolError(f"the pool file lacks {', '.join(missing)}: run the playbook again")
    values = dict(document)
    for name in values:
        kind, fits = _KINDS[str(fields[name].type)]
        if not fits(values[name]):
            raise PoolError(f"{name} is not {kind}")
        if isinstance(values[name], list):
            values[name] = tuple(values[name])
    return Pool(**values)


def is_proxy(address: str) -> bool:
    """Whether this is the address of a proxy, without a login. Pure."""
    return bool(_PROXY.fullmatch(address))


def check_names(pools: list[str]) -> None:
    """Several pools of a host have different, usable names. Raises PoolError."""
    for name in pools:
        if not names.POOL_NAME.fullmatch(name):
            raise PoolError(f"the pool name {name!r} is not usable: lower-case letters, digits, hyphens, 20 at most")
        if pools.count(name) > 1:
            raise PoolError(f"two pools are called {name}: give each a name of its own")


def check_count(count: int | None) -> int:
    """The number of a pool's instances, if a host can have as many. Raises PoolError."""
    if count is None:
        raise PoolError("the count of instances is missing")
    if not 0 <= count <= COUNT_MAX:
        raise PoolError(f"the count of instances is {count}: it takes 0 to {COUNT_MAX}")
    return count


def all_labels(own: list[str], machine: str, with_defaults: bool = True) -> tuple[str, ...]:
    """GitHub's three default labels and the pool's own, each once, compared as GitHub does: without case.

    ``machine`` is what ``uname -m`` prints. Without the defaults, only the pool's own.
    """
    defaults = [*DEFAULT_LABELS, ARCHITECTURES.get(machine, machine.lower())] if with_defaults else []
    wanted = [*defaults, *own]
    return tuple(
        {label.lower(): label for label in reversed(wanted)}[key] for key in dict.fromkeys(map(str.lower, wanted))
    )
