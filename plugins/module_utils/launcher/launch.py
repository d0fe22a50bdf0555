# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A runner in the making: registered at GitHub while its container is created, and GitHub's files put into it.

Runs in a child process (see offload.py): what it needs of memory is gone when the runner stands, and the watch of the
runner before it goes on meanwhile.
"""

from __future__ import annotations

import base64
import os
from typing import Any, Callable

from . import by_token, container, surroundings
from .engine import Engine, EngineError
from .errors import Trouble
from .journal import say
from .offload import Offloaded
from .paths import Paths
from .pool import DOCKER_SYSBOX, Pool
from .remote import Remote

_USERS = "/etc/passwd"


def make(
    engine: Engine,
    registrar: Remote,
    offload: Callable[[Callable[[], Any]], Offloaded],
    paths: Paths,
    config: Pool,
    instance: str,
    mark: str,
    runner: str,
    afresh: bool,
    users: dict[str, list[int]],
) -> dict[str, Any]:
    """A container that only has to be started, and of what: ``container``, ``image``, ``engine_image``, ``user``.

    And what GitHub gave for it: ``runner_id``, ``quota``.

    ``users`` are the users of images (uid and gid, by the image's id) that are known from before: to ask Docker for one
    takes as long as all the rest.

    ``afresh``: with nothing that was used for the runner before, which did not serve. Raises Trouble, and then leaves
    neither a container nor a registration behind; what stands around it by then is left for a sweep.
    """
    try:
        image = _image(engine, config)
        around = surroundings.prepare(engine, paths, config, mark, instance, runner)
    except (EngineError, Trouble) as error:
        raise _trouble(error) from error
    body = container.create_body(config, instance, mark, runner, around)
    if config.registration == "token":
        body = by_token.shape(body, config, runner, image["Config"], around)
    directory = body["WorkingDir"]
    registering = offload(lambda: registrar.register(config, runner, directory, around.work, afresh))
    made: dict[str, Any] = {"image": str(image["Id"]), "engine_image": around.engine_image}
    failure: Trouble | None = None
    try:
        made["container"] = _create(engine, config, body, runner)
        made["user"] = users.get(made["image"]) or list(_user_of(engine, config, made["container"]))
    except (EngineError, Trouble) as error:
        failure = _trouble(error)
    try:
        registration = registering.result()
    except Trouble:
        if "container" in made:
            remove(engine, made["container"])
        raise
    try:
        if failure is not None:
            raise failure
        contents = {name: base64.b64decode(data) for name, data in registration["files"].items()}
        _put(engine, made["container"], contents, directory, around.work_folder, made["user"])
    except (EngineError, Trouble) as error:
        undo(engine, registrar, config, runner, registration["runner_id"], made.get("container"))
        raise _trouble(error) from error
    return {**made, "runner_id": registration["runner_id"], "quota": registration.get("quota")}


def _put(
    engine: Engine, made: str, contents: dict[str, bytes], directory: str, work_folder: str, user: list[int]
) -> None:
    """The runner's files and its work folder, both its user's; one call where one lies in the other."""
    parent, work = os.path.split(work_folder)
    beside = (work,) if parent == directory else ()
    engine.put_archive(made, directory, container.archive(contents, *user, folders=beside))
    if not beside:
        engine.put_archive(made, parent, container.archive({}, *user, folders=(work,)))


def start(engine: Engine, config: Pool, made: str) -> None:
    """Start what was made. Raises EngineError, Trouble."""
    try:
        engine.start(made)
    except EngineError as error:
        # Some Engines miss the network when they create a container, others only here.
        if error.status == 404 and "network" in str(error):
            raise _no_network(config) from error
        if f"{container.COMMAND}: no such file" in str(error):
            raise _no_runner(config, container.COMMAND) from error
        raise


def undo(engine: Engine, registrar: Remote, config: Pool, runner: str, runner_id: int | None, made: str | None) -> None:
    """Away with a container that was never started and its registration, as far as that can be done now."""
    try:
        registrar.deregister(config, runner, runner_id)
    except Trouble as trouble:
        say(f"{runner} stays registered for now: {trouble}")
    if made is not None:
        remove(engine, made)


def remove(engine: Engine, made: str) -> bool:
    """Remove a container, if that can be done now; whether it could."""
    try:
        engine.remove(made)
    except EngineError as error:
        say(f"a container could not be removed, it is tried again later: {error}")
        return False
    return True


def _image(engine: Engine, config: Pool) -> dict[str, Any]:
    try:
        return engine.image(config.image)
    except EngineError as error:
        if error.status == 404:
            raise _no_image(config) from error
        raise


def _create(engine: Engine, config: Pool, body: dict[str, Any], runner: str) -> str:
    try:
        return engine.create(runner, body)
    except EngineError as error:
        if error.status == 404:
            raise (_no_network if "network" in str(error) else _no_image)(config) from error
        raise _no_runtime(config, error) or error from error


def _user_of(engine: Engine, config: Pool, made: str) -> tuple[int, int]:
    user = engine.inspect(made)["Config"].get("User") or ""
    try:
        return container.user_ids(user, engine.get_archive(made, _USERS))
    except EngineError as error:
        if error.status == 404 and _USERS in str(error):
            raise _no_runner(config, _USERS) from error
        raise
    except ValueError as error:
        raise Trouble("image", str(error), lasting=True) from error


def _trouble(error: EngineError | Trouble) -> Trouble:
    return error if isinstance(error, Trouble) else Trouble("docker", error.sentence)


def _no_runtime(config: Pool, error: EngineError) -> Trouble | None:
    """Docker does not know the runtime of Sysbox; None where that is not what it says."""
    # "Unknown runtime specified NAME", "unknown or invalid runtime name: NAME"
    said = str(error)
    if config.docker_access != DOCKER_SYSBOX or "runtime" not in said or config.sysbox_runtime not in said:
        return None
    return Trouble(
        "docker",
        f"Docker knows no runtime {config.sysbox_runtime}: install Sysbox, or choose another docker_access",
        lasting=True,
    )


def _no_runner(config: Pool, path: str) -> Trouble:
    return Trouble(
        "image", f"the image {config.image} has no {path}: use one made of GitHub's actions-runner", lasting=True
    )


def _no_network(config: Pool) -> Trouble:
    return Trouble("docker", f"there is no network {config.network}: run the playbook", lasting=True)


def _no_image(config: Pool) -> Trouble:
    return Trouble("image", f"the host has no image {config.image}: pull it", lasting=True)
