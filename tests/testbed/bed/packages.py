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

# The package that provides each command. The registry is not here: it runs in an image of its own.
COMMANDS = {
    "docker": "docker.io",
    "dockerd": "docker.io",
    "iptables": "iptables",
    "debootstrap": "debootstrap",
    "ssh": "openssh-client",
    "openssl": "openssl",
}
ALWAYS = ("docker", "ssh", "openssl")
TO_START_AN_ENGINE = ("dockerd", "iptables")
# Where Debian keeps what only root runs; root's own PATH may lack it after a plain `su`.
SYSTEM_PATH = ("/usr/local/sbin", "/usr/sbin", "/sbin")


def search_path(path: str) -> str:
    """PATH with the folders of system commands at its end."""
    folders = [folder for folder in path.split(os.pathsep) if folder]
    return os.pathsep.join(folders + [folder for folder in SYSTEM_PATH if folder not in folders])


def missing(commands: tuple[str, ...], present: Callable[[str], object] = shutil.which) -> list[str]:
    """The packages that provide those of the commands that are not `present`."""
    return sorted({COMMANDS[command] for command in commands if not present(command)})


def install(packages: list[str]) -> None:
    """Install packages with apt. Raises BedError if that is not possible here."""
    if not packages:
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise BedError(f"missing: {', '.join(packages)}; install them, or run `testbed up` as root on Debian or Ubuntu")
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    with step(f"apt-get install {' '.join(packages)}"):
        # An installation that was interrupted keeps apt from working until it is finished.
        run(["dpkg", "--configure", "-a"], env=quiet, timeout=300)
        run(["apt-get", "-qq", "update"], env=quiet, timeout=300)
        run(["apt-get", "-qq", "install", "-y", "--no-install-recommends", *packages], env=quiet, timeout=900)
