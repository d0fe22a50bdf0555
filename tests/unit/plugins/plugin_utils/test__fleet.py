# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One document tells how the fleet is: each host in one word, and what is amiss, once."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.socialgouv.actions_runner.plugins.plugin_utils import _fleet
from ansible_collections.socialgouv.actions_runner.tests.unit.plugins.plugin_utils.fleet_kit import (
    NEW,
    NOW,
    OLD,
    image,
    info,
    instance,
    pool,
)


def described(**hosts: dict[str, Any]) -> dict[str, Any]:
    return _fleet.document(hosts, NOW)


@pytest.mark.parametrize(
    ("told", "status", "reason"),
    [
        (info(instance()), "serving", ""),
        (info(instance("1", "starting"), instance("2", "draining")), "serving", ""),
        (info(), "empty", "no instance"),
        (info(instance("1", "stopped"), drained=True, drain_reason="new disk"), "drained", "new disk"),
        (info(instance("1", "waiting"), instance("2")), "troubled", "1 of 2 instances do not serve"),
        (info(instance("1", "stopped")), "troubled", "1 of 1"),
        # One that was scaled away is not missed.
        (info(instance("1"), instance("2", "stopped", enabled=False)), "serving", ""),
        (info(instance("1", "sealed", reason="seal it")), "sealed", "seal it"),
        # After a reboot, before the instances have noticed.
        (
            info(instance("1", "starting"), pools=[pool(sealed=True, sealed_reason="another key")]),
            "sealed",
            "another key",
        ),
        (info(drained=True, pools=[pool(sealed=True, sealed_reason="another key")]), "sealed", "another key"),
        (info(instance(), pools=[pool(sealed=None, sealed_reason="Docker is down")]), "serving", ""),
        ({"msg": "no disk left"}, "failed", "no disk left"),
        ({"msg": "not in time", "instances": [instance()]}, "failed", "not in time"),
        ({"unreachable": True, "msg": "ssh: no route"}, "failed", "ssh: no route"),
        ({}, "unknown", "it was not reached"),
        # What a module that brought the instances about returns.
        ({"instances": [instance()], "changed": True}, "serving", ""),
    ],
)
def test_a_host_is_one_word_and_a_reason(told: dict[str, Any], status: str, reason: str) -> None:
    """The worst first."""
    [host] = described(a=told)["hosts"]
    assert host["status"] == status
    assert reason in host["reason"]
    # The page of the states tells what it means.
    assert status in _fleet.MEANINGS


def findings(**hosts: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(one["level"], one["host"], one["text"]) for one in described(**hosts)["findings"]]


def test_where_all_is_well_nothing_is_amiss() -> None:
    """A finding is a call for somebody to do something."""
    assert findings(a=info(instance("1"), instance("2", "busy", job="build")), b=info(instance())) == []


@pytest.mark.parametrize(
    ("told", "level", "said"),
    [
        (info(instance("1", "sealed", reason="another key")), "bad", "sealed: another key: run the playbook unseal"),
        (info(instance(), drained=True, drain_reason="new disk"), "note", "drained: new disk"),
        (
            info(*(instance(str(one), "waiting", reason="GitHub refused the token (401)") for one in (1, 2, 3, 5))),
            "bad",
            "1-3, 5 waiting: GitHub refused the token (401)",
        ),
        ({"msg": "no route"}, "bad", "failed: no route"),
        (info(instance("1", image_id=OLD)), "warn", "1 run an image that is 55 days old"),
        (info(instance("1", image_id=OLD), instance("2")), "warn", "1 run an older image than others"),
    ],
)
def test_what_is_amiss_is_said_with_the_remedy(told: dict[str, Any], level: str, said: str) -> None:
    """Instances with the same trouble together."""
    found = findings(a=told)
    assert [one for one in found if one[0] == level and said in one[2]], found


def test_images_and_launchers_are_compared_over_the_whole_fleet() -> None:
    """What is newest somewhere is what the others should have; another image's pool is not compared."""
    found = described(
        a=info(instance("1", image_id=OLD), launcher="0.9.0"),
        b=info(instance("1", image_id=NEW), launcher="0.10.0"),
        c=info(instance("1", image_id=OLD), pools=[pool(image="ghcr.io/acme/other:1")], launcher="0.10.0"),
    )
    assert [one["instances"][0]["image_behind"] for one in found["hosts"]] == [True, False, False]
    assert [one["host"] for one in found["findings"] if "launcher 0.9.0, others have 0.10.0" in one["text"]] == ["a"]


def test_ages_are_counted_by_the_hosts_own_clock() -> None:
    """A host whose clock is wrong shows no job of yesterday."""
    late = NOW.timestamp() - 86400
    [host] = described(a=info(instance(since=late - 5, until=late + 7), now=late))["hosts"]
    assert (host["instances"][0]["seconds"], host["instances"][0]["retry_seconds"]) == (5, 7)


def test_a_job_is_told_of_only_while_it_runs() -> None:
    """The name of the last one is of no interest to anybody."""
    [host] = described(a=info(instance("1", "idle", job="old"), instance("2", "draining", job="now")))["hosts"]
    assert [one["job"] for one in host["instances"]] == [None, "now"]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ([], ""),
        (["1"], "1"),
        (["1", "2", "3", "5", "9", "10"], "1-3, 5, 9-10"),
        (["gpu-1", "gpu-2", "gpu-4"], "gpu-1-2, gpu-4"),
        (["1", "gpu-2", "gpu-3", "big-gpu-4"], "1, gpu-2-3, big-gpu-4"),
    ],
)
def test_neighbours_are_drawn_together(names: list[str], expected: str) -> None:
    """Forty instances are no forty names."""
    assert _fleet.span(names) == expected


def test_text_from_a_job_cannot_draw_on_a_terminal() -> None:
    """No escape sequence, no new line, no turned direction."""
    hostile = "\x1b[2J\r\nfake\u202egpj\x9b31m"
    assert _fleet.printable(hostile) == "\\x1b[2J\\x0d\\x0afake\\x202egpj\\x9b31m"
    [host] = described(a=info(instance("1", "busy", job=hostile), drained=True, drain_reason=hostile))["hosts"]
    assert "\x1b" not in str(host) + host["reason"]


@pytest.mark.parametrize(("told", "expected"), [("2.338.0", "2.338.0"), (None, "2.337.0")])
def test_the_runner_knows_its_version_better_than_its_image(told: str | None, expected: str) -> None:
    """The label is what is left where the runner has not said it."""
    [host] = described(a=info(instance(runner_version=told)))["hosts"]
    assert host["instances"][0]["runner_version"] == expected


def test_instances_come_in_the_order_of_people() -> None:
    """Ten after nine."""
    [host] = described(a=info(*(instance(one) for one in ("10", "9", "gpu-2", "1"))))["hosts"]
    assert [one["name"] for one in host["instances"]] == ["1", "9", "10", "gpu-2"]


@pytest.mark.parametrize("created", [None, "", "yesterday"])
def test_an_image_without_a_date_is_not_old(created: str | None) -> None:
    """Nor of an age at all."""
    [host] = described(a=info(instance(), images=[image(created=created)]))["hosts"]  # type: ignore[arg-type]
    assert (host["instances"][0]["image_age_days"], host["instances"][0]["image_old"]) == (None, False)
