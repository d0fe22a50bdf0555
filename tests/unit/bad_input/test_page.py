# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of wrong inputs has each case, and nothing on it that differs from run to run."""

from __future__ import annotations

from pathlib import Path

import pytest
from bad_input_kit import cases, page

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs" / "reference" / "bad-input.md"


def rows(text: str) -> list[str]:
    """What is wrong, line by line, as the page has it."""
    return [line.split(" | ")[0].removeprefix("| ") for line in text.splitlines() if line.startswith("| ")]


def test_the_page_has_every_case() -> None:
    """Whoever adds one has it provoked: `make molecule SCENARIO=bad_input` writes the page."""
    groups = cases.load()
    empty = {group.title: dict.fromkeys((case.wrong for case in group.cases), "said") for group in groups}
    assert rows(PAGE.read_text()) == rows(page.render(groups, empty))


def test_there_are_as_many_as_was_promised() -> None:
    assert sum(len(group.cases) for group in cases.load()) >= 40


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Validation of arguments failed:\nx is wrong", "x is wrong"),
        ("cannot pull x@sha256:" + "a" * 64, "cannot pull x@ID"),
        ("lookup on 172.17.0.1:53 from 127.0.0.1:40123", "lookup on 192.0.2.1:53 from 127.0.0.1:PORT"),
        ("which shows 2031-02-03 04:05 UTC", "which shows 2026-11-25 12:00 UTC"),
        ("on bed-host1", "on ci1"),
        ("to 127.0.0.1:9", "to 127.0.0.1:9"),
        ("x" * 500, "x" * page.LONGEST + "..."),
    ],
)
def test_what_differs_from_run_to_run_is_not_on_it(said: str, shown: str) -> None:
    assert page.tidy(said, {"bed-host1": "ci1"}) == shown


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("", "nothing was said"),
        ("one\ntwo", "not one line"),
        ("Traceback (most recent call last):", "not one line"),
        ("the token is ghp_secret", "tells a secret"),
    ],
)
def test_what_is_no_message_for_a_person_is_refused(said: str, why: str) -> None:
    with pytest.raises(page.BadMessage, match=why):
        page.tidy(said, {}, ("ghp_secret",))


def test_a_message_breaks_no_table() -> None:
    group = cases.Group(title="T", kind="check", cases=[cases.Case(wrong="a | b")])
    assert "| a \\| b | use \\<x\\> |" in page.render([group], {"T": {"a | b": "use <x>"}})


def test_a_case_that_is_written_wrongly_is_named(tmp_path: Path) -> None:
    good = "title: T\nkind: check\ncases: [{wrong: a}]\n"
    (tmp_path / "1.yml").write_text(good)
    assert cases.load(tmp_path)[0].cases == [cases.Case(wrong="a")]
    for wrong in (
        good.replace("check", "guess"),
        good.replace("wrong", "wrnog"),
        good.replace("{wrong: a}", "{wrong: a}, {wrong: a}"),
    ):
        (tmp_path / "1.yml").write_text(wrong)
        with pytest.raises(cases.BadCase, match=r"^1\.yml: "):
            cases.load(tmp_path)
