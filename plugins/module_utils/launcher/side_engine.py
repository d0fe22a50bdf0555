# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Docker Engine for one runner, in a container beside it. Pure.

The runner's container shares the network of the Engine's. So the Engine can listen on loopback, where nobody else
reaches it, and what a job publishes is on ``localhost`` for that job, as on GitHub's own machines.
"""

from __future__ import annotations

from typing import Any

from .limits import limits
from .pool import Pool

_ADDRESS = "tcp://127.0.0.1:2375"
# What the runner's container is told. Its run.sh waits for the Engine as long as that.
ENVIRONMENT = (f"DOCKER_HOST={_ADDRESS}", "RUNNER_WAIT_FOR_DOCKER_IN_SECONDS=60")
# What an Engine needs where it is not privileged.
_CAPABILITIES = ["NET_ADMIN", "SYS_ADMIN", "SYS_PTRACE"]


def name(runner: str) -> str:
    """The container's name."""
    return f"{runner}-docker"


def create_body(
    pool: Pool, network: str, cgroup_parent: str, work: dict[str, Any], labels: dict[str, str]
) -> dict[str, Any]:
    """The body of Docker's ContainerCreate, for an image such as ``docker:dind``."""
    if pool.dind_privileged:
        rights: dict[str, Any] = {"Privileged": True}
    else:
        # The two empty lists are what the command line calls systempaths=unconfined.
        rights = {
            "CapAdd": _CAPABILITIES,
            "SecurityOpt": ["apparmor=unconfined", "seccomp=unconfined"],
            "MaskedPaths": [],
            "ReadonlyPaths": [],
        }
    return {
        "Image": pool.dind_image,
        "Cmd": ["dockerd", f"--host={_ADDRESS}", "--tls=false"],
        "Labels": labels,
        "HostConfig": {
            "NetworkMode": network,
            "RestartPolicy": {"Name": "no"},
            "LogConfig": {"Type": "local", "Config": {"max-size": "8m", "max-file": "2"}},
            **limits(pool),
            **rights,
            "CgroupParent": cgroup_parent,
            "CgroupnsMode": "private",
            "Mounts": [work],
        },
    }
