# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What GitHub knows and what runs here come to agree again, in both directions, and nobody else's runner is touched."""

from __future__ import annotations

import time
from collections.abc import Callable

import requests
from faults_kit.github import GitHub
from faults_kit.host import Host, unit

from bed.waiting import wait_until


def test_github_removes_an_idle_runner(host: Host, github: GitHub, caused: Callable[[int], None]) -> None:
    """As it does after minutes (actions/runner#4726): the next one stands, and no failure is counted."""
    runner = host.instances()["1"]["runner"]
    # Older than what counts as a failed start.
    wait_until(lambda: time.time() - host.instances()["1"]["since"] > 30, 60, lambda: "it is never old enough")
    github.call("DELETE", f"/runners/{github.runners()[runner]['id']}")
    caused(1)
    wait_until(lambda: host.instances()["1"]["runner"] not in (runner, None), 30, lambda: str(host.instances()))
    assert host.wait_for("1", "idle")["failures"] == 0


def test_a_runner_that_listens_to_nobody_is_renewed(host: Host, github: GitHub, caused: Callable[[int], None]) -> None:
    """Its connection is dead and GitHub has it no more: two looks of the reconciler, and another one stands."""
    runner = host.instances()["4"]["runner"]
    host.run(f"docker network disconnect github-runner {runner}")
    github.call("DELETE", f"/runners/{github.runners()[runner]['id']}")
    caused(1)
    wait_until(
        lambda: time.time() - host.instances()["4"]["since"] > 61, 90, lambda: "the instance is never settled", pause=1
    )
    assert host.instances()["4"]["runner"] == runner
    host.run("github-runner reconcile")
    assert host.instances()["4"]["state"] == "idle"
    host.run("github-runner reconcile")
    wait_until(lambda: host.instances()["4"]["runner"] not in (runner, None), 60, lambda: str(host.instances()))
    assert runner not in host.containers()


def test_a_registration_without_a_container_goes_at_the_second_look(
    host: Host, github: GitHub, caused: Callable[[int], None]
) -> None:
    """Ours by its exact mark; another host's, and one that only looks like ours, stay."""
    # POOL-HOST-NUMBER-MARKNONCE: eight and six digits.
    runner = host.instances()["1"]["runner"]
    ours = f"{runner[:-6]}0000aa"
    others = [f"{runner[:-14]}012345670000aa", f"{ours}-x", "somebody-else"]
    made = {}
    for name in (ours, *others):
        made[name] = register(host, name)
        caused(1)
    host.run("github-runner reconcile")
    assert set(made) <= set(github.runners())
    host.run("github-runner reconcile")
    assert set(made) & set(github.runners()) == set(others)
    for name in others:
        github.call("DELETE", f"/runners/{made[name]}")


def register(host: Host, name: str) -> int:
    """A runner that nothing stands for, as somebody with the same token makes it; gives its id."""
    token = (host.state_folder / "token").read_text().strip()
    answer = requests.post(
        "https://api.github.com/orgs/acme/actions/runners/generate-jitconfig",
        json={"name": name, "runner_group_id": 1, "labels": ["never"]},
        headers={"Authorization": f"Bearer {token}"},
        timeout=30,
    )
    answer.raise_for_status()
    return int(answer.json()["runner"]["id"])


def test_a_container_that_nobody_owns_is_removed(host: Host, github: GitHub, caused: Callable[[int], None]) -> None:
    """Its unit was stopped while the launcher was dead: the reconciler buries what has ended, and only that."""
    runner = host.instances()["2"]["runner"]
    host.run(f"systemctl kill --kill-who=main --signal=KILL {unit('2')}; systemctl stop {unit('2')}")
    caused(1)
    host.run("github-runner reconcile")
    assert runner in host.containers(), "it still runs: whose job may be in it?"
    host.run(f"docker stop {runner}; github-runner reconcile")
    assert runner not in host.containers()
    host.run(f"systemctl reset-failed {unit('2')}; systemctl start {unit('2')}; github-runner reconcile")
    wait_until(lambda: runner not in github.runners(), 30, lambda: str(github.runners()))
