# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a module cannot do, as a sentence that names the remedy. Only ``main`` turns it into ``fail_json``."""

from __future__ import annotations

from typing import Any


class Failure(Exception):
    """A failure for the user; ``facts`` go into the module's result beside the message."""

    def __init__(self, message: str, **facts: Any):
        super().__init__(message)
        self.facts = facts
