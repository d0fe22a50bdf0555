# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Debian packages the bed needs on the control node."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable

from .errors import BedError
from .process import run
from .progress import step

# The package that provides each command. docker-registry is not here: it runs in an image of its own.
COMMANDS = {
    "docker": "docker.io",
    "dockerd": "docker.io",
    "iptables": "iptables",
    "debootstrap": "debootstrap",
    "ssh": "openssh-client",
    "openssl": "openssl",
}
# Where Debian keeps what only root runs; a user's PATH may lack it.
SYSTEM_PATH = "/usr/local/sbin:/usr/sbin:/sbin"


def find_command(name: str) -> str | None:
    """The path of a command, in PATH or where system commands are."""
    return shutil.which(name) or shutil.which(name, path=SYSTEM_PATH)


def missing_packages(present: Callable[[str], object], *, engine_answers: bool, base_image_there: bool) -> list[str]:
    """The packages to install, given which commands are `present`.

    Whoever has a running engine needs none of ours, and whoever has the base image does not make it.
    """
    wanted = {"docker", "ssh", "openssl"}
    if not engine_answers:
        wanted |= {"dockerd", "iptables"}
    if not base_image_there:
        wanted |= {"debootstrap"}
    return sorted({COMMANDS[command] for command in wanted if not present(command)})


def install(packages: list[str]) -> None:
    """Install packages with apt. Raises BedError if that is not possible here."""
    if not packages:
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise BedError(f"missing: {', '.join(packages)}; install them, or run `testbed up` as root on Debian or Ubuntu")
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    with step(f"apt-get install {' '.join(packages)}"):
        run(["apt-get", "-qq", "update"], env=quiet, timeout=300)
        run(["apt-get", "-qq", "install", "-y", "--no-install-recommends", *packages], env=quiet, timeout=900)
