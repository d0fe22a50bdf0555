# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Install what the host needs to run instances: the launcher, its units, and the pool files."""

from __future__ import annotations

import os
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from . import _firewall, _hooks, _host_files, _program, _units
from ._systemd import RunCommand, Systemd
from .launcher import files
from .launcher.paths import Paths
from .launcher.pool import Pool


class Wanted(NamedTuple):
    """What a host shall have."""

    pools: list[Pool]
    python: str = "/usr/bin/python3"
    policy: _firewall.Policy = _firewall.Policy()
    share: _units.Share = _units.Share()
    metrics_path: str = ""
    hooks: Mapping[str, _hooks.Hooks] = MappingProxyType({})  #: by pool


class RunnerUnit:
    """The launcher, its units and pool files, on one host."""

    def __init__(self, paths: Paths, run_command: RunCommand, check_mode: bool):
        self._paths = paths
        self._run_command = run_command
        self._systemd = Systemd(run_command, paths)
        self._check_mode = check_mode
        self._actions: list[str] = []
        self._diffs: list[dict[str, Any]] = []

    def ensure(self, wanted: Wanted) -> dict[str, Any]:
        """Bring every file about; gives ``changed``, ``actions``, ``diff``. Raises OSError, Failure."""
        rules = _firewall.rules(wanted.policy)
        _units.check(wanted.share)
        _firewall.check(self._check_mode)
        for hooks in wanted.hooks.values():
            hooks.check()
        paths = self._paths
        self._write(_host_files.HostFile(paths.program, _program.build(wanted.python), 0o755, shown=False))
        if _link(paths.program, paths.command, self._check_mode):
            self._actions.append(f"Linked {paths.command}")
        # Before the pool files, which tell the launcher that they are there.
        for name, of_pool in wanted.hooks.items():
            for file in of_pool.files(paths, name):
                self._write(file)
        for pool in wanted.pools:
            self._write(_host_files.HostFile(paths.pool(pool.name), pool.dump().encode()))
        # A script that no pool file names any more stays, and goes with its pool (see retirement): the containers that
        # there are call it, and so would those of a pool file that is gone back to.
        metrics = self._metrics_path()
        new_rules = self._write(_host_files.HostFile(paths.firewall, rules.encode()))
        texts = _units.texts(paths, wanted.metrics_path, wanted.share)
        units = {
            name: self._write(_host_files.HostFile(os.path.join(paths.units, name), text.encode()))
            for name, text in texts.items()
        }
        timers = _units.timers(wanted.metrics_path)
        self._disable(*(timer for timer in _units.timers("all") if timer not in timers))
        unwanted = [self._remove(os.path.join(paths.units, name)) for name in _units.names() if name not in texts]
        off = [unit for unit in (_units.FIREWALL, *timers) if not self._systemd.is_on(unit)]
        new = any(units.values()) or any(unwanted)
        self._actions += [*(["Reloaded systemd"] if new else []), *(f"Enabled {unit}" for unit in off)]
        if (new or off) and not self._check_mode:
            self._systemd.turn_on(*off)
        # When nothing writes it any more: it would tell for ever how things stood.
        if metrics and metrics != wanted.metrics_path:
            self._remove(metrics)
        if units[_units.SLICE] and not self._check_mode:
            # A daemon-reload reads new limits, and sets them with the next change only.
            self._systemd.call("try-restart", _units.SLICE)
        if _units.FIREWALL not in off and (new_rules or not _firewall.is_loaded(self._run_command)):
            self._do("Loaded the firewall", "reload", _units.FIREWALL)
        return {"changed": bool(self._actions), "actions": self._actions, "diff": self._diffs}

    def remove(self) -> dict[str, Any]:
        """Remove it all again; the instances must be gone before. Raises OSError, Failure."""
        paths = self._paths
        metrics = self._metrics_path()
        self._disable(*_units.timers("all"), _units.FIREWALL)
        ending = [_units.SERVICE, _units.METRICS_SERVICE, _units.TARGET, _units.SLICE]
        present = [unit for unit in ending if os.path.exists(os.path.join(paths.units, unit))]
        if present and not self._check_mode:
            self._systemd.call("stop", *present)
            # The slice's name made systemd put it into a slice of the first half of it.
            self._systemd.stop_empty_slice(_units.PARENT_SLICE)
        units = [os.path.join(paths.units, name) for name in _units.names()]
        ours = [
            *units,
            *([metrics] if metrics else []),
            *_files_in(paths.pools),
            *_files_in(paths.hooks_dir),
            paths.firewall,
            paths.command,
            paths.program,
        ]
        gone = [path for path in ours if self._remove(path)]
        if set(gone) & set(units):
            self._do("Reloaded systemd", "daemon-reload")
        if not self._check_mode:
            self._systemd.forget_failures(*ending, _units.FIREWALL)
        return {"changed": bool(self._actions), "actions": self._actions, "diff": []}

    def _metrics_path(self) -> str | None:
        """Where the metrics are written to until now."""
        return _units.metrics_path(files.read(os.path.join(self._paths.units, _units.METRICS_SERVICE)) or "")

    def _write(self, wanted: _host_files.HostFile) -> bool:
        diff = _host_files.ensure(wanted, self._check_mode)
        if diff is None:
            return False
        self._actions.append(f"Wrote {wanted.path}")
        self._diffs.append(diff)
        return True

    def _disable(self, *units: str) -> None:
        for unit in units:
            if os.path.exists(os.path.join(self._paths.units, unit)) and self._systemd.is_on(unit):
                self._do(f"Disabled {unit}", "disable", "--now", unit)

    def _remove(self, path: str) -> bool:
        removed = _host_files.remove(path, self._check_mode)
        if removed:
            self._actions.append(f"Removed {path}")
        return removed

    def _do(self, action: str, *command: str) -> None:
        self._actions.append(action)
        if not self._check_mode:
            self._systemd.call(*command)


def _link(target: str, link: str, check_mode: bool) -> bool:
    if os.path.islink(link) and os.readlink(link) == target:
        return False
    if not check_mode:
        beside = f"{link}.new"
        _host_files.remove(beside, check_mode)
        os.makedirs(os.path.dirname(link), exist_ok=True)
        os.symlink(target, beside)
        os.replace(beside, link)
    return True


def _files_in(directory: str) -> list[str]:
    """The files in a directory and below."""
    return sorted(os.path.join(folder, name) for folder, _folders, inside in os.walk(directory) for name in inside)
