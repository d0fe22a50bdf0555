# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes down what each host's first failed task says, and what tasks warn of, as JSON in the file BAD_INPUT_HEARD."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):
    """What a person would read, host by host."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "heard"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._failed: dict[str, str] = {}
        self._warned: dict[str, list[str]] = {}

    def v2_runner_on_ok(self, result: Any) -> None:
        self._hear(result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        self._hear(result)
        self._failed.setdefault(result._host.get_name(), str(result._result.get("msg", "")))

    def v2_runner_on_unreachable(self, result: Any) -> None:
        self._failed.setdefault(result._host.get_name(), str(result._result.get("msg", "")))

    def _hear(self, result: Any) -> None:
        for warning in result._result.get("warnings") or ():
            self._warned.setdefault(result._host.get_name(), []).append(str(warning))

    def v2_playbook_on_stats(self, stats: Any) -> None:
        document = {"failed": self._failed, "warned": self._warned}
        Path(os.environ["BAD_INPUT_HEARD"]).write_text(json.dumps(document), encoding="utf-8")
