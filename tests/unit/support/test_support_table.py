# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The README claims to support what was tried, and nothing else."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import support_table

HOST = {
    "release": "Debian 12.15",
    "systemd": "252",
    "docker": "20.10.24",
    "python": "3.11.2",
    "python3-docker": "5.0.3",
    "openssl": "3.0.20",
}
RECORD: dict[str, Any] = {
    "ansible-core": "2.20.10",
    "released": True,
    "python": "3.12.1",
    "openssl": "3.0.20",
    "sanity": {"passed": True},
    "unit": {"passed": True, "tests": 2500},
    "rollout": {"passed": True, "hosts": [HOST]},
    "date": "2026-11-25",
}


def test_the_readme_says_what_the_records_say() -> None:
    """Whoever edits the one without the other is found out: `python tools/support_table.py` mends it."""
    assert support_table.between(support_table.README.read_text()) == support_table.render(support_table.records())


def test_every_supported_release_was_tried_and_passed() -> None:
    """A release that is not blocking may fail, and the table then says so."""
    released = [record for record in support_table.records() if record.get("released")]
    assert [record["ansible-core"].rpartition(".")[0] for record in released] == ["2.19", "2.20", "2.21"]
    assert all(record[part]["passed"] for record in released for part in ("sanity", "unit", "rollout"))


@pytest.mark.parametrize("part", ["sanity", "unit", "rollout"])
def test_what_failed_is_shown(part: str) -> None:
    record = copy.deepcopy(RECORD)
    assert "failed" not in support_table.render([record])
    record[part]["passed"] = False
    assert "**failed**" in support_table.render([record])


def test_a_release_to_come_is_named_as_one() -> None:
    assert "2.20.10 (pre-release)" in support_table.render([{**RECORD, "released": False}])
    assert "pre-release" not in support_table.render([RECORD])
