# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the checkout importable as ``ansible_collections.socialgouv.actions_runner``, whatever its folder is called.

``ansible-test units`` has an importer of its own for that, and is left to it.
"""

from __future__ import annotations

import importlib.util
import sys
import types
from pathlib import Path

COLLECTION = "ansible_collections.socialgouv.actions_runner"
CHECKOUT = Path(__file__).resolve().parents[1]


def _is_importable(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def _mount(name: str, folder: Path) -> None:
    """Stand ``name`` and its parents up as packages, the last of them holding what ``folder`` holds."""
    parts = name.split(".")
    for depth in range(1, len(parts) + 1):
        package = types.ModuleType(".".join(parts[:depth]))
        package.__path__ = [str(folder)] if depth == len(parts) else []
        sys.modules[package.__name__] = package


if not _is_importable(COLLECTION):
    _mount(COLLECTION, CHECKOUT)
