# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Have the hygiene of a host done by a timer, with a policy of its own."""

from __future__ import annotations

import os
from typing import Any, NamedTuple

from . import _host_files, _units
from ._failure import Failure
from ._systemd import RunCommand, Systemd
from .launcher import hygiene_policy
from .launcher.paths import Paths

TIMER = "github-runner-hygiene.timer"
SERVICE = "github-runner-hygiene.service"

_SERVICE = """\
# Managed by Ansible: socialgouv.actions_runner.runner_unit
[Unit]
Description=Remove what jobs of GitHub Actions runners have left in Docker
Documentation=https://github.com/SocialGouv/actions-runner
After=docker.service

[Service]
Type=oneshot
ExecStart={program} hygiene
StateDirectory=github-runner
StateDirectoryMode=0700
SyslogIdentifier=github-runner
# The disk of the runners' host has better things to do.
Nice=10
IOSchedulingClass=idle
{sandbox}# Docker's socket is all that it talks to.
PrivateNetwork=yes
RestrictAddressFamilies=
RestrictAddressFamilies=AF_UNIX
"""

_TIMER = """\
# Managed by Ansible: socialgouv.actions_runner.runner_unit
[Unit]
Description=Remove what jobs of GitHub Actions runners have left in Docker

[Timer]
OnCalendar={calendar}
# Hosts that share a disk or a registry must not all clean up at once.
RandomizedDelaySec=15min
Persistent=yes

[Install]
WantedBy=timers.target
"""


class Wanted(NamedTuple):
    """The hygiene as it shall be."""

    policy: hygiene_policy.Policy
    enabled: bool = True
    calendar: str = "hourly"


def texts(paths: Paths, calendar: str) -> dict[str, str]:
    """The units' texts, by their file names. Pure."""
    service = _SERVICE.format(program=paths.program, sandbox=_units.SANDBOX)
    return {SERVICE: service, TIMER: _TIMER.format(calendar=calendar)}


class Hygiene:
    """The policy file, the service and its timer, on one host."""

    def __init__(self, paths: Paths, run_command: RunCommand, check_mode: bool):
        self._paths = paths
        self._run_command = run_command
        self._systemd = Systemd(run_command, paths)
        self._check_mode = check_mode
        self._actions: list[str] = []
        self._diffs: list[dict[str, Any]] = []

    def check(self, wanted: Wanted) -> None:
        """See whether systemd understands it. Raises Failure."""
        code, _out, _err = self._run_command(["systemd-analyze", "calendar", wanted.calendar])
        if code:
            raise Failure(f"the calendar of hygiene is {wanted.calendar!r}: write it like hourly or '*-*-* 03:00'")

    def ensure(self, wanted: Wanted) -> dict[str, Any]:
        """Bring it about; gives ``changed``, ``actions``, ``diff``. Raises OSError, Failure."""
        self._write(self._paths.hygiene, wanted.policy.dump())
        units = [
            self._write(os.path.join(self._paths.units, name), text)
            for name, text in texts(self._paths, wanted.calendar).items()
        ]
        is_on = self._systemd.is_on(TIMER)
        off = [TIMER] if wanted.enabled and not is_on else []
        self._actions += [*(["Reloaded systemd"] if any(units) else []), *(f"Enabled {unit}" for unit in off)]
        if (any(units) or off) and not self._check_mode:
            self._systemd.turn_on(*off)
        if wanted.enabled and is_on and any(units):
            self._do(f"Restarted {TIMER}", "restart", TIMER)
        elif is_on and not wanted.enabled:
            self._do(f"Disabled {TIMER}", "disable", "--now", TIMER)
        return self._result()

    def remove(self) -> dict[str, Any]:
        """Remove it all again; gives the same. Raises OSError, Failure."""
        if self._systemd.is_on(TIMER):
            self._do(f"Disabled {TIMER}", "disable", "--now", TIMER)
        if not self._check_mode and os.path.exists(os.path.join(self._paths.units, SERVICE)):
            self._systemd.call("stop", SERVICE)
        units = [os.path.join(self._paths.units, name) for name in (SERVICE, TIMER)]
        files = [*units, self._paths.hygiene, self._paths.unused_images]
        gone = [path for path in files if _host_files.remove(path, self._check_mode)]
        self._actions += [f"Removed {path}" for path in gone]
        if set(gone) & set(units):
            self._do("Reloaded systemd", "daemon-reload")
        if not self._check_mode:
            self._systemd.forget_failures(SERVICE)
        return self._result()

    def _write(self, path: str, text: str) -> bool:
        diff = _host_files.ensure(_host_files.HostFile(path, text.encode()), self._check_mode)
        if diff is not None:
            self._actions.append(f"Wrote {path}")
            self._diffs.append(diff)
        return diff is not None

    def _do(self, action: str, *command: str) -> None:
        self._actions.append(action)
        if not self._check_mode:
            self._systemd.call(*command)

    def _result(self) -> dict[str, Any]:
        return {"changed": bool(self._actions), "actions": self._actions, "diff": self._diffs}
