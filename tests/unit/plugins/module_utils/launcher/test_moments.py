# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Docker's moments keep their nanoseconds, on which depends whether a line is shown once or twice."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import moments


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T00:00:00.000000001Z", 1),
        ("1970-01-01T00:00:01.5Z", 1_500_000_000),
        ("2026-11-24T10:00:00.123456789Z", 1_795_514_400_123_456_789),
    ],
)
def test_a_moment_is_read_to_the_nanosecond(text: str, expected: int) -> None:
    """A float would lose the last digits."""
    assert moments.nanoseconds(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", "now", "2026-11-24 10:00:00Z", "2026-11-24T10:00:00+01:00", "2026-13-01T00:00:00Z", "2026-01-01T24:00:00Z"],
)
def test_what_is_no_moment_is_refused(text: str) -> None:
    """Nothing is guessed."""
    with pytest.raises(ValueError, match="moment"):
        moments.nanoseconds(text)


@given(st.datetimes(datetime.datetime(1970, 1, 1), datetime.datetime(2200, 1, 1)), st.integers(0, 999))
def test_since_says_the_same_moment(moment: datetime.datetime, nanos: int) -> None:
    """What is asked for with ``since`` is exactly what was read."""
    text = f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond:06d}{nanos:03d}Z"
    seconds, _dot, fraction = moments.since(moments.nanoseconds(text)).partition(".")
    assert int(seconds) * 10**9 + int(fraction) == moments.nanoseconds(text)
    assert fraction == f"{moment.microsecond:06d}{nanos:03d}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("2020-01-22T12:13:35.123-08:00", 1_579_724_015),
        ("2020-01-22T20:13:35Z", 1_579_724_015),
        ("2020-01-22T22:43:35+02:30", 1_579_724_015),
    ],
)
def test_githubs_moments_are_read_in_any_zone(text: str, expected: int) -> None:
    """It writes some with an offset, and some with Z."""
    assert moments.seconds(text) == expected


@pytest.mark.parametrize("text", ["", "tomorrow", "2020-01-22", "2020-01-22T12:13:35"])
def test_what_is_no_moment_of_githubs_is_refused(text: str) -> None:
    """Nothing is guessed."""
    with pytest.raises(ValueError, match="not a moment"):
        moments.seconds(text)


@given(st.datetimes(datetime.datetime(1, 1, 1), datetime.datetime(9999, 1, 1)))
def test_every_day_of_the_calendar_is_counted(moment: datetime.datetime) -> None:
    """Leap years and the ends of months, as the standard library counts them."""
    whole = moment.replace(microsecond=0)
    text = f"{whole.year:04d}-{whole:%m-%dT%H:%M:%S}Z"
    assert moments.nanoseconds(text) == (whole - datetime.datetime(1970, 1, 1)) // datetime.timedelta(seconds=1) * 10**9
