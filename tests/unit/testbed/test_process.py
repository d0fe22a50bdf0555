# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands end: well, with a sentence that says what went wrong, or when their time is over."""

from __future__ import annotations

import time

import pytest

from bed.errors import BedError
from bed.process import run
from bed.waiting import wait_until


def test_what_a_command_prints_is_returned() -> None:
    assert run(["cat"], input=b"hello") == "hello"


def test_a_failure_says_what_the_command_said_last() -> None:
    with pytest.raises(BedError, match=r"failed \(3\): no such thing"):
        run(["sh", "-c", "echo noise; echo no such thing >&2; exit 3"])


def test_a_missing_command_is_named_with_the_remedy() -> None:
    with pytest.raises(BedError, match="`no-such-command-here` is missing: `testbed up`"):
        run(["no-such-command-here"])


def test_a_command_that_does_not_end_is_ended() -> None:
    began = time.monotonic()
    with pytest.raises(BedError, match=r"did not end within 0\.2 s"):
        run(["sleep", "60"], timeout=0.2)
    assert time.monotonic() - began < 5


def test_a_wait_ends_with_its_reason() -> None:
    with pytest.raises(BedError, match="the moon is not blue"):
        wait_until(lambda: False, 0.05, lambda: "the moon is not blue", pause=0.01)


def test_a_wait_asks_at_least_once() -> None:
    wait_until(lambda: True, 0, lambda: "never said")
