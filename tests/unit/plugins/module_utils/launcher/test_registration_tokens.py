# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A registration token is fetched once for all instances of a pool, for as long as it serves."""

from __future__ import annotations

import dataclasses
import stat
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import pool, registration_tokens
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.errors import Trouble
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.paths import Paths

POOL = pool.Pool("default", "https://github.com/acme", "runner:1", ("self-hosted",), registration="token")
#: As GitHub writes it: https://docs.github.com/rest/actions/self-hosted-runners.
HOUR_LATER = "2020-01-22T12:13:35.123-08:00"
BEGIN = 1_579_724_015 - 3600


class GitHub:
    """Gives another token each time, and counts."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self) -> dict[str, Any]:
        self.asked += 1
        return {"token": f"TOKEN{self.asked}", "expires_at": HOUR_LATER}


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    (tmp_path / "run").mkdir()
    return Paths(str(tmp_path))


def get(paths: Paths, fetch: Any, after: float = 0, config: pool.Pool = POOL, signature: str = "s") -> str:
    return registration_tokens.shared(paths, config, signature, fetch, lambda: BEGIN + after)


def test_one_is_used_until_ten_minutes_before_its_end(paths: Paths) -> None:
    """A container that was just made must still have the time to register."""
    github = GitHub()
    assert [get(paths, github, after) for after in (0, 1, 2999)] == ["TOKEN1"] * 3
    assert get(paths, github, 3001) == "TOKEN2"


@pytest.mark.parametrize(
    "other",
    [
        {"config": dataclasses.replace(POOL, url="https://github.com/globex")},
        {"signature": "sealed anew"},
        {"config": dataclasses.replace(POOL, name="gpu")},
    ],
)
def test_it_serves_only_what_it_was_made_for(paths: Paths, other: dict[str, Any]) -> None:
    """Another URL, another credential and another pool have one of their own."""
    github = GitHub()
    get(paths, github)
    assert get(paths, github, **other) == "TOKEN2"


def test_it_is_roots_alone(paths: Paths) -> None:
    """The file and its folder."""
    get(paths, GitHub())
    path = Path(paths.registration_token("default"))
    assert [stat.S_IMODE(one.stat().st_mode) for one in (path, path.parent)] == [0o600, 0o700]


@pytest.mark.parametrize("content", ["", "damaged", "[]", '{"token": "OLD"}'])
def test_what_cannot_be_used_is_replaced(paths: Paths, content: str) -> None:
    """Also what others could have read."""
    get(paths, GitHub())
    path = Path(paths.registration_token("default"))
    path.write_text(content)
    assert get(paths, GitHub()) == "TOKEN1"
    path.chmod(0o644)
    github = GitHub()
    get(paths, github)
    assert github.asked == 1


def test_one_that_did_not_serve_is_not_given_again(paths: Paths) -> None:
    """GitHub may withdraw it; forgetting twice harms nobody."""
    github = GitHub()
    get(paths, github)
    for _unused in range(2):
        registration_tokens.forget(paths, POOL)
    assert get(paths, github) == "TOKEN2"


def test_instances_that_start_together_ask_once(paths: Paths) -> None:
    """However slow GitHub is."""
    github = GitHub()

    def slow() -> dict[str, Any]:
        time.sleep(0.2)
        return github()

    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(get(paths, slow))) for _unused in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (set(found), github.asked) == ({"TOKEN1"}, 1)


@pytest.mark.parametrize("document", [{}, {"token": "x"}, {"token": "x", "expires_at": "tomorrow"}])
def test_an_answer_that_cannot_be_read_is_a_trouble(paths: Paths, document: dict[str, Any]) -> None:
    """And nothing is kept of it."""
    with pytest.raises(Trouble, match="cannot be read"):
        get(paths, lambda: document)
    assert not Path(paths.registration_token("default")).exists()


def test_githubs_trouble_is_passed_on(paths: Paths) -> None:
    """The lock goes with it."""

    def fails() -> dict[str, Any]:
        raise Trouble("forbidden", "no")

    with pytest.raises(Trouble, match="no"):
        get(paths, fails)
    assert get(paths, GitHub()) == "TOKEN1"
