# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The terminal's table is short where all is well, and says what is not."""

from __future__ import annotations

import pytest

from ansible_collections.socialgouv.actions_runner.plugins.plugin_utils import _fleet, _fleet_table
from ansible_collections.socialgouv.actions_runner.tests.unit.plugins.plugin_utils.fleet_kit import (
    NOW,
    info,
    instance,
    pool,
)


def test_the_whole_table() -> None:
    """Alike instances share a row, each job has its own, and a host that is amiss says it first."""
    fleet = _fleet.document(
        {
            "ci1": info(
                instance("1"),
                instance("2", "busy", job="build", since=NOW.timestamp() - 7300),
                instance("3"),
                instance("4", "waiting", reason="GitHub cannot serve now (503)", until=NOW.timestamp() + 30),
            ),
            "ci2": info(instance("1", "stopped", since=None), drained=True, drain_reason="new disk"),
            "ci3": {"msg": "ssh: no route to host"},
        },
        NOW,
    )
    assert [(row.text, row.level) for row in _fleet_table.rows(fleet)] == [
        ("HOST  POOL     INSTANCES  STATE    SINCE  WHY", "good"),
        ("ci1   default  1, 3       idle     90 s", "good"),
        ("ci1   default  2          busy     2 h    job build", "good"),
        ("ci1   default  4          waiting  90 s   GitHub cannot serve now (503) (tries again in 30 s)", "warn"),
        ("ci2   -        -          drained  -      new disk", "warn"),
        ("ci2   default  1          stopped  -", "warn"),
        ("ci3   -        -          failed   -      ssh: no route to host", "bad"),
        ("", "good"),
        ("3 hosts (1 drained, 1 failed, 1 troubled), 5 instances (1 busy, 2 idle, 1 stopped, 1 waiting)", "good"),
    ]


def test_pools_are_told_apart() -> None:
    """Also where their instances are in the same state."""
    fleet = _fleet.document({"a": info(instance("1"), instance("gpu-1"), pools=[pool(), pool("gpu")])}, NOW)
    assert [row.text.split()[1:3] for row in _fleet_table.rows(fleet)[1:3]] == [["default", "1"], ["gpu", "gpu-1"]]


def test_a_long_reason_is_cut() -> None:
    """A table is no log."""
    rows = _fleet_table.rows(_fleet.document({"a": {"msg": "x" * 1000}}, NOW))
    assert max(len(row.text) for row in rows) < 220


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(None, "-"), (0, "0 s"), (119.9, "119 s"), (120, "2 m"), (7199, "119 m"), (7200, "2 h"), (172800, "2 d")],
)
def test_a_duration_has_one_unit(seconds: float | None, expected: str) -> None:
    """The one in which its number is not small."""
    assert _fleet_table.duration(seconds) == expected
