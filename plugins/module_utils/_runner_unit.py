# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Install what the host needs to run instances: the launcher, its units, and the pool files."""

from __future__ import annotations

import os
from typing import Any

from . import _host_files, _program, _units
from ._systemd import Systemd
from .launcher.paths import Paths
from .launcher.pool import Pool


def ensure(
    paths: Paths, systemd: Systemd, pools: list[Pool], python: str, check_mode: bool, metrics_path: str = ""
) -> dict[str, Any]:
    """Bring every file about; gives ``changed``, ``actions``, ``diff``. Raises OSError, Failure."""
    actions: list[str] = []
    diffs: list[dict[str, Any]] = []

    def write(wanted: _host_files.HostFile) -> bool:
        diff = _host_files.ensure(wanted, check_mode)
        if diff is None:
            return False
        actions.append(f"Wrote {wanted.path}")
        diffs.append(diff)
        return True

    write(_host_files.HostFile(paths.program, _program.build(python), 0o755, shown=False))
    if _link(paths.program, paths.command, check_mode):
        actions.append(f"Linked {paths.command}")
    for pool in pools:
        write(_host_files.HostFile(paths.pool(pool.name), pool.dump().encode()))
    units = [
        write(_host_files.HostFile(os.path.join(paths.units, name), text.encode()))
        for name, text in _units.texts(paths, metrics_path).items()
    ]
    unwanted = [timer for timer in _units.timers("all") if timer not in _units.timers(metrics_path)]
    actions += _disable(paths, systemd, unwanted, check_mode)
    units += [
        _gone(os.path.join(paths.units, name), actions, check_mode)
        for name in _units.names()
        if name not in _units.texts(paths, metrics_path)
    ]
    if any(units):
        actions.append("Reloaded systemd")
        if not check_mode:
            systemd.call("daemon-reload")
    for timer in _units.timers(metrics_path):
        if not systemd.is_on(timer):
            actions.append(f"Enabled {timer}")
            if not check_mode:
                systemd.call("enable", "--now", timer)
    return {"changed": bool(actions), "actions": actions, "diff": diffs}


def remove(paths: Paths, systemd: Systemd, check_mode: bool) -> dict[str, Any]:
    """Remove it all again; the instances must be gone before. Raises OSError, Failure."""
    actions = _disable(paths, systemd, _units.timers("all"), check_mode)
    units = [os.path.join(paths.units, name) for name in _units.names()]
    pools = [os.path.join(paths.pools, name) for name in _files_in(paths.pools)]
    gone = [path for path in [*units, *pools, paths.command, paths.program] if _host_files.remove(path, check_mode)]
    actions += [f"Removed {path}" for path in gone]
    if set(gone) & set(units):
        actions.append("Reloaded systemd")
        if not check_mode:
            systemd.call("daemon-reload")
    return {"changed": bool(actions), "actions": actions, "diff": []}


def _disable(paths: Paths, systemd: Systemd, timers: list[str], check_mode: bool) -> list[str]:
    on = [timer for timer in timers if os.path.exists(os.path.join(paths.units, timer)) and systemd.is_on(timer)]
    if on and not check_mode:
        systemd.call("disable", "--now", *on)
    return [f"Disabled {timer}" for timer in on]


def _gone(path: str, actions: list[str], check_mode: bool) -> bool:
    removed = _host_files.remove(path, check_mode)
    if removed:
        actions.append(f"Removed {path}")
    return removed


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
    return sorted(os.listdir(directory)) if os.path.isdir(directory) else []
