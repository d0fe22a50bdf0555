# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``status`` shows every instance, why it waits and for how long, to people and to programs."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import (
    files,
    metrics,
    pool,
    state,
    status,
    tally,
)
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.host import Host
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.paths import Paths

HOST = Host("host", "01234567")
POOL = pool.Pool("default", "https://github.com/acme", "runner:1", ("self-hosted",))
NOW = 1_000_000.0


def collect(root: Path, *states: state.State) -> dict:
    paths = Paths(str(root))
    Path(paths.pools).mkdir(parents=True)
    files.write(paths.pool("default"), POOL.dump().encode(), 0o644)
    for one in states:
        state.write(paths, one)
    return json.loads(status.as_json(status.collect(paths, HOST)))


def test_the_document_for_programs_says_who_and_how(tmp_path: Path) -> None:
    """Host, mark and each instance's state, without what only the launcher needs."""
    document = collect(
        tmp_path, state.State("1", "default", state.IDLE, runner="r", pid=os.getpid(), config=POOL.config)
    )
    assert (document["host"], document["mark"]) == HOST
    [one] = document["instances"]
    assert (one["instance"], one["state"], one["runner"], one["outdated"]) == ("1", "idle", "r", False)
    assert not {"logged", "program"} & set(one)


@pytest.mark.parametrize(
    ("left", "reason", "shown"),
    [(state.IDLE, "", ""), (state.WAITING, "GitHub", ""), (state.FAILED, "the drain timed out", "the drain timed out")],
)
def test_an_instance_whose_launcher_is_gone_is_stopped(tmp_path: Path, left: str, reason: str, shown: str) -> None:
    """An old file does not pretend that something runs; why a drain failed stays to be read."""
    [one] = collect(tmp_path, state.State("1", "default", left, reason=reason, until=NOW, pid=2**22 + 1))["instances"]
    assert (one["state"], one["reason"], one["until"], one["pid"]) == ("stopped", shown, None, 0)


def test_a_container_of_another_configuration_is_outdated(tmp_path: Path) -> None:
    """What runs is compared with the pool file of now."""
    [one] = collect(tmp_path, state.State("1", "default", state.BUSY, config="0", pid=os.getpid()))["instances"]
    assert one["outdated"] is True


@pytest.mark.parametrize(
    ("ago", "shown"), [(0, "0 s"), (-5, "0 s"), (119, "119 s"), (120, "2 m"), (7200, "2 h"), (200_000, "2 d")]
)
def test_the_table_says_since_when_and_why(ago: float, shown: str) -> None:
    """One line an instance, in columns."""
    one = {"instance": "1", "state": "waiting", "since": NOW - ago, "runner": None, "reason": "why", "until": NOW + 60}
    document = {"host": "host", "instances": [{**one, "jobs": 7, "outdated": False}]}
    head, line, _empty, _counts = status.table(document, now=NOW).splitlines()
    assert head.split() == ["INSTANCE", "STATE", "SINCE", "JOBS", "RUNNER", "WHY"]
    assert re.split(r"  +", line) == ["1", "waiting", shown, "7", "-", "why (tries again in 60 s)"]
    assert [line.index(cell) for cell in ("waiting", "why")] == [head.index(cell) for cell in ("STATE", "WHY")]


def instance(number: int, shown: str, **facts: object) -> dict:
    one = {"instance": str(number), "state": shown, "since": NOW, "runner": None, "reason": "", "until": None}
    return {**one, "jobs": 0, "outdated": False, **facts}


def test_the_table_ends_with_how_many_are_how() -> None:
    """The well ones first; what nobody is, is not mentioned."""
    found = [instance(1, "idle"), instance(2, "sealed"), instance(3, "busy"), instance(4, "idle")]
    assert status.table({"host": "ci1", "instances": found}, now=NOW).splitlines()[-1] == (
        "ci1: 4 instances, 2 idle, 1 busy, 1 sealed"
    )


def test_a_runner_of_an_older_configuration_is_named() -> None:
    """Who has changed the pool file sees which instance has not followed yet."""
    found = [instance(1, "busy", reason="job build", outdated=True)]
    line = status.table({"host": "ci1", "instances": found}, now=NOW).splitlines()[1]
    assert line.endswith("job build; another configuration waits for its next runner")


@pytest.mark.parametrize("shown", metrics.STATES)
def test_colours_change_no_column(shown: str) -> None:
    """A terminal shows the same table, with the state in colour."""
    document = {"host": "ci1", "instances": [instance(1, shown, reason="why"), instance(2, "idle")]}
    plain = status.table(document, now=NOW)
    coloured = status.table(document, now=NOW, colours=True)
    assert coloured != plain
    assert re.sub(r"\x1b\[\d*m", "", coloured) == plain


def test_the_jobs_of_an_instance_are_counted(tmp_path: Path) -> None:
    """All results together; an instance that has had none says so."""
    tally.write(Paths(str(tmp_path)), tally.Tally("1", "default", jobs={"succeeded": 3, "failed": 1}))
    states = [state.State(name, "default", state.IDLE, pid=os.getpid()) for name in ("1", "2")]
    assert [one["jobs"] for one in collect(tmp_path, *states)["instances"]] == [4, 0]


def test_an_empty_host_says_so() -> None:
    """No empty table."""
    assert status.table({"instances": []}) == "no instance has run here since the host started\n"
