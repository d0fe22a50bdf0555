# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a pool to what Docker is asked for: a runner's container and the three files put into it. Pure."""

from __future__ import annotations

import re
from typing import Any

from . import names, tar
from .pool import Pool

HOME = "/home/runner"
COMMAND = f"{HOME}/run.sh"
WORKER = "Runner.Worker"
# Exit code of run.sh for a runner that GitHub finds too old: actions/runner#4285.
ENVIRONMENT = ("ACTIONS_RUNNER_RETURN_VERSION_DEPRECATED_EXIT_CODE=1",)
EXIT_OUTDATED = 7


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


def create_body(pool: Pool, instance: str, mark: str, runner: str) -> dict[str, Any]:
    """The body of Docker's ContainerCreate. No secret is in it: ``docker inspect`` shows it to everybody."""
    return {
        "Hostname": runner[: names.RUNNER_NAME_MAX].rstrip("-"),
        "Image": pool.image,
        "Cmd": [COMMAND],
        "Entrypoint": [],
        "WorkingDir": HOME,
        "Env": list(ENVIRONMENT),
        "Labels": labels(pool, instance, mark),
        "HostConfig": {
            "NetworkMode": pool.network,
            "RestartPolicy": {"Name": "no"},
            # Read back for the journal and for an adopted container, whatever the Engine's default driver is.
            "LogConfig": {"Type": "local", "Config": {"max-size": "8m", "max-file": "2"}},
            "Memory": pool.memory,
            "NanoCpus": pool.nano_cpus,
            "PidsLimit": pool.pids_limit or None,
        },
    }


def archive(files: dict[str, bytes], uid: int, gid: int) -> bytes:
    """A tar archive of files that only the runner's user can read."""
    return tar.pack(files, 0o600, uid, gid)


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
