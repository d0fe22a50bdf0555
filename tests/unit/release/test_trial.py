# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What galaxy-importer finds is noticed, and a user's control node has nothing of a developer's."""

from __future__ import annotations

from pathlib import Path

import pytest
from release_kit import trial


def test_a_finding_of_galaxy_importer_is_told_from_what_it_does() -> None:
    """It ends well with warnings, which Galaxy shows to everybody."""
    said = "\n".join(
        [
            "Loading module errors",
            "WARNING: No changelog found.",
            "ERROR: The import failed for the following reason: No role readme found.",
            "Importer processing completed successfully",
        ]
    )
    assert trial.findings(said) == said.splitlines()[1:3]
    assert trial.findings("Loading module WARNINGS\nImporter processing completed successfully") == []


def test_the_control_node_finds_no_ansible_but_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor the collections, settings and tools of whoever makes the release."""
    for name in (
        "ANSIBLE_CONFIG",
        "ANSIBLE_COLLECTIONS_PATH",
        "ANSIBLE_VAULT_PASSWORD_FILE",
        "PYTHONPATH",
        "VIRTUAL_ENV",
    ):
        monkeypatch.setenv(name, "/somewhere")
    node = trial.ControlNode(tmp_path / "root", tmp_path / "node")
    assert not [name for name, value in node.environment.items() if "/somewhere" in value]
    assert node.environment["PATH"].split(":")[0] == str(tmp_path / "node" / "venv" / "bin")
    assert node.environment["ANSIBLE_COLLECTIONS_PATH"] == str(tmp_path / "node" / "collections")
