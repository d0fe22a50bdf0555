# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the properties are tried: the same examples each time, and no deadline on a loaded machine."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("collection", deadline=None, derandomize=True, database=None)
settings.load_profile("collection")
