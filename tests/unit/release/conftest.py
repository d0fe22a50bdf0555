# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make what tools/release is made of importable, as that program does; build the archive once for all."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tools"))

from release_kit import building
from release_kit.checkout import Checkout


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive of the checkout as it stands."""
    folder = tmp_path_factory.mktemp("release")
    checkout = Checkout(ROOT)
    checkout.copy(folder / "copy")
    return building.build(checkout, folder / "copy", folder)
