# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""systemctl and nft, in memory: what is enabled, active and loaded, and what systemctl was told."""

from __future__ import annotations

from pathlib import Path
from typing import Callable

from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.paths import Paths

_FIREWALL = "github-runner-firewall.service"


class Systemctl:
    """Called as a module calls ``run_command``."""

    def __init__(self, paths: Paths):
        self.told: list[list[str]] = []
        self.active: dict[str, str] = {}
        self.slices = ["system.slice"]  #: those that units are in
        self.failing: dict[str, str] = {}  #: by verb, what it says on standard error
        self.on: Callable[[str, list[str]], None] = lambda _verb, _units: None
        self.rules_flushed = False  #: by hand, behind the back of the firewall's unit
        self._wants = Path(paths.units, "multi-user.target.wants")
        self._others: set[str] = set()

    def __call__(self, command: list[str]) -> tuple[int, str, str]:
        if command[0] == "nft":
            assert command[1:] == ["list", "table", "inet", "github_runner"]
            return (1 if self.rules_flushed or self.active.get(_FIREWALL) != "active" else 0), "", ""
        assert command[0] == "systemctl"
        verb, units = command[1], [one for one in command[2:] if not one.startswith("--")]
        if verb in self.failing:
            return 1, "", self.failing[verb]
        if verb == "show" and "--property=Slice" in command:
            return 0, "\n".join(self.slices), ""
        if verb == "show":
            blocks = [f"Id={unit}\nActiveState={state}\n" for unit, state in self.active.items() if "@" in unit]
            return 0, "\n".join(blocks), ""
        if verb == "is-enabled":
            return (0 if units[0] in self._others else 1), "", ""
        if verb == "is-active":
            return (0 if self.active.get(units[0]) == "active" else 3), "", ""
        if verb == "is-failed":
            return (0 if self.active.get(units[0]) == "failed" else 1), "", ""
        self.told.append(command[1:])
        self._do(verb, units, "--now" in command)
        self.on(verb, units)
        return 0, "", ""

    def instances(self, *instances: str, active: str = "active", enabled: bool = True) -> None:
        """Instances that are there from before."""
        units = [f"github-runner@{instance}.service" for instance in instances]
        self.active.update(dict.fromkeys(units, active))
        if enabled:
            self._do("enable", units, False)

    def _do(self, verb: str, units: list[str], now: bool) -> None:
        for unit in units:
            link = self._wants / unit
            if verb == "enable" and "@" in unit:
                self._wants.mkdir(parents=True, exist_ok=True)
                link.symlink_to("unit")
            elif verb == "disable" and "@" in unit:
                link.unlink()
            elif verb in ("enable", "disable"):
                (self._others.add if verb == "enable" else self._others.discard)(unit)
            if verb == "start" or (verb == "enable" and now):
                self.active[unit] = "active"
            if verb == "disable" and now:
                self.active.pop(unit, None)
            if verb in ("start", "reload", "enable") and unit == _FIREWALL:
                self.rules_flushed = False
            if verb == "stop":
                self.active[unit] = "deactivating"
