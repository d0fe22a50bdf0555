# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which launcher is on the disk. Apart from the launcher's life, so that a module that asks needs no more of it."""

from __future__ import annotations

from . import files
from .paths import Paths


def program_signature(paths: Paths) -> str:
    """What changes when the launcher or its unit is replaced."""
    return repr(files.signature(paths.program, paths.unit))
