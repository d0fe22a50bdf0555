# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What modules say of check mode, diff mode and idempotence, once."""

from __future__ import annotations


class ModuleDocFragment:
    """Fragments for the modules of this collection."""

    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying target.
    support: full
  diff_mode:
    description: Returns details on what has changed, or possibly needs changing, in diff mode.
  idempotent:
    description: When run twice in a row outside check mode, with the same arguments, the second run shows no change.
    support: full
  platform:
    description: Target operating systems.
    support: full
    platforms: linux
"""

    INFO = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode). This module never modifies anything.
    support: full
  diff_mode:
    description: Returns details on what has changed, or possibly needs changing, in diff mode.
    support: N/A
    details: This module never modifies anything.
  idempotent:
    description: When run twice in a row outside check mode, with the same arguments, the second run shows no change.
    support: N/A
    details: This module never modifies anything.
  platform:
    description: Target operating systems.
    support: full
    platforms: linux
"""

    ACTION_GROUP = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/socialgouv.actions_runner.all) in C(module_defaults) to set defaults for this module.
    support: full
    membership:
      - socialgouv.actions_runner.all
"""
