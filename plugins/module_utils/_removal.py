# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Everything of this collection off a host that is drained. Nothing goes that does not carry our mark or name."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator
from typing import Any

from . import _docker, _hygiene, _images, _local_tags, _micro_cipher_options, _runner_unit
from ._systemd import RunCommand, Systemd
from .launcher import container, names, pool_files
from .launcher.engine import Engine
from .launcher.host import Host
from .launcher.paths import Paths

# Docker's own, which cannot be removed.
_PREDEFINED = ("bridge", "host", "none")


class Removal:
    """What is taken away, in an order that can be interrupted and begun again: the pool files, which tell the names
    of all the rest, go last.
    """

    def __init__(self, paths: Paths, run_command: RunCommand, client: Any | None, host: Host, check_mode: bool):
        self._paths = paths
        self._run_command = run_command
        self._systemd = Systemd(run_command, paths)
        self._client = client
        self._host = host
        self._check_mode = check_mode
        self.actions: list[str] = []
        self.left: list[str] = []

    def run(self, images: bool) -> None:
        """Remove containers, networks, volumes, on demand images, units and files. Raises Failure, OSError."""
        with contextlib.nullcontext() if self._check_mode else _alone(self._paths.units):
            self._run(images)

    def _run(self, images: bool) -> None:
        pools = pool_files.read(self._paths).pools
        if self._client is not None:
            references = {name for one in pools for name in one.images} | self._containers()
            self._volumes()
            self._networks({name for one in pools for name in (one.network, one.cipher_network)})
            if images:
                self._images(references)
        self._units()
        self._files()
        if not self._check_mode:
            # Where systemd puts the instances of a template whose unit it does not have any more.
            self._systemd.stop_empty_slice("system-github\\x2drunner.slice")

    def _containers(self) -> set[str]:
        """Remove runners and micro-ciphers; gives the images of the latter, which no pool names."""
        images = set()
        with _docker.sentences("remove the containers"):
            ours = {"label": f"{names.LABEL_MARK}={self._host.mark}"}
            ciphers = {"label": _micro_cipher_options.LABEL_CONFIG}
            for found in self._client.containers.list(all=True, filters=ours):  # type: ignore[union-attr]
                self._remove_container(found)
            for found in self._client.containers.list(all=True, filters=ciphers):  # type: ignore[union-attr]
                images.add(found.attrs["Config"]["Image"])
                self._remove_container(found)
        return images

    def _remove_container(self, found: Any) -> None:
        self.actions.append(f"Removed container {found.name}")
        if not self._check_mode:
            found.remove(force=True, v=True)

    def _volumes(self) -> None:
        with _docker.sentences("remove the volumes"):
            ours = {"label": f"{names.LABEL_MARK}={self._host.mark}"}
            for volume in self._client.volumes.list(filters=ours):  # type: ignore[union-attr]
                self.actions.append(f"Removed volume {volume.name}")
                if not self._check_mode:
                    volume.remove()

    def _networks(self, wanted: set[str]) -> None:
        """Remove the networks that nobody else is on, those of single runners included."""
        with _docker.sentences("remove the networks"):
            networks = self._client.networks  # type: ignore[union-attr]
            found = [_docker.find(networks.get, name) for name in sorted(wanted - set(_PREDEFINED))]
            found += networks.list(filters={"label": f"{names.LABEL_MARK}={self._host.mark}"})
            for network in [one for one in found if one is not None]:
                network.reload()
                others = [one["Name"] for one in (network.attrs.get("Containers") or {}).values()]
                gone = {action.rpartition(" ")[2] for action in self.actions}
                foreign = sorted(set(others) - gone)
                if foreign:
                    self.left.append(f"network {network.name}, which {', '.join(foreign)} use")
                    continue
                self.actions.append(f"Removed network {network.name}")
                if not self._check_mode:
                    network.remove()

    def _images(self, references: set[str]) -> None:
        """Remove images, those of before and those that wait included, but for what something else uses."""
        with _docker.sentences("list the images"):
            images = self._client.images  # type: ignore[union-attr]
            found = [name for name in references if _docker.find(images.get, name)] + _local_tags.ours(self._client)
            repositories = {_images.repository(name) for name in references}
            by_id = [image.id for image in images.list() if _is_kept_by_digest(image, repositories, found)]
        for name in [*sorted(set(found)), *by_id]:
            self._remove_image(name)

    def _remove_image(self, name: str) -> None:
        import docker.errors

        with _docker.sentences(f"remove the image {name}"):
            try:
                if not self._check_mode:
                    self._client.images.remove(name)  # type: ignore[union-attr]
            except docker.errors.ImageNotFound:
                return
            except docker.errors.APIError as error:
                if error.status_code != 409:
                    raise
                self.left.append(f"image {name}, which is in use")
                return
        self.actions.append(f"Removed image {name}")

    def _units(self) -> None:
        """Disable every instance and remove the units, systemd's memory of failures included."""
        units = self._systemd.instances()
        enabled = [names.unit_name(name) for name, unit in units.items() if unit.enabled]
        self.actions += [f"Disabled {unit}" for unit in enabled]
        if not self._check_mode:
            if enabled:
                self._systemd.call("disable", *enabled)
            self._systemd.forget_failures(*map(names.unit_name, units))
        for remover in (_hygiene.Hygiene, _runner_unit.RunnerUnit):
            self.actions += remover(self._paths, self._run_command, self._check_mode).remove()["actions"]

    def _files(self) -> None:
        for path in self._paths.timer_stamps():
            self.actions.append(f"Removed {path}")
            if not self._check_mode:
                os.unlink(path)
        for path in self._paths.directories():
            if os.path.isdir(path):
                self.actions.append(f"Removed {path}")
                if not self._check_mode:
                    shutil.rmtree(path)


@contextlib.contextmanager
def _alone(directory: str) -> Iterator[None]:
    """Wait for a removal that was cut short on the control node and is still at work here; leaves no file behind."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _is_kept_by_digest(image: Any, repositories: set[str], names_to_go: list[str]) -> bool:
    """Whether an image from one of these repositories is still there when these names are gone."""
    digests = {one.partition("@")[0] for one in image.attrs.get("RepoDigests") or []}
    # With the last name of a repository, its digests go as well.
    tagged = {_images.repository(tag) for tag in image.tags}
    return bool(digests & repositories) and not tagged & digests and set(image.tags) <= set(names_to_go)


def is_installed(paths: Paths, systemd: Systemd) -> bool:
    """Whether there is anything that could have to be drained."""
    return os.path.exists(paths.program) or bool(systemd.instances())


def running_jobs(engine: Engine, host: Host) -> list[str]:
    """The runner containers of this host in which a job runs, by their names. Raises EngineError."""
    return sorted(
        one["Names"][0].lstrip("/")
        for one in engine.containers({names.LABEL_MARK: host.mark})
        if container.has_worker(engine.processes(one["Id"]))
    )
