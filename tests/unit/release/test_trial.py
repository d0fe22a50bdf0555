# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What galaxy-importer finds is noticed, and a user's control node has nothing of a developer's."""

from __future__ import annotations

from pathlib import Path

import pytest
from release_kit import trial
from release_kit.steps import Failed, run


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


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A test bed that only writes down what it is told, and a Docker that tells what the file `runs` says, if any."""
    for name, does in (("testbed", f'echo "$*" >>{tmp_path}/told'), ("docker", f"cat {tmp_path}/runs")):
        (tmp_path / name).write_text(f"#!/bin/sh\n{does}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    return tmp_path


def told(commands: Path) -> list[str]:
    return (commands / "told").read_text().splitlines()


@pytest.mark.parametrize(("runs", "says"), [("", ["up --bare", "down"]), ("0123456789ab\n", ["up --bare"])])
def test_only_a_bed_that_was_not_up_is_taken_down(commands: Path, runs: str, says: list[str]) -> None:
    """Whoever works with one goes on with it."""
    (commands / "runs").write_text(runs)
    with trial.host(commands / "testbed", commands):
        pass
    assert told(commands) == says


def test_it_is_taken_down_after_a_fault_too(commands: Path) -> None:
    """Here on a machine whose Docker did not answer before."""
    with pytest.raises(Failed, match="the playbook"), trial.host(commands / "testbed", commands):
        raise Failed("the playbook")
    assert told(commands) == ["up --bare", "down"]


def test_what_failed_is_named_with_the_end_of_what_it_said(tmp_path: Path) -> None:
    """And with the place of all of it."""
    with pytest.raises(Failed, match=r"(?s)^sh ended with 3:\n.*line 99\nAll of it: .*log$") as caught:
        run(["sh", "-c", "seq -f 'line %g' 99; exit 3"], cwd=tmp_path, log=tmp_path / "log")
    assert "line 9\n" not in str(caught.value)
    assert (tmp_path / "log").read_text().startswith("line 1\n")
