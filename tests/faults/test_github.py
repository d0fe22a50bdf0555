# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""GitHub in trouble: each answer ends in the right state with the right wait, and nothing is left behind."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from faults_kit.github import GitHub
from faults_kit.host import Host, unit

JIT = "generate-jitconfig"


@pytest.mark.parametrize(
    ("kind", "options", "reason"),
    [
        ("status", {"status": 401}, "GitHub refused the token (401): seal a valid one"),
        ("status", {"status": 403}, "GitHub does not let this token manage runners (403)"),
        ("status", {"status": 404}, "GitHub shows this token no runners of acme (404)"),
        ("status", {"status": 409}, "GitHub already has a runner of that name (409)"),
        ("status", {"status": 422}, "GitHub refused the request (422)"),
        ("status", {"status": 429, "retry_after": 3600}, "GitHub's rate limit is used up (429)"),
        ("status", {"status": 503}, "GitHub cannot serve now (503)"),
        ("drop", {}, "api.github.com cannot be reached"),
        ("portal", {}, "https://api.github.com gave no GitHub answer (200): look at the proxy or the network"),
    ],
    ids=lambda one: str(one.get("status", "")) if isinstance(one, dict) else None,
)
def test_an_answer_that_is_no_help(
    host: Host, github: GitHub, caused: Callable[[int], None], kind: str, options: dict[str, Any], reason: str
) -> None:
    """It is shown with its remedy; asked again seldom; a reload asks at once, and the instance is well again."""
    github.fault(kind, path="/actions/runners", **options)
    caused(1)
    host.lose_the_runner("1")
    shown = host.wait_for("1", "waiting", reason)
    if "retry_after" in options:
        assert shown["until"] - time.time() >= options["retry_after"] - 60
    # How often the instance has asked meanwhile: never in a storm.
    before = len(github.requests())
    time.sleep(2)
    assert len(github.requests()) - before <= 8
    github.clear()
    host.run(f"systemctl reload {unit('1')}")
    host.wait_for("1", "idle", seconds=20)


def test_github_is_away_for_a_while(host: Host, github: GitHub, caused: Callable[[int], None]) -> None:
    """Jobs go on, idle runners stay, and what had to wait comes back by itself."""
    job = github.submit(10)
    busy = job.wait_for_work()
    github.fault("status", status=503)
    caused(1)
    gone = set(sorted(set("1234") - {busy})[:2])
    for instance in gone:
        host.lose_the_runner(instance)
    host.wait_for_all(gone, "waiting", "GitHub cannot serve now (503)")
    github.clear()
    host.wait_for_all(gone, "idle", seconds=60)
    job.wait_for_end()


def test_a_runner_that_is_too_old_waits_for_another_image(
    host: Host, github: GitHub, caused: Callable[[int], None]
) -> None:
    """Exit code 7: no other runner of that image is tried; another image under the same name ends it."""
    image = "ghcr.io/socialgouv/actions-runner:master"
    github.fault("status", status=403, path="/_runner/session", count=1)
    caused(1)
    host.lose_the_runner("4")
    host.wait_for("4", "outdated", "GitHub finds this runner too old: pull a newer image")
    asked = len(github.requests())
    host.run(f"systemctl reload {unit('4')}; sleep 2")
    assert host.instances()["4"]["state"] == "outdated"
    assert len(github.requests()) == asked
    host.run(
        f"docker tag {image} kept; docker create --name other {image} true; docker commit other {image}\n"
        f"docker rm other; systemctl reload {unit('4')}"
    )
    host.wait_for("4", "idle")
    host.run(f"docker tag kept {image}; docker image rm kept; systemctl reload {unit('4')}")
    host.wait_for("4", "idle")


def test_the_answer_to_a_registration_is_lost(host: Host, github: GitHub, caused: Callable[[int], None]) -> None:
    """GitHub made the runner, the host never heard of it: it is found by its name and removed."""
    before = len(github.requests())
    github.fault("drop", path=JIT, count=1)
    caused(1)
    host.lose_the_runner("2")
    host.wait_for("2", "idle")
    made = [one for one in github.requests()[before:] if one["path"].endswith(JIT)]
    assert [one["status"] for one in made] == [None, 201]
    assert set(github.runners()) == {one["runner"] for one in host.instances().values()}


def test_a_slow_github_is_waited_for(host: Host, github: GitHub, caused: Callable[[int], None]) -> None:
    """Ten seconds are GitHub's own limit: an answer that comes so late is an answer."""
    github.fault("slow", seconds=10, path=JIT, count=1)
    caused(1)
    host.lose_the_runner("3")
    host.wait_for("3", "starting")
    host.wait_for("3", "idle", seconds=40)
