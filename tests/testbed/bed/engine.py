# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The outer Docker Engine: used if there is one, started (and remembered as the beds') if not."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

from . import docker, packages
from .errors import BedError
from .layout import Machine
from .progress import say, step
from .waiting import wait_until

SOCKET = "/var/run/docker.sock"


def ensure(machine: Machine) -> None:
    """Make sure that an engine answers. Raises BedError with the end of its log if it does not come up."""
    if docker.answers():
        return
    if os.geteuid() != 0:
        raise BedError("no Docker Engine answers: start it, or run `testbed up` as root")
    packages.install(packages.missing(packages.TO_START_AN_ENGINE))
    with step("start the Docker Engine"), machine.engine_log.open("ab") as log:
        # A session of its own: it must outlive this command and the terminal it was typed in.
        process = subprocess.Popen(
            ["dockerd", "--host", f"unix://{SOCKET}", "--storage-driver", "overlay2", "--log-level", "warn"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        machine.engine_pid.write_text(str(process.pid))
        wait_until(
            lambda: docker.answers() or process.poll() is not None,
            60,
            lambda: f"dockerd does not answer after 60 s; see {machine.engine_log}",
            pause=0.3,
        )
        if process.poll() is not None:
            machine.engine_pid.unlink()
            raise BedError(f"dockerd ended ({process.returncode}): {_last_line(machine.engine_log)}")


def ours(machine: Machine) -> int | None:
    """The process id of the engine that a bed started, if it still runs."""
    try:
        pid = int(machine.engine_pid.read_text())
        # The number may have been given to another process since; only a dockerd is ours.
        running = Path(f"/proc/{pid}/comm").read_text().strip()
    except (OSError, ValueError):
        return None
    return pid if running == "dockerd" else None


def stop(machine: Machine) -> bool:
    """Stop the engine if a bed started it and nobody else uses it; say whether it was stopped."""
    pid = ours(machine)
    if pid is None:
        machine.engine_pid.unlink(missing_ok=True)
        return False
    if docker.running():
        say("    the Docker Engine goes on: others have containers in it")
        return False
    with step("stop the Docker Engine"):
        os.kill(pid, signal.SIGTERM)
        wait_until(
            lambda: ours(machine) is None, 60, lambda: f"dockerd ({pid}) does not stop; see {machine.engine_log}"
        )
        machine.engine_pid.unlink(missing_ok=True)
    return True


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines()
    return lines[-1] if lines else f"see {log}"
