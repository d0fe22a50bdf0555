# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A pool: what the instances of a host have in common. Pure; the file holds no secret."""

from __future__ import annotations

import dataclasses
import json
import re
import zlib
from typing import Any

from . import names, scope

# GitHub adds these three itself to a runner that config.sh registers, but not to a JIT configuration.
DEFAULT_LABELS = ("self-hosted", "linux")
ARCHITECTURES = {"x86_64": "x64", "aarch64": "arm64", "armv7l": "arm"}
COUNT_MAX = 1000
_LABEL = re.compile(r"[^\s,]{1,256}")


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
    network: str = "github-runner"
    cipher_network: str = "cipher-net"
    micro_cipher: str = "micro-cipher"
    memory: int = 0
    nano_cpus: int = 0
    pids_limit: int = 0
    drain_timeout: int = 21600

    def __post_init__(self) -> None:
        if not names.POOL_NAME.fullmatch(self.name):
            raise PoolError(
                f"the pool name {self.name!r} is not usable: lower-case letters, digits, hyphens, 20 at most"
            )
        try:
            scope.parse_url(self.url)
        except scope.ScopeError as error:
            raise PoolError(str(error)) from error
        if not self.image or any(character.isspace() for character in self.image):
            raise PoolError(f"the image {self.image!r} is not the name of an image")
        if not 1 <= len(self.labels) <= 100:
            raise PoolError(f"a runner has 1 to 100 labels, not {len(self.labels)}")
        for label in self.labels:
            if not _LABEL.fullmatch(label):
                raise PoolError(f"the label {label!r} is not usable: 1 to 256 characters, no space, no comma")
        for option in ("runner_group_id", "memory", "nano_cpus", "pids_limit", "drain_timeout"):
            if getattr(self, option) < 0:
                raise PoolError(f"{option} is {getattr(self, option)}: it takes a number that is not negative")

    @property
    def config(self) -> str:
        """A short sum of all that a container is made of: a running one with another sum is outdated."""
        relevant = {key: value for key, value in dataclasses.asdict(self).items() if key != "drain_timeout"}
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
    for name, field in fields.items():
        if name not in values:
            continue
        if name == "labels":
            if not isinstance(values[name], (list, tuple)) or not all(isinstance(one, str) for one in values[name]):
                raise PoolError("labels is not a list of strings")
            values[name] = tuple(values[name])
        elif isinstance(values[name], bool) or not isinstance(values[name], int if field.type == "int" else str):
            raise PoolError(f"{name} is not {'a number' if field.type == 'int' else 'a string'}")
    return Pool(**values)


def check_count(count: int) -> int:
    """The number of a pool's instances, if a host can have as many. Raises PoolError."""
    if not 0 <= count <= COUNT_MAX:
        raise PoolError(f"the count of instances is {count}: it takes 0 to {COUNT_MAX}")
    return count


def all_labels(own: list[str], machine: str) -> tuple[str, ...]:
    """GitHub's three default labels and the pool's own, each once, compared as GitHub does: without case.

    ``machine`` is what ``uname -m`` prints.
    """
    wanted = [*DEFAULT_LABELS, ARCHITECTURES.get(machine, machine.lower()), *own]
    return tuple(
        {label.lower(): label for label in reversed(wanted)}[key] for key in dict.fromkeys(map(str.lower, wanted))
    )
