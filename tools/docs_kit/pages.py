# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The generated pages. They are committed, so that they can be read without building anything."""

from __future__ import annotations

from pathlib import Path

from . import command_line, files, metrics, playbooks, states


def generate(root: Path) -> dict[Path, str]:
    """The text of every generated page, by its path below ``root``."""
    launcher = root / "plugins" / "module_utils" / "launcher"
    reference = Path("docs", "reference")
    return {
        reference / "playbooks.md": playbooks.page(root / "playbooks"),
        reference / "command-line.md": command_line.page(),
        reference / "states.md": states.page(launcher),
        reference / "metrics.md": metrics.page(),
        reference / "host.md": files.page(launcher),
    }
