# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the control node: only what is ours, offline and idle is pruned, and waiting has an end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.socialgouv.actions_runner.plugins.module_utils._failure import Failure
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.errors import Trouble
from ansible_collections.socialgouv.actions_runner.plugins.plugin_utils import _registrations

MARK = "01234567"
OURS = f"default-host-1-{MARK}0000aa"


def one(number: int = 1, name: str = OURS, **changes: Any) -> dict[str, Any]:
    return {"id": number, "name": name, "status": "offline", "busy": False, **changes}


class GitHub:
    """GitHub's list over time, and what DELETE answers."""

    def __init__(self, *lists: list[dict[str, Any]], delete: Any = True):
        self.lists = list(lists)
        self.deleted: list[int] = []
        self._delete = delete

    def runners(self) -> Iterator[dict[str, Any]]:
        yield from self.lists.pop(0) if len(self.lists) > 1 else self.lists[0]

    def delete_runner(self, runner_id: int) -> bool:
        self.deleted.append(runner_id)
        if isinstance(self._delete, Trouble):
            raise self._delete
        return bool(self._delete)


def prune(
    github: GitHub, marks: list[str], keep: list[str], check_mode: bool = False, among: list[str] | None = None
) -> list[dict[str, Any]]:
    return _registrations.prune(github, marks, keep, among, check_mode)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("runner", "marks", "keep", "pruned"),
    [
        (one(), [MARK], [], True),
        (one(), ["76543210", MARK], [], True),
        (one(), [], [], False),
        (one(), ["76543210"], [], False),
        (one(), [MARK], [OURS], False),
        (one(status="online"), [MARK], [], False),
        (one(busy=True), [MARK], [], False),
        (one(name="somebody"), [MARK], [], False),
        (one(name=f"x{OURS}y"), [MARK], [], False),
    ],
)
@pytest.mark.parametrize("check_mode", [False, True])
def test_only_ours_that_are_dead_are_pruned(
    runner: dict[str, Any], marks: list[str], keep: list[str], pruned: bool, check_mode: bool
) -> None:
    """Each condition alone saves a registration; check mode tells the same and deletes nothing."""
    github = GitHub([runner])
    assert prune(github, marks, keep, check_mode) == ([runner] if pruned else [])
    assert github.deleted == ([1] if pruned and not check_mode else [])


@pytest.mark.parametrize(("among", "pruned"), [(None, 1), ([OURS], 1), ([], 0), (["another"], 0)])
def test_a_runner_that_was_registered_meanwhile_is_not_taken_for_dead(among: list[str] | None, pruned: int) -> None:
    """It is offline too: only what an earlier list had may go."""
    assert len(prune(GitHub([one()]), [MARK], [], among=among)) == pruned


@pytest.mark.parametrize(("delete", "said"), [(False, "gone already"), (Trouble("busy", "has a job"), "busy")])
def test_what_was_not_removed_is_not_reported(delete: Any, said: str) -> None:
    """Neither what was gone already nor what has a job after all."""
    assert prune(GitHub([one()], delete=delete), [MARK], []) == [], said


def test_a_trouble_is_not_hidden() -> None:
    """A token that may not delete is an error."""
    with pytest.raises(Trouble, match="forbidden"):
        prune(GitHub([one()], delete=Trouble("forbidden", "forbidden")), [MARK], [])


class Time:
    """A clock that goes on when somebody sleeps."""

    now = 0.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def clock(self) -> float:
        return self.now


def test_waiting_ends_when_all_are_online() -> None:
    """The named ones count, and only they are given."""
    time = Time()
    other = one(9, "other")
    github = GitHub([other], [one(), other], [one(status="online"), other])
    found = _registrations.wait_online(github, [OURS], 60, time.sleep, time.clock)  # type: ignore[arg-type]
    assert found == [one(status="online")]
    assert time.now < 10


def test_waiting_has_an_end_that_names_who_is_missing() -> None:
    """With what GitHub shows in the result."""
    time = Time()
    with pytest.raises(Failure, match="not online at GitHub after 60 s: b") as caught:
        _registrations.wait_online(
            GitHub([one(1, "a", status="online"), one(2, "b")]),  # type: ignore[arg-type]
            ["a", "b"],
            60,
            time.sleep,
            time.clock,
        )
    assert 60 <= time.now <= 63
    assert len(caught.value.facts["runners"]) == 2


@pytest.mark.parametrize(("wanted", "names"), [([], ["a", "b"]), (["b"], ["b"]), (["c"], [])])
def test_all_or_the_named_ones_are_listed(wanted: list[str], names: list[str]) -> None:
    """An empty list of names means everybody."""
    github = GitHub([one(1, "a"), one(2, "b")])
    assert [found["name"] for found in _registrations.listed(github, wanted)] == names  # type: ignore[arg-type]
