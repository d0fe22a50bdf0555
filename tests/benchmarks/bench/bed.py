# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The test bed as the benchmarks use it."""

from __future__ import annotations

import json
import os
import resource
import shlex
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[3]
TESTBED = ROOT / "tests" / "testbed" / "testbed"
PROBE = Path(__file__).resolve().parents[1] / "on_host" / "probe.py"
NAME = os.environ.get("TESTBED_NAME") or "bed"
READY_SECONDS = 120.0
CALM_SECONDS = 120.0
#: What of the processors may be in use where nothing runs.
CALM_SHARE = 0.1


class Cost(NamedTuple):
    """What a run took: by the clock, and of the control node's processors."""

    seconds: float
    cpu: float


class Bed:
    """Hosts, reached as a person reaches them."""

    def up(self, hosts: int = 1) -> None:
        """Have so many hosts at least."""
        self._testbed("up", f"--hosts={hosts}")

    def down(self) -> None:
        """Take them all down, with what is on them."""
        self._testbed("down")

    def fresh(self, hosts: int) -> None:
        """Have exactly so many hosts, each as on its first day, booted and calm. GitHub and the registry stay."""
        self.up()
        old = _run("docker", "ps", "-aq", "--filter", f"name=^{NAME}-host[0-9]+$").split()
        if old:
            _run("docker", "rm", "--force", *old)
        # What is in the host's own Docker outlives the host.
        full = _run("docker", "volume", "ls", "-q", "--filter", f"name=^{NAME}-host[0-9]+-docker$").split()
        if full:
            _run("docker", "volume", "rm", *full)
        self.up(hosts)
        self.calm()

    def stock(self, hosts: int, images: Sequence[str]) -> None:
        """Have images on so many hosts already, as where an image of the host's own has them."""
        pulls = "; ".join(f"docker pull --quiet {image}" for image in images)
        for number in range(1, hosts + 1):
            self.on_host(self.host(number), pulls)
        self.calm()

    def calm(self) -> None:
        """Wait until the machine has nothing to do: hosts that boot would be measured too."""
        deadline = time.monotonic() + CALM_SECONDS
        while _share_in_use(2.0) > CALM_SHARE:
            if time.monotonic() > deadline:
                raise SystemExit(f"something else uses the processors, after {CALM_SECONDS:g} s still")

    def host(self, number: int) -> str:
        """A host's name."""
        return f"{NAME}-host{number}"

    def on_host(self, host: str, command: str, text: str | None = None) -> str:
        """Run a shell command on a host; gives what it prints."""
        return self._testbed("shell", host, command, text=text)

    def probe(self, host: str, *arguments: str) -> Any:
        """Run on_host/probe.py on a host."""
        return json.loads(self.on_host(host, f"python3 - {shlex.join(arguments)}", PROBE.read_text()))

    def job(self, commands: str) -> None:
        """A job, to its end."""
        self._testbed("submit", "--wait", "--timeout=120", "-c", commands)

    def requests(self) -> list[dict[str, Any]]:
        """What GitHub's stand-in was asked until now."""
        return [json.loads(line) for line in self._testbed("log").splitlines()]

    def instances(self, host: str) -> list[dict[str, Any]]:
        """How the instances of a host are."""
        return json.loads(self.on_host(host, "github-runner status --json"))["instances"]

    def wait_for(self, host: str, state: str, gone: Sequence[str] = ()) -> list[dict[str, Any]]:
        """Wait until every instance of a host is in this state, none with one of the runners in ``gone``."""
        deadline = time.monotonic() + READY_SECONDS
        while True:
            found = self.instances(host)
            if found and all(one["state"] == state and one["runner"] not in gone for one in found):
                return found
            if time.monotonic() > deadline:
                raise SystemExit(f"{host} is not {state} after {READY_SECONDS:g} s: {json.dumps(found)}")
            time.sleep(0.2)

    def playbook(self, playbook: str | Path, *arguments: str) -> Cost:
        """Run a playbook over the bed; gives what it took."""
        environment = {
            **os.environ,
            **self._exports(),
            "ANSIBLE_FORCE_COLOR": "false",
            "ANSIBLE_COLLECTIONS_PATH": f"{ROOT}/.build/collections:{ROOT}/.build/rival",
        }
        command = [
            "ansible-playbook",
            str(playbook),
            "--extra-vars",
            f"@{self._testbed('token-file').strip()}",
            *arguments,
        ]
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        seconds, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
        if done.returncode:
            raise SystemExit(f"{shlex.join(command)} failed:\n{done.stdout[-4000:]}{done.stderr[-2000:]}")
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return Cost(seconds, cpu)

    def versions(self, host: str) -> dict[str, str]:
        """What was measured with what."""
        control = subprocess.run(["ansible", "--version"], capture_output=True, text=True, check=True).stdout
        on_host = self.on_host(
            host,
            "docker version --format '{{.Server.Version}}'; systemctl --version | head -n1; python3 --version; nproc",
        )
        docker, systemd, python, processors = on_host.splitlines()
        return {
            "ansible-core": control.split("core ")[1].split("]")[0],
            "Docker Engine": docker,
            "systemd": systemd.split()[1],
            "Python on the host": python.split()[1],
            "processors": processors,
        }

    def _exports(self) -> dict[str, str]:
        lines = self._testbed("env").splitlines()
        return dict(shlex.split(line.removeprefix("export "))[0].split("=", 1) for line in lines)

    def _testbed(self, *arguments: str, text: str | None = None) -> str:
        done = subprocess.run([TESTBED, *arguments], input=text, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"testbed {shlex.join(arguments)[:200]} failed: {done.stderr[-2000:]}")
        return done.stdout


def _run(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def _share_in_use(seconds: float) -> float:
    """The share of all processors' time that is used while so many seconds pass."""
    total, idle = _processor_times()
    time.sleep(seconds)
    total_then, idle_then = _processor_times()
    return 1 - (idle_then - idle) / (total_then - total)


def _processor_times() -> tuple[int, int]:
    """All and idle time of the processors since the start: proc_stat(5), whose guest times are in user and nice."""
    numbers = [int(one) for one in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    return sum(numbers), numbers[3] + numbers[4]
