# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults begin, concern what they say, and end."""

from __future__ import annotations

import pytest
from github_standin.faults import Faults

REST, RUNNER = "/orgs/acme/actions/runners", "/_runner/message"


@pytest.fixture
def faults(clock):
    return Faults(clock)


def statuses(faults, path=REST):
    return [fault.status for fault in faults.take(path, ("status",))]


def test_it_lasts_as_long_as_it_says(faults, clock):
    faults.add({"kind": "status", "status": 502, "for": 10})
    assert statuses(faults) == [502]
    clock.pass_(10)
    assert statuses(faults) == []


def test_it_counts(faults):
    """Only requests that it concerns are counted."""
    faults.add({"kind": "status", "count": 2, "path": "runners$"})
    assert statuses(faults, "/meta") == []
    assert [statuses(faults) for _three in range(3)] == [[503], [503], []]


def test_it_leaves_the_runners_alone_unless_told(faults):
    """A fault of the REST API does not cut the runners' connections."""
    faults.add({"kind": "status", "status": 500})
    assert (statuses(faults), statuses(faults, RUNNER)) == ([500], [])
    faults.add({"kind": "status", "status": 403, "path": "^/_runner/"})
    assert statuses(faults, RUNNER) == [403]


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"kind": "flood"},
        {"kind": "status", "status": 200},
        {"kind": "status", "path": "("},
        {"kind": "lie-busy", "delete": "200"},
        {"kind": "slow", "weather": "rain"},
        {"kind": "slow", "until": 5},
    ],
)
def test_nonsense_is_refused(faults, document):
    """Nothing half done: the fault is not in force."""
    with pytest.raises(ValueError, match=r"\w"):
        faults.add(document)
    assert faults.active() == []


def test_it_can_be_cleared(faults):
    faults.add({"kind": "drop"})
    faults.clear()
    assert faults.take(REST, ("drop",)) == []
