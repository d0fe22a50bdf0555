# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table is printed, files are written only where they were asked for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleActionFail

from ansible_collections.socialgouv.actions_runner.tests.unit.plugins.plugin_utils.fleet_kit import info, instance


def test_without_files_nothing_changes(run_action: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """The table and the notes go to the terminal, and nothing is run on a host."""
    result, ran = run_action("fleet_report", hosts={"ci1": info(instance())}, notes=["All is \x1bwell."])
    assert (result["changed"], ran, result["written"]) == (False, [], [])
    shown = capsys.readouterr().out
    assert result["table"][1] in shown
    assert "All is \\x1bwell." in shown
    assert result["fleet"]["counts"]["serving"] == 1


@pytest.mark.parametrize("check_mode", [False, True])
def test_json_and_page_are_written_whole(run_action: Any, tmp_path: Path, check_mode: bool) -> None:
    """In check mode it says so and writes nothing."""
    places = {"json": str(tmp_path / "fleet.json"), "html": str(tmp_path / "fleet.html")}
    result, _ran = run_action("fleet_report", check_mode=check_mode, hosts={"ci1": info(instance())}, **places)
    assert result["changed"]
    assert result["written"] == list(places.values())
    if check_mode:
        assert list(tmp_path.iterdir()) == []
    else:
        assert sorted(one.name for one in tmp_path.iterdir()) == ["fleet.html", "fleet.json"]
        assert json.loads((tmp_path / "fleet.json").read_text()) == result["fleet"]
        assert (tmp_path / "fleet.html").read_text().startswith("<!doctype html>")


def test_a_file_that_cannot_be_written_is_named(run_action: Any, tmp_path: Path) -> None:
    """One line."""
    with pytest.raises(AnsibleActionFail, match=r"nowhere/fleet\.html cannot be written: No such file or directory"):
        run_action("fleet_report", hosts={}, html=str(tmp_path / "nowhere" / "fleet.html"))
