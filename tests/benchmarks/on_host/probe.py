# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is measured on a host itself. Comes over standard input, prints JSON; Python 3.9, nothing installed.

memory UNIT...           kB of the units' main processes
calm SECONDS UNIT...     what they do in that time: context switches, CPU
run NETWORK IMAGE        how long a bare ``docker run -d`` takes
replace CONTAINER        end a container and wait until another runs under its name
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

_KEYS = {"Rss": "rss", "Pss": "pss", "Pss_Anon": "anonymous"}


def main_pid(unit: str) -> int:
    """The process that systemd keeps for a unit."""
    return int(_run("systemctl", "show", "--property=MainPID", "--value", unit))


def memory(pid: int) -> dict[str, int]:
    """What a process holds, in kB."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    fields = dict(line.split(":", 1) for line in lines if ":" in line)
    return {name: int(fields[key].split()[0]) for key, name in _KEYS.items()}


def activity(pid: int) -> dict[str, float]:
    """What all threads of a process have done since it was started."""
    process = Path("/proc", str(pid))
    switches = 0
    for status in process.glob("task/*/status"):
        lines = status.read_text(errors="replace").splitlines()
        switches += sum(int(line.split()[1]) for line in lines if "ctxt_switches" in line)
    fields = (process / "stat").read_text(errors="replace").rpartition(")")[2].split()
    ticks = int(fields[11]) + int(fields[12])
    return {"switches": switches, "cpu_ms": ticks * 1000 / os.sysconf("SC_CLK_TCK")}


def calm(seconds: float, pids: list[int]) -> list[dict[str, float]]:
    """What processes do in the next seconds."""
    before = [activity(pid) for pid in pids]
    time.sleep(seconds)
    after = [activity(pid) for pid in pids]
    return [{key: now[key] - then[key] for key in now} for then, now in zip(before, after)]


def run(network: str, image: str) -> dict[str, float]:
    """One bare container, from the command to its return."""
    began = time.monotonic()
    container = _run("docker", "run", "-d", "--network", network, image, "sleep", "infinity").strip()
    seconds = time.monotonic() - began
    _run("docker", "rm", "-f", container)
    return {"seconds": seconds}


def replace(container: str) -> dict[str, float]:
    """End a container; returns when its successor runs. Docker's events tell how long that took."""
    form = ["docker", "inspect", "--format", "{{.Id}} {{.State.Running}}", container]
    old = _run(*form).split()[0]
    began = time.monotonic()
    _run("docker", "kill", container)
    time.sleep(2)  # nobody looks meanwhile: that takes of the processors
    while time.monotonic() < began + 60:
        done = subprocess.run(form, capture_output=True, text=True, check=False)
        if done.returncode == 0 and done.stdout.split()[1] == "true" and done.stdout.split()[0] != old:
            return {}
        time.sleep(0.1)
    sys.exit(f"{container} was not replaced within a minute")


def _run(*command: str) -> str:
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def main(arguments: list[str]) -> object:
    """One command; gives what is to be printed."""
    command, *rest = arguments
    if command == "memory":
        return [memory(main_pid(unit)) for unit in rest]
    if command == "calm":
        return calm(float(rest[0]), [main_pid(unit) for unit in rest[1:]])
    if command == "run":
        return run(*rest)
    if command == "replace":
        return replace(rest[0])
    raise SystemExit(f"there is no {command}")


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1:])))
