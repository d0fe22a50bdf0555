# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A pool's options become exactly the pool that the launcher reads, and bad ones are named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.socialgouv.actions_runner.plugins.module_utils import _hygiene
from ansible_collections.socialgouv.actions_runner.plugins.module_utils._failure import Failure
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import hygiene_policy
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.steps import runner_unit

HYGIENE: dict[str, Any] = {
    "enabled": True,
    "scope": "leftovers",
    "keep": [],
    "min_age": 3600,
    "max_age": 604800,
    "disk_mark": 80,
    "calendar": "hourly",
}


def test_the_default_hygiene_is_the_launchers_own() -> None:
    """What a host does without a policy file, it does with one that nobody has changed."""
    assert runner_unit.to_hygiene(HYGIENE) == _hygiene.Wanted(hygiene_policy.Policy())


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"min_age": 0}, "min_age is 0: it takes seconds"),
        ({"max_age": -1}, "max_age is -1: it takes seconds"),
        ({"disk_mark": 0}, "disk_mark is 0: it takes per cent"),
        ({"disk_mark": 101}, "disk_mark is 101"),
        ({"keep": ["a", ""]}, "keep has an empty name"),
    ],
)
def test_a_bad_option_of_the_hygiene_is_named(given: dict[str, Any], said: str) -> None:
    """Before anything is written."""
    with pytest.raises(Failure, match=said):
        runner_unit.to_hygiene({**HYGIENE, **given})


def test_metrics_go_into_a_folder_that_is_there(tmp_path: Path) -> None:
    """Nobody would miss them before they are needed. In check mode, whoever makes the folder may only have said so."""
    assert runner_unit.metrics_path("") == ""
    assert runner_unit.metrics_path(f"{tmp_path}/runners.prom") == f"{tmp_path}/runners.prom"
    missing = f"{tmp_path}/none/runners.prom"
    assert runner_unit.metrics_path(missing, check_mode=True) == missing
    with pytest.raises(Failure, match=r"the host has no folder .*/none for metrics_path"):
        runner_unit.metrics_path(missing)
    with pytest.raises(Failure, match="is not the path of metrics: write it like"):
        runner_unit.metrics_path("runners.prom", check_mode=True)
