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

from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import files, pool, state, status
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
    head, line = status.table({"instances": [one]}, now=NOW).splitlines()
    assert head.split() == ["INSTANCE", "STATE", "SINCE", "RUNNER", "WHY"]
    assert re.split(r"  +", line) == ["1", "waiting", shown, "-", "why (tries again in 60 s)"]
    assert [line.index(cell) for cell in ("waiting", "why")] == [head.index(cell) for cell in ("STATE", "WHY")]


def test_an_empty_host_says_so() -> None:
    """No empty table."""
    assert status.table({"instances": []}) == "no instance has run here since the host started\n"
