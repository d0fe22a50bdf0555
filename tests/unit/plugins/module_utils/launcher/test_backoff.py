# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An instance never storms: it waits longer and longer, never shorter than it was asked to, and not in step."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import backoff

FAILURES = st.integers(0, 10_000)
CHANCE = st.floats(0, 1, exclude_max=True)
ASKED = st.floats(0, 10**6)


@given(failures=FAILURES, lasting=st.booleans(), chance=CHANCE)
def test_a_wait_is_bounded_both_ways(failures: int, lasting: bool, chance: float) -> None:
    """Never less than half of the first step, so nothing storms; never more than the cap, so it always comes back."""
    seconds = backoff.delay(failures, lasting=lasting, rng=lambda: chance)
    first = backoff.LASTING if lasting else backoff.FIRST
    assert first / 2 <= seconds <= backoff.LONGEST


@given(failures=FAILURES, lasting=st.booleans(), chance=CHANCE, asked=st.floats(0, backoff.LONGEST_ASKED))
def test_what_the_other_side_asked_for_is_never_undercut(
    failures: int, lasting: bool, chance: float, asked: float
) -> None:
    """Retry-After is a lower bound, whatever the jitter and however few failures there were."""
    assert backoff.delay(failures, lasting=lasting, retry_after=asked, rng=lambda: chance) >= asked


@given(failures=FAILURES, chance=CHANCE, asked=ASKED)
def test_nobody_can_make_an_instance_wait_for_ever(failures: int, chance: float, asked: float) -> None:
    """A mad Retry-After is cut to little more than GitHub's longest, an hour."""
    assert backoff.delay(failures, retry_after=asked, rng=lambda: chance) <= backoff.LONGEST_ASKED * 1.2


@given(failures=st.integers(1, 100), lasting=st.booleans(), chance=CHANCE)
def test_more_failures_never_wait_less(failures: int, lasting: bool, chance: float) -> None:
    """With the same luck the next wait is at least as long."""
    before, after = (backoff.delay(n, lasting=lasting, rng=lambda: chance) for n in (failures, failures + 1))
    assert after >= before


@pytest.mark.parametrize("retry_after", [None, 60.0, 3600.0])
@pytest.mark.parametrize("failures", [1, 3, 20])
def test_the_jitter_spreads_a_fleet(failures: int, retry_after: float | None) -> None:
    """A hundred instances that failed together come back over a tenth of the wait or more, not at once."""
    waits = [backoff.delay(failures, retry_after=retry_after, rng=lambda luck=n / 100: luck) for n in range(100)]
    assert max(waits) - min(waits) >= 0.1 * max(waits)
    assert len(set(waits)) == 100


@given(outage=st.floats(30, 3600), retry_after=st.sampled_from([None, 30.0]), seed=st.integers())
@settings(max_examples=50)
def test_a_fleet_does_not_come_back_all_at_once(outage: float, retry_after: float | None, seed: int) -> None:
    """Sixty-four instances that GitHub left at one moment: in no second after its return do more than half ask.

    And each of them asks within the longest wait.
    """
    luck = random.Random(seed)
    returns = []
    for _instance in range(64):
        now, failures = 0.0, 0
        while now < outage:
            failures += 1
            now += backoff.delay(failures, retry_after=retry_after, rng=luck.random)
        returns.append(now - outage)
    assert max(Counter(map(int, returns)).values()) <= 32
    assert max(returns) <= backoff.LONGEST


@given(st.integers(1, 8))
def test_the_default_luck_is_random(failures: int) -> None:
    """Without a given source two instances do not wait alike."""
    assert len({backoff.delay(failures) for _unused in range(5)}) > 1
