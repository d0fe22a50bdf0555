# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""systemd, asked through systemctl."""

from __future__ import annotations

import os
import re
from typing import Callable, NamedTuple

from ._failure import Failure
from .launcher import names
from .launcher.paths import Paths

# How a module runs a command: AnsibleModule.run_command, or a test's stand-in.
RunCommand = Callable[[list[str]], "tuple[int, str, str]"]


class Unit(NamedTuple):
    """An instance's unit."""

    instance: str
    enabled: bool
    active: str  #: systemd's ActiveState

    @property
    def runs(self) -> bool:
        """Whether it runs or is about to."""
        return self.active in ("active", "activating", "reloading")

    @property
    def ended(self) -> bool:
        """Whether it has no process any more."""
        return self.active in ("inactive", "failed")

    @property
    def remains(self) -> bool:
        """Whether it runs or will, still ends, or has left a job running."""
        return self.enabled or self.active != "inactive"


class Systemd:
    """The host's system manager."""

    def __init__(self, run_command: RunCommand, paths: Paths):
        self._run_command = run_command
        self._paths = paths

    def instances(self) -> dict[str, Unit]:
        """Every instance that is enabled or known to systemd, by its name."""
        active: dict[str, str] = {}
        listed = self._systemctl("show", "--property=Id,ActiveState", names.UNIT.format("*"))
        for block in re.split(r"\n\s*\n", listed):
            properties = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
            instance = names.parse_unit(properties.get("Id", ""))
            if instance:
                active[instance] = properties.get("ActiveState", "inactive")
        enabled = self._enabled()
        return {name: Unit(name, name in enabled, active.get(name, "inactive")) for name in sorted({*active, *enabled})}

    def call(self, verb: str, *arguments: str) -> None:
        """Run systemctl for its effect. Raises Failure."""
        self._systemctl(verb, *arguments)

    def turn_on(self, *units: str) -> None:
        """Have units run now and at each boot, their files new or not, with one reload for all. Raises Failure."""
        if units:
            self._systemctl("enable", "--no-reload", *units)
        self._systemctl("daemon-reload")
        if units:
            self._systemctl("start", *units)

    def forget_failures(self, *units: str) -> None:
        """Let no unit be shown as failed that is no more. Raises Failure."""
        failed = [unit for unit in units if self._run_command(["systemctl", "is-failed", "--quiet", unit])[0] == 0]
        if failed:
            self._systemctl("reset-failed", *failed)

    def stop_empty_slice(self, name: str) -> None:
        """Stop a slice that no unit is in. Raises Failure."""
        if name not in self._systemctl("show", "--property=Slice", "--value", "*").split():
            self._systemctl("stop", name)

    def is_on(self, unit: str) -> bool:
        """Whether a unit is enabled and active."""
        code, _out, _err = self._run_command(["systemctl", "is-enabled", "--quiet", unit])
        if code:
            return False
        code, _out, _err = self._run_command(["systemctl", "is-active", "--quiet", unit])
        return code == 0

    def _systemctl(self, *arguments: str) -> str:
        code, out, err = self._run_command(["systemctl", *arguments])
        if code:
            said = " ".join((err or out).split())
            raise Failure(f"systemctl {arguments[0]} failed: {said or 'exit code ' + str(code)}")
        return out

    def _enabled(self) -> set[str]:
        """systemctl does not list enabled instances that are not loaded: their links tell."""
        try:
            links = os.listdir(os.path.join(self._paths.units, "multi-user.target.wants"))
        except FileNotFoundError:
            return set()
        return {instance for instance in map(names.parse_unit, links) if instance}
