# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The count that the scenario ends with."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Ledger:
    """Faults that were caused, jobs that were begun, jobs that came to their own end."""

    faults: int = 0
    started: int = 0
    finished: int = 0
