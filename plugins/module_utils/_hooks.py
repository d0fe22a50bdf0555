# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The operator's scripts that a runner runs before and after each job, as files on the host. Pure.

The runner waits for a hook without an end (actions/runner, docs/adrs/1751), so that each is wrapped in a time-out.
"""

from __future__ import annotations

import os
from typing import NamedTuple

from ._failure import Failure
from ._host_files import HostFile
from .launcher import pool
from .launcher.paths import Paths

_WRAPPER = """\
#!/bin/bash
# Managed by Ansible: socialgouv.actions_runner.runner_unit
# With exit code 0 the job goes on, with any other it fails.
code=0
timeout --kill-after=5 {timeout} "${{0%.sh}}" "$@" || code=$?
if [[ $code == 124 || $code == 137 ]]; then
    echo "::error::the {hook} hook of this runner was ended: it has {timeout} seconds"
fi
exit "$code"
"""


class Hooks(NamedTuple):
    """A pool's hooks: the text of each script, by its moment, and the seconds that each may take."""

    scripts: dict[str, str]
    timeout: int = 60

    def check(self) -> None:
        """Raises Failure where a script would not run."""
        for moment, text in self.scripts.items():
            if not text.startswith("#!"):
                raise Failure(f"{moment}_hook is no script: it begins with #! and its interpreter in the image")
        if self.timeout < 1:
            raise Failure(f"hook_timeout is {self.timeout}: it takes a number of seconds, 1 or more")

    @property
    def moments(self) -> tuple[str, ...]:
        """Those that there are, in the order of a job."""
        return tuple(moment for moment in pool.HOOKS if moment in self.scripts)

    def files(self, paths: Paths, name: str) -> list[HostFile]:
        """The files of the pool ``name``: each script, and the wrapper that the runner is told."""
        folder = paths.hooks(name)
        found = []
        for moment in self.moments:
            wrapper = _WRAPPER.format(timeout=self.timeout, hook=moment.replace("_", "-"))
            found.append(HostFile(os.path.join(folder, moment), self.scripts[moment].encode(), 0o755))
            found.append(HostFile(os.path.join(folder, f"{moment}.sh"), wrapper.encode(), 0o755))
        return found
