# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the bed tells its user when it cannot go on."""

from __future__ import annotations


class BedError(Exception):
    """One sentence that says what is wrong and what helps; shown without a traceback."""
