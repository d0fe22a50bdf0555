# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A drain ends no job, whenever it comes and whatever GitHub says of the runner."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from faults_kit.github import GitHub
from faults_kit.host import Host, unit

from bed.waiting import wait_until

POOL = "/etc/github-runner/pools/default.json"


@contextmanager
def drain_timeout(host: Host, seconds: int) -> Iterator[None]:
    """Another time limit for drains, which needs no other container."""
    host.run(f'cp {POOL} /root/pool.json; sed -i \'s/"drain_timeout": .*,/"drain_timeout": {seconds},/\' {POOL}')
    try:
        yield
    finally:
        host.run(f"mv /root/pool.json {POOL}")


@pytest.mark.parametrize(
    "lie", [None, {}, {"delete": "204"}], ids=["honest", "busy-is-false", "busy-is-false-and-delete-succeeds"]
)
def test_stop_waits_for_the_job(
    host: Host, github: GitHub, caused: Callable[[int], None], lie: dict[str, str] | None
) -> None:
    """`systemctl stop` during a job: it ends by itself, whatever GitHub says of the runner, and no other follows."""
    job = github.submit(6)
    instance = job.wait_for_work()
    if lie is not None:
        github.fault("lie-busy", **lie)
        caused(1)
    host.run(f"systemctl stop --no-block {unit(instance)}")
    caused(1)
    host.wait_for(instance, "draining", "waits for the job to end")
    job.wait_for_end()
    host.wait_for(instance, "stopped")
    assert host.run(f"systemctl show --property=Result,ActiveState --value {unit(instance)}").split() == [
        "success",
        "inactive",
    ]
    host.run(f"systemctl start {unit(instance)}")


def test_a_job_that_comes_with_the_drain_is_done_or_stays_queued(
    host: Host, github: GitHub, caused: Callable[[int], None]
) -> None:
    """All are drained in the very moment in which GitHub has a job for each, of which its DELETE does not know."""
    github.fault("lie-busy", delete="204")
    units = " ".join(map(unit, "1234"))
    jobs = [github.submit(3) for _unused in range(2)]
    host.run(f"systemctl stop --no-block {units}")
    jobs += [github.submit(3) for _unused in range(2)]
    caused(2)
    host.wait_for_all(set("1234"), "stopped", seconds=90)
    github.clear()
    host.run(f"systemctl start {units}")
    for job in jobs:
        job.wait_for_end()


def test_a_drain_that_gives_up_says_so_and_leaves_the_job(
    host: Host, github: GitHub, caused: Callable[[int], None]
) -> None:
    """After drain_timeout: an exit code, a sentence, a failed unit; the job goes on and is taken over at the start."""
    job = github.submit(10)
    instance = job.wait_for_work()
    with drain_timeout(host, 2):
        done = host.attempt(f"github-runner drain {instance}")
    caused(1)
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1] == (
        f"github-runner: {instance}: not drained within 2 s, the job was left running"
    )
    assert host.attempt(f"systemctl is-failed {unit(instance)}").stdout.strip() == "failed"
    host.run(f"systemctl start {unit(instance)}")
    host.wait_for(instance, "busy")
    job.wait_for_end()


def test_a_drain_whose_launcher_is_killed_is_none(host: Host, github: GitHub, caused: Callable[[int], None]) -> None:
    """systemd calls the instance stopped; the drain does not, and the job is taken over at the start."""
    job = github.submit(10)
    instance = job.wait_for_work()
    host.run(f"systemctl stop --no-block {unit(instance)}")
    host.wait_for(instance, "draining", "waits for the job to end")
    host.run(f"systemctl kill --kill-who=main --signal=SIGKILL {unit(instance)}")
    caused(1)
    done = host.attempt(f"github-runner drain {instance}")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (
        1,
        f"github-runner: {instance}: its launcher has ended and its runner has not: start {unit(instance)}, then drain "
        "it again",
    )
    host.run(f"systemctl start {unit(instance)}")
    host.wait_for(instance, "busy")
    job.wait_for_end()


def test_an_idle_drain_deregisters_first(host: Host, github: GitHub, caused: Callable[[int], None]) -> None:
    """GitHub has forgotten the runner before its container is stopped; nobody asks it twice."""
    runner = host.instances()["2"]["runner"]
    path = f"/orgs/acme/actions/runners/{github.runners()[runner]['id']}"
    began = time.time()
    host.run(f"systemctl stop {unit('2')}")
    caused(1)
    [deleted] = [one for one in github.requests() if one["path"] == path and one["method"] == "DELETE"]
    assert deleted["status"] == 204
    events = f"docker events --since {int(began)} --until $(($(date +%s) + 1))"
    events += f" --filter container={runner} --filter event=kill"
    stopped = [float(line) for line in host.run(f"{events} --format '{{{{.Time}}}}'").splitlines()]
    assert int(deleted["at"]) <= min(stopped)
    assert runner not in host.containers()
    host.run(f"systemctl start {unit('2')}")


def test_a_refused_token_does_not_keep_a_host_from_stopping(
    host: Host, github: GitHub, caused: Callable[[int], None]
) -> None:
    """401 for good: the idle runner takes no job any more, is stopped, and its registration goes when it can."""
    runner = host.instances()["3"]["runner"]
    github.fault("status", status=401)
    caused(1)
    began = time.monotonic()
    host.run(f"systemctl stop {unit('3')}")
    assert time.monotonic() - began < 60
    github.clear()
    host.run(f"systemctl start {unit('3')}")
    # Cut off, it could not say goodbye: GitHub misses it once the request that it waits with is over, 50 s long.
    wait_until(lambda: github.runners()[runner]["status"] == "offline", 90, lambda: str(github.runners()))
    host.run("github-runner reconcile; github-runner reconcile")
    assert runner not in github.runners()
