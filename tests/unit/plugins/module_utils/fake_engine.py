# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Docker, as far as it tells whether a container runs, and ends one."""

from __future__ import annotations

from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.engine import EngineUnavailable


class Engine:
    """An Engine and the containers that run in it."""

    def __init__(self, *running: str):
        self.running = set(running)
        self.down = False

    def runs(self, container: str) -> bool:
        """As the launcher's Engine."""
        if self.down:
            raise EngineUnavailable("Docker does not answer")
        return container in self.running

    def stop(self, container: str, _seconds: int) -> None:
        """As the launcher's Engine."""
        self.running.remove(container)
