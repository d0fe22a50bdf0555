# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How things are named: instances, runners, units, container labels. Pure."""

from __future__ import annotations

import hashlib
import hmac
import re
import zlib

DEFAULT_POOL = "default"
UNIT = "github-runner@{0}.service"
FIREWALL_UNIT = "github-runner-firewall.service"

# What marks a container as ours. The mark tells one host from another, so a copied /var/lib/docker is never touched.
LABEL_PREFIX = "io.github.socialgouv.actions-runner."
LABEL_MARK = LABEL_PREFIX + "mark"
LABEL_INSTANCE = LABEL_PREFIX + "instance"
LABEL_POOL = LABEL_PREFIX + "pool"
LABEL_CONFIG = LABEL_PREFIX + "config"

# What marks a runner's surroundings, which are nobody's container to adopt: whose they are, and which runner's.
LABEL_BESIDE = LABEL_PREFIX + "beside"
LABEL_RUNNER = LABEL_PREFIX + "runner"

# What the interfaces of the runners' networks begin with: the firewall knows them by it. Linux allows 15 characters.
BRIDGE_PREFIX = "ghr-"

# Names of our own for images of a host: what was fetched for an upgrade, and what runners last came online with.
IMAGE_STAGED = "github-runner-staged"
IMAGE_GOOD = "github-runner-good"
IMAGES_OF_OURS = (IMAGE_STAGED, IMAGE_GOOD)

# GitHub refuses longer names: https://github.com/actions/runner, ConfigurationManager.
RUNNER_NAME_MAX = 64

POOL_NAME = re.compile(r"[a-z](?:[a-z0-9-]{0,18}[a-z0-9])?")
_INSTANCE = re.compile(r"(?:(?P<pool>[a-z](?:[a-z0-9-]{0,18}[a-z0-9])?)-)?(?P<number>[1-9][0-9]{0,3})")
_MARK_LENGTH = 8
_NONCE_LENGTH = 6
# An own application id, so that the mark neither reveals the machine id nor equals another program's derivation of it.
_APPLICATION = b"socialgouv.actions_runner/mark/1:"


class InvalidName(ValueError):
    """A name that breaks the rules; the message is one sentence that says which."""


def instance_name(pool: str, number: int) -> str:
    """The systemd instance of a pool's runner ``number``: ``3`` in the pool ``default``, ``gpu-3`` in ``gpu``."""
    return str(number) if pool == DEFAULT_POOL else f"{pool}-{number}"


def parse_instance(name: str) -> tuple[str, int]:
    """The pool and the number of an instance's name. Raises InvalidName."""
    match = _INSTANCE.fullmatch(name)
    if not match or match["pool"] == DEFAULT_POOL:
        raise InvalidName(f"{name!r} is not an instance: use NUMBER for the pool default, POOL-NUMBER for another")
    return match["pool"] or DEFAULT_POOL, int(match["number"])


def unit_name(instance: str) -> str:
    """The systemd unit that runs an instance."""
    return UNIT.format(instance)


def parse_unit(unit: str) -> str | None:
    """The instance that a systemd unit runs, or None where the unit is none of ours."""
    match = re.fullmatch(r"github-runner@(.+)\.service", unit)
    try:
        parse_instance(match[1] if match else "")
    except InvalidName:
        return None
    return match[1] if match else None


def bridge(network: str) -> str:
    """The interface on the host of a runners' network: none of Docker's own choice, for the firewall's sake."""
    return f"{BRIDGE_PREFIX}{zlib.crc32(network.encode()):08x}"


def network_options(network: str) -> dict[str, str]:
    """Docker's options of a runners' network: not to one another, and over an interface that the firewall knows."""
    return {
        "com.docker.network.bridge.name": bridge(network),
        "com.docker.network.bridge.enable_icc": "false",
    }


def pool_slice(pool: str) -> str:
    """The systemd slice of a pool's runner containers. A hyphen in it would mean a slice in a slice."""
    return f"github-runner-{pool.replace('-', '_')}.slice"


def slice_path(unit: str) -> str:
    """Where a slice lies among the control groups: ``a-b.slice`` is in ``a.slice``."""
    words = unit[: -len(".slice")].split("-")
    return "".join(f"/{'-'.join(words[: count + 1])}.slice" for count in range(len(words)))


def good_image(pool: str) -> str:
    """The name of the image that a pool's runners last came online with."""
    return f"{IMAGE_GOOD}:{pool}"


def good_engine_image(pool: str) -> str:
    """The name of the image of the Engines beside them, where they had such. No pool's name has a dot."""
    return f"{IMAGE_GOOD}:{pool}.engine"


def host_mark(machine_id: str, host: str) -> str:
    """Eight hexadecimal digits that stand for one host for as long as it is installed and keeps its name.

    Keyed with the machine id, as systemd's sd_id128_get_machine_app_specific does, because machine ids are not to be
    shown outside the host. The name is in it because machines that were cloned with their machine id are common.
    """
    message = _APPLICATION + host.lower().encode()
    return hmac.new(machine_id.strip().encode(), message, hashlib.sha256).hexdigest()[:_MARK_LENGTH]


def runner_name(pool: str, host: str, number: int, mark: str, nonce: str) -> str:
    """The name of one runner, unique for each container: ``POOL-HOST-NUMBER-MARKNONCE``, at most 64 characters.

    ``nonce`` is six hexadecimal digits, new for each container. A long host name is cut: the mark tells hosts apart.
    """
    tail = f"-{number}-{mark}{nonce}"
    room = RUNNER_NAME_MAX - len(tail) - len(pool) - 1
    short = re.sub(r"[^a-z0-9-]+", "-", host.split(".")[0].lower()).strip("-")[:room].rstrip("-")
    return f"{pool}-{short or 'host'}{tail}"


def new_nonce(random_bytes: bytes) -> str:
    """A nonce for ``runner_name`` from at least three random bytes."""
    return random_bytes.hex()[:_NONCE_LENGTH]


def is_ours(name: str, mark: str) -> bool:
    """Whether a runner's name was made by ``runner_name`` on the host with this mark."""
    return re.fullmatch(rf"[a-z][a-z0-9-]*-[1-9][0-9]*-{re.escape(mark)}[0-9a-f]{{{_NONCE_LENGTH}}}", name) is not None
