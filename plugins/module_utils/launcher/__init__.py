# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The program that keeps the runners of a host: zipped as it stands into github-runner.pyz.

Standard library only, relative imports only, Python 3.9 or newer, nothing of Ansible. The modules of the collection
import its pure parts (names, paths, pool, sealed, scope, github), so that what the control node and the host must agree
on stands in one place.
"""

from __future__ import annotations

VERSION = "0.1.0"
