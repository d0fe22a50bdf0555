# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a runner's container stands in: the firewall, its share of the host, its work folder, a Docker, the hooks.

What has to be made is made before the container and removed after it. It carries the host's mark, and says whose and
which runner's it is, so that what a crash has left is found by these labels. It lacks the one for adoption.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Collection
from typing import Any, Callable

from . import names, side_engine
from .engine import Engine, EngineError
from .errors import Trouble
from .journal import say
from .paths import Paths
from .pool import DOCKER_DIND, DOCKER_SOCKET, DOCKER_SYSBOX, Pool

HOME = "/home/runner"
# Where a container finds what lies in a pool's folder of hooks.
HOOKS = "/opt/github-runner/hooks"
DOCKER_SOCKET_INSIDE = "/var/run/docker.sock"
# The work folder, as the JIT configuration has it: below the runner's own.
WORK = "_work"


@dataclasses.dataclass(frozen=True)
class Surroundings:
    """What of it goes into the description of a container."""

    cgroup_parent: str
    network: str
    work: str = WORK  #: as the JIT configuration names it
    environment: tuple[str, ...] = ()
    mounts: tuple[dict[str, Any], ...] = ()
    engine_image: str | None = None  #: the image, by its id, of the Engine beside it
    settings: dict[str, Any] = dataclasses.field(default_factory=dict)  #: further ones of Docker's HostConfig

    @property
    def work_folder(self) -> str:
        """The work folder's path in the container."""
        return os.path.join(HOME, self.work)


def check(paths: Paths) -> None:
    """Nothing may run jobs while the firewall is down. Raises Trouble."""
    if not os.path.exists(paths.firewall_loaded):
        raise _no_firewall()


def close(reload: Callable[[str], Callable[[], bool]]) -> Callable[[], None]:
    """Begin to have the firewall's rules as they were, whoever has flushed them meanwhile.

    What this gives waits for them, and raises Trouble where they cannot be had.
    """
    reloaded = reload(names.FIREWALL_UNIT)

    def closed() -> None:
        if not reloaded():
            raise _no_firewall()

    return closed


def prepare(engine: Engine, paths: Paths, pool: Pool, mark: str, instance: str, runner: str) -> Surroundings:
    """Make a runner's surroundings. Raises EngineError, Trouble; what is made by then is swept with the next start."""
    unit = names.pool_slice(pool.name)
    parent = unit if engine.cgroup_driver() == "systemd" else names.slice_path(unit)
    mounts = (*_work(pool), *_hooks(paths, pool))
    plain = Surroundings(parent, pool.network, mounts=mounts, environment=_hook_variables(pool))
    labels = {names.LABEL_MARK: mark, names.LABEL_BESIDE: instance, names.LABEL_RUNNER: runner}
    if pool.docker_access == DOCKER_DIND:
        return _beside_an_engine(engine, pool, plain, runner, labels)
    if pool.docker_access == DOCKER_SOCKET:
        return _with_the_hosts_socket(engine, paths, plain, runner, labels)
    if pool.docker_access == DOCKER_SYSBOX:
        return dataclasses.replace(plain, settings={"Runtime": pool.sysbox_runtime})
    return plain


def sweep(
    engine: Engine,
    mark: str,
    keep: Collection[str],
    *,
    instance: str | None = None,
    alive: Callable[[], Collection[str]] = tuple,
) -> None:
    """Remove the surroundings of all runners but ``keep``, of an ``instance`` or of those that are not ``alive``.

    ``alive`` is asked after each list: who has made what stands in it was alive by then.
    """
    labels = {names.LABEL_MARK: mark}
    if instance is not None:
        labels[names.LABEL_BESIDE] = instance
    # A container uses the network and the volumes, so that it goes first.
    for listed, key, remove in (
        (engine.containers, "Id", engine.remove),
        (engine.marked_networks, "Id", engine.discard_network),
        (engine.marked_volumes, "Name", engine.discard_volume),
    ):
        try:
            present = listed(labels)
            spared = alive()
            for found in present:
                marks = found.get("Labels") or {}
                beside, runner = marks.get(names.LABEL_BESIDE), marks.get(names.LABEL_RUNNER)
                if beside is not None and runner not in keep and beside not in spared:
                    remove(found[key])
        except EngineError as error:
            say(f"what is beside no runner any more could not be removed, it is tried again later: {error}")


def _no_firewall() -> Trouble:
    return Trouble(
        "firewall",
        "the firewall that keeps jobs from this host is not loaded: systemctl restart github-runner-firewall",
        lasting=True,
    )


def _work(pool: Pool) -> tuple[dict[str, Any], ...]:
    """The work folder, a volume without a name that goes with its container.

    Docker limits no volume: where storage is limited, the folder stays in the container's own layer.
    """
    return () if pool.storage else ({"Type": "volume", "Target": f"{HOME}/{WORK}"},)


def _hooks(paths: Paths, pool: Pool) -> tuple[dict[str, Any], ...]:
    """The folder of the operator's hooks, where there are any."""
    folder = {"Type": "bind", "Source": paths.hooks(pool.name), "Target": HOOKS, "ReadOnly": True}
    return (folder,) if pool.hooks else ()


def _hook_variables(pool: Pool) -> tuple[str, ...]:
    return tuple(f"ACTIONS_RUNNER_HOOK_{hook.upper()}={HOOKS}/{hook}.sh" for hook in pool.hooks)


def _beside_an_engine(
    engine: Engine, pool: Pool, plain: Surroundings, runner: str, labels: dict[str, str]
) -> Surroundings:
    """An Engine of the runner's own, on a network of its own, with the work folder at the same path."""
    engine.create_network(runner, names.network_options(runner), labels)
    engine.create_volume(runner, labels)
    work = {"Type": "volume", "Source": runner, "Target": f"{HOME}/{WORK}"}
    body = side_engine.create_body(pool, runner, plain.cgroup_parent, work, labels)
    try:
        made = engine.create(side_engine.name(runner), body)
    except EngineError as error:
        if error.status == 404:
            said = f"the host has no image {pool.dind_image}: pull it"
            raise Trouble("image", said, lasting=True) from error
        raise
    engine.start(made)
    others = tuple(mount for mount in plain.mounts if mount["Type"] != "volume")
    return dataclasses.replace(
        plain,
        network=f"container:{made}",
        environment=(*plain.environment, *side_engine.ENVIRONMENT),
        mounts=(work, *others),
        engine_image=engine.inspect(made)["Image"],
    )


def _with_the_hosts_socket(
    engine: Engine, paths: Paths, plain: Surroundings, runner: str, labels: dict[str, str]
) -> Surroundings:
    """The host's own Engine, and the work folder at its path on the host, where that Engine looks for it."""
    place = engine.create_volume(runner, labels)
    others = tuple(mount for mount in plain.mounts if mount["Type"] != "volume")
    return dataclasses.replace(
        plain,
        work=place,
        mounts=(
            {"Type": "volume", "Source": runner, "Target": place},
            {"Type": "bind", "Source": paths.docker_socket, "Target": DOCKER_SOCKET_INSIDE},
            *others,
        ),
        settings={"GroupAdd": [str(os.stat(paths.docker_socket).st_gid)]},
    )
