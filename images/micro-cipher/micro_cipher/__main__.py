# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``python3 -m micro_cipher``."""

from __future__ import annotations

from .life import run
from .server import application

if __name__ == "__main__":
    run(lambda key: application(key.decrypt))
