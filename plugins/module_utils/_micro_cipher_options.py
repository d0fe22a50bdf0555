# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the micro-cipher container is to run, and what of an existing one is otherwise. Pure."""

from __future__ import annotations

import zlib
from typing import Any, NamedTuple

from .launcher import cipher_secret, names

LABEL_CONFIG = names.LABEL_PREFIX + "micro-cipher"
#: Nobody's on any distribution, and never root, whatever the image says.
UID = 65532
_MEMORY = 256 * 1024 * 1024
_PIDS = 64
_RESTART = "always"
_MEMLOCK = "memlock"


class Wanted(NamedTuple):
    """The container as it shall be."""

    name: str
    image: str
    network: str
    secret: bool = False  #: whether it answers the launcher only

    @property
    def options(self) -> dict[str, Any]:
        """What ``docker run`` would be told. Nothing can be written, nothing be gained, and the key stays in memory."""
        hardened: dict[str, Any] = {
            "image": self.image,
            "network": self.network,
            "user": f"{UID}:{UID}",
            "read_only": True,
            "cap_drop": ["ALL"],
            "security_opt": ["no-new-privileges"],
            # No shared memory: it would be the last place to write to.
            "ipc_mode": "none",
            "ulimits": {"core": 0, _MEMLOCK: -1},
            "pids_limit": _PIDS,
            "nano_cpus": 10**9,
            "mem_limit": _MEMORY,
            # No swap: by this on cgroup v2, by swappiness on v1.
            "memswap_limit": _MEMORY,
            "mem_swappiness": 0,
            "restart_policy": {"Name": _RESTART},
            # The key in force is printed once a start, in 800 bytes; there is nothing else worth keeping.
            "log_config": {"type": "local", "config": {"max-size": "64k", "max-file": "2"}},
        }
        if self.secret:
            hardened["command"] = [cipher_secret.OPTION, f"{cipher_secret.DIRECTORY}/{cipher_secret.FILE}"]
            hardened["mounts"] = {cipher_secret.DIRECTORY: "size=64k,mode=0711,noexec,nosuid,nodev"}
        return hardened

    @property
    def config(self) -> str:
        """A short sum of the options: another one means another container."""
        return f"{zlib.crc32(repr(sorted(self.options.items())).encode()):08x}"

    def drift(self, attrs: dict[str, Any], image_id: str) -> list[str]:
        """What of an existing container (its ``inspect``) is not as wanted.

        The options that it was made with cannot change, but for those of ``docker update``.
        """
        host = attrs["HostConfig"]
        found_and_wanted = {
            "options": ((attrs["Config"].get("Labels") or {}).get(LABEL_CONFIG), self.config),
            "image": (attrs["Image"], image_id),
            "networks": (list(attrs["NetworkSettings"]["Networks"]), [self.network]),
            "memory": ((host.get("Memory"), host.get("MemorySwap")), (_MEMORY, _MEMORY)),
            "pids": (host.get("PidsLimit"), _PIDS),
            "restart policy": ((host.get("RestartPolicy") or {}).get("Name"), _RESTART),
        }
        return [name for name, (found, wanted) in found_and_wanted.items() if found != wanted]

    def sdk_options(self, lock_memory: bool) -> dict[str, Any]:
        """The options as Docker's SDK takes them beside the image, with or without leave to lock memory."""
        from docker.types import DriverConfig, LogConfig, Mount, Ulimit

        options = self.options
        options.pop("image")
        limits = options.pop("ulimits")
        if not lock_memory:
            limits.pop(_MEMLOCK)
        options["ulimits"] = [Ulimit(name=name, soft=limit, hard=limit) for name, limit in limits.items()]
        options["log_config"] = LogConfig(**options.pop("log_config"))
        # A volume that is memory, unlike a tmpfs mount, can be written to from outside once the container runs.
        options["mounts"] = [
            Mount(target, None, "volume", no_copy=True, driver_config=DriverConfig("local", _memory_disk(how)))
            for target, how in options.pop("mounts", {}).items()
        ]
        options["labels"] = {LABEL_CONFIG: self.config}
        return options


def is_foreign(attrs: dict[str, Any], image: str) -> bool:
    """Whether an existing container (its ``inspect``) is somebody else's.

    One that was started by hand, without our label, is micro-cipher where its image is called as ours is.
    """
    config = attrs["Config"]
    return LABEL_CONFIG not in (config.get("Labels") or {}) and _called(config["Image"]) != _called(image)


def _called(image: str) -> str:
    """An image's name without its registry, tag and digest."""
    return image.rpartition("/")[2].partition("@")[0].partition(":")[0]


def _memory_disk(how: str) -> dict[str, str]:
    return {"type": "tmpfs", "device": "tmpfs", "o": how}
