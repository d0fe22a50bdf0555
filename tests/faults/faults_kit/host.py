# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The host under trial, over ssh."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from bed import hosts, lifecycle
from bed.layout import State
from bed.waiting import wait_until

Instance = dict[str, Any]


def unit(instance: str) -> str:
    """The systemd unit of an instance."""
    return f"github-runner@{instance}.service"


class Host:
    """One host of the bed, with four instances."""

    def __init__(self, name: str):
        self.name = name
        state = State.default()
        self._ssh = hosts.ssh_command(state, lifecycle.host_port(state, name))
        self._state = state
        self.state_folder = state.folder

    def attempt(self, script: str) -> subprocess.CompletedProcess[str]:
        """Run a shell script as root; what it prints is one text."""
        command = [*self._ssh, "bash -s"]
        return subprocess.run(command, input=script, text=True, stdout=-1, stderr=-2, timeout=180, check=False)

    def run(self, script: str) -> str:
        """Run a shell script as root that must succeed; gives what it prints."""
        done = self.attempt(f"set -eu -o pipefail\n{script}")
        assert done.returncode == 0, f"{script}\nexit code {done.returncode}: {done.stdout}"
        return done.stdout

    def reboot(self) -> None:
        """Restart the host, and wait until it is back."""
        lifecycle.reboot(self._state, self.name)

    def instances(self) -> dict[str, Instance]:
        """What ``github-runner status --json`` shows, by instance."""
        shown = json.loads(self.run("github-runner status --json"))
        return {one["instance"]: one for one in shown["instances"]}

    def wait_for(self, instance: str, state: str, reason: str = "", seconds: float = 60) -> Instance:
        """Wait until an instance is in a state, for a reason that has these words in it."""
        return self.wait_for_all({instance}, state, reason, seconds)[instance]

    def wait_for_all(self, names: set[str], state: str, reason: str = "", seconds: float = 60) -> dict[str, Instance]:
        """The same for several instances."""
        seen: dict[str, Instance] = {}

        def there() -> bool:
            seen.clear()
            seen.update(self.instances())
            chosen = [seen.get(name) for name in names]
            return all(one and one["state"] == state and reason in one["reason"] for one in chosen)

        said = f"{sorted(names)} should be {state}, {reason!r}"
        wait_until(there, seconds, lambda: f"{said}: {json.dumps(seen, indent=1)}", pause=0.3)
        return seen

    def lose_the_runner(self, instance: str) -> None:
        """Make an instance want a new runner now."""
        self.run(f"docker rm --force {self.instances()[instance]['runner']}")

    def main_pid(self, instance: str) -> int:
        """The process of an instance's launcher."""
        return int(self.run(f"systemctl show --property=MainPID --value {unit(instance)}"))

    def containers(self) -> set[str]:
        """The names of all runner containers, running or not."""
        label = "io.github.socialgouv.actions-runner.instance"
        return set(self.run(f"docker ps --all --filter label={label} --format '{{{{.Names}}}}'").split())

    def journal(self, instance: str, since: float) -> list[str]:
        """What an instance has said since a moment."""
        return self.run(f"journalctl --quiet --output=cat --unit={unit(instance)} --since=@{int(since)}").splitlines()
