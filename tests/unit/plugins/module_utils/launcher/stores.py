# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An Engine's stores, in memory. It refuses what Docker refuses."""

from __future__ import annotations

import itertools
import json
import time
from pathlib import Path
from typing import Any

from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import (
    files,
    hygiene_policy,
    names,
    pool,
)
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.engine import EngineError
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.host import Host
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.hygiene import Hygiene
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.paths import Paths

NOW = 1_795_514_400.0
MARK = "01234567"
HOUR, DAY = 3600.0, 86400.0
POOL = pool.Pool("default", "https://github.com/acme", "ghcr.io/acme/runner:1", ("self-hosted",))
NEVER = "0001-01-01T00:00:00Z"


def stamp(moment: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S.123456789Z", time.gmtime(moment))


def network_name(number: int) -> str:
    return f"github_network_{number:032x}"


def volume_name(number: int) -> str:
    return f"{number:064x}"


class Engine:
    """What it has, and what was removed of it."""

    def __init__(self, root: Path):
        self.paths = Paths(str(root))
        self._ids = itertools.count(1)
        self.all_containers: list[dict[str, Any]] = []
        self.workers: set[str] = set()
        self.all_images: dict[str, dict[str, Any]] = {}
        self.last_tag: dict[str, str] = {}
        self.all_networks: dict[str, dict[str, Any]] = {}
        self.all_volumes: dict[str, dict[str, Any]] = {}
        self.removed: list[str] = []
        self.pruned: list[int] = []
        self.full = 10.0  #: how full the disk is, in per cent
        self.frees = 0.0  #: how much of that an image is
        Path(self.paths.pools).mkdir(parents=True)
        files.write(self.paths.pool(POOL.name), POOL.dump().encode(), 0o644)
        Path(self.paths.unused_images).parent.mkdir(parents=True)
        self._seen: dict[str, float] = {}
        self.runner = self.add_image(POOL.image, age=30 * DAY)

    # What a test does.

    def policy(self, policy: hygiene_policy.Policy) -> None:
        """What runner_unit writes."""
        files.write(self.paths.hygiene, policy.dump().encode(), 0o644)

    def clean(self, dry_run: bool = False, now: float = NOW) -> list[str]:
        """Run the hygiene once; gives what it removed."""
        del self.removed[:]
        host = Host("host", MARK)
        Hygiene(self.paths, self, host, dry_run, clock=lambda: now, disk=lambda _path: self.full).run()  # type: ignore[arg-type]
        return list(self.removed)

    def add_image(
        self,
        *tags: str,
        age: float = 0.0,
        digests: tuple[str, ...] = (),
        tagged: float | None = None,
        seen: bool = True,
    ) -> str:
        """An image, ``seen`` by a look when it came, and how long ago it got its last name here, if not by a pull."""
        one = f"sha256:{next(self._ids):064x}"
        self.all_images[one] = {"Id": one, "RepoTags": list(tags), "RepoDigests": list(digests), "Size": 10**8}
        self.last_tag[one] = NEVER if tagged is None else stamp(NOW - tagged)
        if seen:
            self._seen[one] = NOW - age
            files.write(self.paths.unused_images, json.dumps(self._seen).encode(), 0o600)
        return one

    def add_container(self, image: str, name: str = "x", age: float = DAY, state: str = "running", **facts: Any) -> str:
        """A container; ``ours`` for a runner of this host, ``works`` for one with a job, ``volume``, ``network``."""
        one = f"container{next(self._ids)}"
        labels = {names.LABEL_MARK: MARK} if facts.pop("ours", False) else {}
        if facts.pop("works", False):
            self.workers.add(one)
        reference = (self.all_images[image]["RepoTags"] or [image])[0]
        created = int(NOW - age)
        shown = {"Id": one, "Names": [f"/{name}"], "ImageID": image, "Image": reference, "Created": created}
        self.all_containers.append({**shown, "State": state, "Labels": labels, **facts})
        return one

    def add_network(self, name: str, age: float) -> None:
        """A network."""
        self.all_networks[name] = {"Id": name, "Name": name, "Created": stamp(NOW - age)}

    def add_volume(self, name: str, age: float, **facts: Any) -> None:
        """A volume."""
        created = stamp(NOW - age).replace(".123456789", "")
        self.all_volumes[name] = {"Name": name, "Driver": "local", "CreatedAt": created, "Labels": None, **facts}

    # What the hygiene calls.

    def root(self) -> str:
        return "/var/lib/docker"

    def containers(self, labels: dict[str, str]) -> list[dict[str, Any]]:
        return [one for one in self.all_containers if labels.items() <= one["Labels"].items()]

    def processes(self, container: str) -> list[str]:
        return ["/home/runner/bin/Runner.Worker spawnclient 1 2"] if container in self.workers else ["run.sh"]

    def images(self) -> list[dict[str, Any]]:
        return [dict(one) for one in self.all_images.values()]

    def image(self, reference: str) -> dict[str, Any]:
        for one in self.all_images.values():
            if reference in (one["Id"], *one["RepoTags"], *one["RepoDigests"]):
                return {**one, "Metadata": {"LastTagTime": self.last_tag[one["Id"]]}}
        raise EngineError(404, f"No such image: {reference}")

    def networks(self) -> list[dict[str, Any]]:
        return list(self.all_networks.values())

    def network(self, network: str) -> dict[str, Any]:
        on_it = [one for one in self.all_containers if one.get("network") == network and one["State"] == "running"]
        return {**self.all_networks[network], "Containers": {one["Id"]: {} for one in on_it}}

    def unused_volumes(self) -> list[dict[str, Any]]:
        used = {one.get("volume") for one in self.all_containers}
        return [one for name, one in self.all_volumes.items() if name not in used]

    def remove_image(self, reference: str) -> bool:
        one = self.all_images[self.image(reference)["Id"]]
        if one["Id"] in {container["ImageID"] for container in self.all_containers}:
            return False
        one["RepoTags"] = [tag for tag in one["RepoTags"] if tag != reference]
        one["RepoDigests"] = [digest for digest in one["RepoDigests"] if digest != reference]
        if not one["RepoTags"]:
            del self.all_images[one["Id"]]
            self.full -= self.frees
        self.removed.append(reference)
        return True

    def remove_network(self, network: str) -> bool:
        if self.network(network)["Containers"]:
            return False
        del self.all_networks[network]
        self.removed.append(network)
        return True

    def remove_volume(self, name: str) -> bool:
        del self.all_volumes[name]
        self.removed.append(name)
        return True

    def prune_build_cache(self, unused_for: int) -> int:
        self.pruned.append(unused_for)
        return 0
