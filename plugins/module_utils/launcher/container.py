# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a pool to what Docker is asked for: a runner's container and the three files put into it. Pure."""

from __future__ import annotations

import re
from typing import Any

from . import names, tar
from .limits import limits
from .pool import DOCKER_SYSBOX, Pool
from .surroundings import HOME, Surroundings

COMMAND = f"{HOME}/run.sh"
# sysbox runs an Engine in the container as it would on a host; the image has one, and sudo.
SYSBOX_COMMAND = ["/bin/sh", "-c", f"sudo -n dockerd >/tmp/dockerd.log 2>&1 & exec {COMMAND}"]
WORKER = "Runner.Worker"
# Exit code of run.sh for a runner that GitHub finds too old: actions/runner#4285.
ENVIRONMENT = ("ACTIONS_RUNNER_RETURN_VERSION_DEPRECATED_EXIT_CODE=1",)
EXIT_OUTDATED = 7
# What root in the container needs to install packages and to act for other users, and nothing of the kernel's.
SUDO = ("AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "NET_BIND_SERVICE", "SETFCAP", "SETGID")
SUDO += ("SETPCAP", "SETUID", "SYS_CHROOT")


def labels(pool: Pool, instance: str, mark: str) -> dict[str, str]:
    """What marks a container as this instance's on this host."""
    return {
        names.LABEL_MARK: mark,
        names.LABEL_INSTANCE: instance,
        names.LABEL_POOL: pool.name,
        names.LABEL_CONFIG: pool.config,
    }


def own_labels(mark: str, instance: str) -> dict[str, str]:
    """The labels to look for: what of this instance is on this host, whatever its configuration was."""
    return {names.LABEL_MARK: mark, names.LABEL_INSTANCE: instance}


def create_body(pool: Pool, instance: str, mark: str, runner: str, around: Surroundings) -> dict[str, Any]:
    """The body of Docker's ContainerCreate. No secret is in it: ``docker inspect`` shows it to everybody."""
    body = {
        "Hostname": runner[: names.RUNNER_NAME_MAX].rstrip("-"),
        "Image": pool.image,
        "Cmd": SYSBOX_COMMAND if pool.docker_access == DOCKER_SYSBOX else [COMMAND],
        "Entrypoint": [],
        "WorkingDir": HOME,
        "Env": [*ENVIRONMENT, *around.environment],
        "Labels": labels(pool, instance, mark),
        "HostConfig": {
            "NetworkMode": around.network,
            "RestartPolicy": {"Name": "no"},
            # Read back for the journal and for an adopted container, whatever the Engine's default driver is.
            "LogConfig": {"Type": "local", "Config": {"max-size": "8m", "max-file": "2"}},
            **_rights(pool),
            **limits(pool),
            "CgroupParent": around.cgroup_parent,
            "CgroupnsMode": "private",
            "Mounts": list(around.mounts),
            **around.settings,
        },
    }
    if around.network.startswith("container:"):
        # It has the host name of the one whose network it shares, and Docker refuses another.
        del body["Hostname"]
    return body


def _rights(pool: Pool) -> dict[str, Any]:
    """Nothing that the runner's user does not need; what ``sudo`` needs where it is asked for."""
    if pool.docker_access == DOCKER_SYSBOX:
        # Root in it is nobody outside.
        return {"CapDrop": [], "CapAdd": list(pool.capabilities), "SecurityOpt": []}
    return {
        "CapDrop": ["ALL"],
        "CapAdd": sorted({*(SUDO if pool.sudo else ()), *pool.capabilities}),
        "SecurityOpt": [] if pool.sudo else ["no-new-privileges"],
    }


def archive(files: dict[str, bytes], uid: int, gid: int, folders: tuple[str, ...] = ()) -> bytes:
    """A tar archive of files that only the runner's user can read, and of folders, that user's too."""
    return tar.pack(files, 0o600, uid, gid, folders)


def user_ids(user: str, passwd_archive: bytes) -> tuple[int, int]:
    """The ids of an image's ``User`` (a name or ``uid[:gid]``), looked up in a tar archive of its /etc/passwd.

    Raises ValueError where the user is not in it.
    """
    name, _colon, group = user.partition(":")
    try:
        lines = tar.file_in(passwd_archive, "passwd").decode(errors="replace").splitlines()
    except ValueError as error:
        raise ValueError("the image's /etc/passwd cannot be read") from error
    for line in lines:
        fields = line.split(":")
        if len(fields) >= 4 and (name or "root") in (fields[0], fields[2]):
            return int(fields[2]), int(group) if group.isdigit() else int(fields[3])
    if name.isdigit():
        return int(name), int(group) if group.isdigit() else 0
    raise ValueError(f"the image's user {user!r} is not in its /etc/passwd")


def has_worker(processes: list[str]) -> bool:
    """Whether a job runs: the listener starts Runner.Worker for it and for nothing else.

    A job can start a process of that name too; that only makes us wait for its own end.
    """
    return any(re.search(rf"(?:^|/){re.escape(WORKER)}(?:\s|$)", line) for line in processes)
