# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a runner prints reaches the journal whole and harmless, and its own few sentences are understood."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import output

STAMP = "2026-11-24T10:00:00.123456789Z"
# What may turn a terminal's text around or clear its screen.
DIRECTION = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def piece(text: str, stamp: str = STAMP) -> bytes:
    return f"{stamp} {text}".encode()


@pytest.mark.parametrize(
    ("text", "event", "subject"),
    [
        ("2026-11-24 10:00:00Z: Listening for Jobs", "listening", None),
        ("2026-11-24 10:00:00Z: Running job: build", "running", "build"),
        ("2026-11-24 10:00:00Z: Running job: build (a, b): c", "running", "build (a, b): c"),
        ("2026-11-24 10:00:00Z: Job build completed with result: Succeeded", "completed", "Succeeded"),
        ("2026-11-24 10:00:00Z: Job a completed with result: b completed with result: Failed", "completed", "Failed"),
        # With ACTIONS_RUNNER_PRINT_LOG_TO_STDOUT the same words come once more in a trace line.
        (
            "[RUNNER 2026-11-24 10:00:00Z INFO Terminal] WRITE LINE: 2026-11-24 10:00:00Z: Listening for Jobs",
            None,
            None,
        ),
        ("Listening for Jobs", None, None),
        (" 2026-11-24 10:00:00Z: Listening for Jobs", None, None),
        ("2026-11-24 10:00:00Z: Listening for Jobs, says the job", None, None),
        ("√ Connected to GitHub", None, None),
        ("", None, None),
    ],
)
def test_the_runners_sentences_are_understood(text: str, event: str | None, subject: str | None) -> None:
    """Only whole lines with the runner's own time in front count."""
    assert output.parse(text) == output.Line(text, event, subject)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J\x1b]0;owned\x07", "\\x1b[2J\\x1b]0;owned\\x07"),
        ("one\rtwo", "one\\x0dtwo"),
        ("one\ntwo", "one\\x0atwo"),
        ("\x00\x7f\x9b", "\\x00\\x7f\\x9b"),
        ("\u202eevil\u2069", "\\x202eevil\\x2069"),
        ("tab\tand é √ 日本", "tab\tand é √ 日本"),
    ],
)
def test_what_could_fool_a_terminal_is_made_visible(text: str, shown: str) -> None:
    """A hostile job cannot steer the terminal of who reads the journal, nor fake a second line in it."""
    assert output.parse(text).text == shown


@given(st.lists(st.binary(max_size=200), max_size=6))
def test_no_bytes_make_an_unprintable_line(pieces: list[bytes]) -> None:
    """Whatever is printed, each line is one line of text without control characters, and can be encoded."""
    reader = output.Output()
    for line in filter(None, map(reader.feed, pieces)):
        assert "\n" not in line.text
        assert not {one for one in line.text if unicodedata.category(one) == "Cc" and one != "\t"}
        assert not DIRECTION & set(line.text)
        line.text.encode()


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=300), st.lists(st.integers(0, 300), max_size=4))
def test_a_line_in_pieces_is_the_line(text: str, cuts: list[int]) -> None:
    """Docker cuts long lines and puts the time in front of each piece: the journal gets the line as it was printed."""
    text = text.replace("\n", " ")
    bounds = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    parts = [text[start:end] for start, end in zip(bounds, bounds[1:])]
    reader = output.Output()
    lines = [
        reader.feed(piece(part + ("\n" if last else ""))) for part, last in zip(parts, [*[False] * len(cuts), True])
    ]
    assert lines[:-1] == [None] * len(cuts)
    assert lines[-1] == output.parse(text.rstrip("\r"))


def test_a_line_without_an_end_is_not_collected_for_ever() -> None:
    """A job that prints no newline does not grow the launcher: the line is cut at 64 KiB."""
    reader = output.Output()
    shown = [line for line in (reader.feed(piece("x" * 16384)) for _unused in range(64)) if line]
    assert len(shown) == 16
    assert max(len(line.text) for line in shown) <= 64 * 1024


@pytest.mark.parametrize(
    ("data", "since"),
    [
        (piece("hello\n"), "1795514400.123456790"),
        (piece("x\n", "2026-11-24T10:00:00.999999999Z"), "1795514401.000000000"),
        (piece("x\n", "2026-11-24T10:00:00Z"), "1795514400.000000001"),
        (b"no time in front\n", "17.5"),
        (b"\xff\xfe\n", "17.5"),
    ],
)
def test_reading_goes_on_just_after_the_last_piece(data: bytes, since: str) -> None:
    """After an interruption nothing is lost and nothing printed twice; a broken time moves nothing."""
    reader = output.Output("17.5")
    reader.feed(data)
    assert reader.since == since
