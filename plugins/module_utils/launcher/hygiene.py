# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``github-runner hygiene``: remove what jobs have left in Docker, and never what a running job could miss.

In the scope ``leftovers`` only what nobody else can have made goes: networks that GitHub's runner made for a job,
volumes with this host's mark, and versions of the pools' own images that another has taken the place of. In the scope
``engine``, which an operator chooses for an Engine that serves these runners only, the rest goes too.

The Engine itself refuses to remove what a container uses, and nothing is ever forced.
"""

from __future__ import annotations

import json
import os
import time
from typing import Any, Callable

from . import container, files, hygiene_policy, leftovers, names, pool, pool_files
from .engine import EngineError
from .engine_stores import Stores
from .errors import Trouble
from .host import Host
from .journal import say
from .leftovers import Image
from .paths import Paths

# How long the build cache stays unused as long as there is room.
_CACHE_AGE = 86400.0


def disk_use(path: str) -> float:
    """How full the disk is that holds ``path``, in per cent."""
    found = os.statvfs(path)
    return 100.0 * (1.0 - found.f_bavail / max(found.f_blocks, 1))


class Hygiene:
    """One pass over this host's Engine."""

    def __init__(
        self,
        paths: Paths,
        engine: Stores,
        host: Host,
        dry_run: bool,
        clock: Callable[[], float] = time.time,
        disk: Callable[[str], float] = disk_use,
    ):
        self._paths = paths
        self._engine = engine
        self._mark = host.mark
        self._dry_run = dry_run
        self._clock = clock
        self._disk = disk
        self._gone = 0

    def run(self) -> None:
        """Remove what may go, and say so. Raises Trouble, EngineError."""
        try:
            policy = hygiene_policy.load(files.read(self._paths.hygiene))
        except hygiene_policy.PolicyError as error:
            raise Trouble("hygiene", str(error), lasting=True) from error
        pools = self._pools()
        everything = policy.scope == hygiene_policy.ENGINE
        before = min([self._clock() - policy.min_age, *self._jobs()])
        self._networks(before)
        self._volumes(before, everything)
        self._images(pools, policy, before)
        if everything:
            self._cache(policy, before)
        if not self._gone:
            say("there is nothing to remove")

    def _pools(self) -> list[pool.Pool]:
        """The pools of this host. One that cannot be read ends it all: its image would look like anybody's."""
        installed = pool_files.read(self._paths)
        for error in installed.unreadable.values():
            raise Trouble("pool", str(error), lasting=True) from error
        return installed.pools

    def _jobs(self) -> list[float]:
        """Since when the containers have been there in which a job runs."""
        return [
            float(one["Created"])
            for one in self._engine.containers({names.LABEL_MARK: self._mark})
            if one["State"] in ("running", "paused") and container.has_worker(self._engine.processes(one["Id"]))
        ]

    def _remove(self, what: str, remove: Callable[[], bool]) -> None:
        if self._dry_run:
            say(f"would remove {what}")
        elif remove():
            say(f"removed {what}")
        else:
            return
        self._gone += 1

    def _networks(self, before: float) -> None:
        for one in leftovers.job_networks(self._engine.networks(), before):
            if not self._is_used(one["Id"]):
                self._remove(f"the network {one['Name']}", lambda one=one: self._engine.remove_network(one["Id"]))

    def _is_used(self, network: str) -> bool:
        try:
            return bool(self._engine.network(network).get("Containers"))
        except EngineError as error:
            if error.status != 404:
                raise
            return True

    def _volumes(self, before: float, everything: bool) -> None:
        unused = self._engine.unused_volumes()
        found = leftovers.own_volumes(unused, self._mark, before)
        if everything:
            found += [one for one in leftovers.nameless_volumes(unused, before) if one not in found]
        for one in found:
            self._remove(f"the volume {one['Name']}", lambda one=one: self._engine.remove_volume(one["Name"]))

    # Images.

    def _images(self, pools: list[pool.Pool], policy: hygiene_policy.Policy, before: float) -> None:
        containers = self._engine.containers({})
        ciphers = {f"/{config.micro_cipher}" for config in pools}
        own = {name for config in pools for name in config.images}
        own |= {one["Image"] for one in containers if ciphers & set(one["Names"])}
        used = {one["ImageID"] for one in containers} | {self._id(reference) for reference in own}
        images = self._engine.images()
        since = self._unused_since([one["Id"] for one in images if one["Id"] not in used])
        unused = leftovers.unused_images(images, since, (*policy.keep, *names.IMAGES_OF_OURS), before)
        repositories = leftovers.repositories(own)
        superseded = [one for one in unused if not one.names and one.is_of(repositories)]
        for image in superseded:
            self._remove_image(image)
        if policy.scope == hygiene_policy.ENGINE:
            rest = [one for one in unused if one not in superseded]
            for image in [one for one in rest if not one.names and not one.digests]:
                self._remove_image(image)
            self._named([one for one in rest if one.names or one.digests], policy)

    def _named(self, images: list[Image], policy: hygiene_policy.Policy) -> None:
        """A job may use an image that it finds here: it goes when none runs, or when the disk has no room for it."""
        root = self._engine.root()
        for image in images:  # the oldest first
            expired = image.unused_since < self._clock() - policy.max_age
            if self._disk(root) > policy.disk_mark or (expired and not self._jobs()):
                self._remove_image(image)

    def _remove_image(self, image: Image) -> None:
        what = f"the image {', '.join(image.references)} ({image.size / 10**6:.0f} MB)"
        self._remove(what, lambda: all(self._engine.remove_image(one) for one in image.references))

    def _id(self, reference: str) -> str:
        try:
            return str(self._engine.image(reference)["Id"])
        except EngineError as error:
            if error.status != 404:
                raise
            return ""

    def _unused_since(self, ids: list[str]) -> dict[str, float]:
        """Since when each image is here unused: since it was first seen so or, where that is later, got a name here.

        Docker does not say when an image was pulled or used. One that is in use at a look begins anew after it.
        """
        now = self._clock()
        known = self._seen()
        seen: dict[str, float] = {}
        since: dict[str, float] = {}
        for one in ids:
            try:
                named = self._engine.image(one).get("Metadata", {}).get("LastTagTime", "")
            except EngineError as error:
                if error.status != 404:
                    raise
                continue
            seen[one] = min(known.get(one, now), now)
            since[one] = max(seen[one], leftovers.moment(named, unknown=0.0))
        if not self._dry_run and seen != known:
            self._remember(seen)
        return since

    def _remember(self, seen: dict[str, float]) -> None:
        """Keep it for the next look. On a full disk, which is what this is for, the images go all the same."""
        try:
            os.makedirs(os.path.dirname(self._paths.unused_images), mode=0o700, exist_ok=True)
            files.write(self._paths.unused_images, f"{json.dumps(seen)}\n".encode(), 0o600)
        except OSError as error:
            say(f"since when images are unused could not be noted: {error.strerror}")

    def _seen(self) -> dict[str, float]:
        try:
            document: dict[str, Any] = json.loads(files.read(self._paths.unused_images) or "{}")
            return {str(one): float(moment) for one, moment in document.items()}
        except (ValueError, TypeError, AttributeError):
            return {}  # damaged: everything is new

    def _cache(self, policy: hygiene_policy.Policy, before: float) -> None:
        age = policy.min_age if self._disk(self._engine.root()) > policy.disk_mark else _CACHE_AGE
        unused_for = int(max(age, self._clock() - before))
        if self._dry_run:
            say(f"would remove the build cache that nothing has used for {unused_for // 3600} h")
            return
        freed = self._engine.prune_build_cache(unused_for)
        if freed:
            self._gone += 1
            say(f"removed {freed / 10**6:.0f} MB of build cache")
