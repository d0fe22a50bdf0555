# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A job outlives its launcher, systemd's restarts and Docker's, and the next launcher sees it to its end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from faults_kit.github import GitHub
from faults_kit.host import Host, unit

from bed.waiting import wait_until

UNIT_FILE = "/etc/systemd/system/github-runner@.service"
LAUNCHER = "/usr/local/lib/github-runner/github-runner.pyz"
# In a runner's container: lets its job end.
GATE = "/tmp/over"


@pytest.fixture
def live_restore(host: Host) -> Iterator[None]:
    """Docker keeps containers running while it is not."""
    host.run("echo '{\"live-restore\": true}' >/etc/docker/daemon.json; systemctl reload docker")
    yield
    host.run("rm /etc/docker/daemon.json; systemctl reload docker")


def sees_it_to_its_end(
    host: Host, github: GitHub, fault: Callable[[str], object], *, restarts: bool = True, longer: bool = True
) -> None:
    """A job runs while something happens to its instance: it succeeds, and each of its lines is shown once.

    It takes `longer` than what happens, or ends in the middle of it.
    """
    began = time.time()
    job = github.submit(6, gate=GATE if longer else "")
    instance = job.wait_for_work()
    runner = host.instances()[instance]["runner"]
    launcher = host.main_pid(instance)
    fault(instance)
    if longer:
        wait_until(
            lambda: host.attempt(f"docker exec {runner} touch {GATE}").returncode == 0,
            60,
            lambda: f"{runner} is not there any more",
        )
    job.wait_for_end()
    # Its successor stands: the end was handled.
    host.wait_for(instance, "idle")
    # The runner's own lines; it prints each once more in its trace, and the launcher's words stand between them.
    shown = [line for line in host.journal(instance, began) if not line.startswith(("github-runner: ", "["))]
    name = job.seen["name"]
    assert len([line for line in shown if line.endswith(f"Running job: {name}")]) == 1, shown
    assert len([line for line in shown if line.endswith(f"Job {name} completed with result: Succeeded")]) == 1, shown
    assert (host.main_pid(instance) != launcher) is restarts
    assert runner not in host.containers()


def test_the_launcher_is_killed(host: Host, github: GitHub, caused: Callable[[int], None]) -> None:
    """SIGKILL, as when memory runs out."""
    sees_it_to_its_end(host, github, lambda one: host.run(f"systemctl kill --kill-who=main --signal=KILL {unit(one)}"))
    caused(1)


def test_the_launcher_is_killed_again_and_again(host: Host, github: GitHub, caused: Callable[[int], None]) -> None:
    """At any moment of taking over: in its start, while it reads the output, in the second in which the job ends."""

    def kill(instance: str) -> None:
        for pause in (0.0, 1.1, 1.3, 1.6, 2.0):
            time.sleep(pause)
            host.run(f"systemctl kill --kill-who=main --signal=KILL {unit(instance)}")
            caused(1)

    sees_it_to_its_end(host, github, kill, longer=False)


def test_the_unit_is_restarted(host: Host, github: GitHub, caused: Callable[[int], None]) -> None:
    """By needrestart, or by hand: it does not wait for the job, and does not end it."""

    def restart(instance: str) -> None:
        began = time.monotonic()
        host.run(f"systemctl restart {unit(instance)}")
        assert host.instances()[instance]["state"] == "busy"
        assert time.monotonic() - began < 20

    sees_it_to_its_end(host, github, restart)
    caused(1)


def test_systemd_is_executed_anew(host: Host, github: GitHub, caused: Callable[[int], None]) -> None:
    """`systemctl daemon-reexec`, as an upgrade of systemd does."""
    sees_it_to_its_end(host, github, lambda _one: host.run("systemctl daemon-reexec"), restarts=False)
    caused(1)


@pytest.mark.parametrize("changed", [UNIT_FILE, LAUNCHER])
def test_the_launcher_or_its_unit_is_replaced(
    host: Host, github: GitHub, caused: Callable[[int], None], changed: str
) -> None:
    """As an update of the collection does it: written beside, renamed, reloaded."""

    def replace(instance: str) -> None:
        host.run(f"cp -p {changed} {changed}.new; mv {changed}.new {changed}; systemctl daemon-reload")
        host.run(f"systemctl reload {unit(instance)}")

    sees_it_to_its_end(host, github, replace)
    caused(1)
    host.run(f"systemctl reload {' '.join(map(unit, '1234'))}")


def test_an_instance_is_drained_though_its_launcher_was_replaced(
    host: Host, github: GitHub, caused: Callable[[int], None]
) -> None:
    """As where an update takes the instance away: it deregisters with what it began with, in its time."""
    runner = host.wait_for("4", "idle")["runner"]
    # The same, but each of its parts stands elsewhere in the file.
    host.run(
        f"cp -p {LAUNCHER} {LAUNCHER}.old;"
        f" {{ head -n 1 {LAUNCHER}.old; printf '%5000s\\n' '#'; tail -n +2 {LAUNCHER}.old; }} >{LAUNCHER}.new;"
        f" chmod 755 {LAUNCHER}.new; mv {LAUNCHER}.new {LAUNCHER}"
    )
    try:
        host.run(f"timeout 60 systemctl stop {unit('4')}")
        caused(1)
        assert host.run(f"systemctl show --property=Result --value {unit('4')}").strip() == "success"
        assert runner not in github.runners()
        assert runner not in host.containers()
    finally:
        host.run(f"mv {LAUNCHER}.old {LAUNCHER}; systemctl start {unit('4')}")
        host.run(f"systemctl reload {' '.join(map(unit, '123'))}")


@pytest.mark.usefixtures("live_restore")
@pytest.mark.parametrize("how", ["systemctl restart docker", "systemctl kill --signal=KILL docker"])
def test_docker_restarts_and_keeps_the_containers(
    host: Host, github: GitHub, caused: Callable[[int], None], how: str
) -> None:
    """With live-restore, by an upgrade or a crash: micro-cipher lives on too, and so does its key."""
    sees_it_to_its_end(host, github, lambda _one: host.run(how), restarts=False)
    caused(1)


def test_a_container_is_removed_under_its_launcher(host: Host, caused: Callable[[int], None]) -> None:
    """By a person who cleans up: the next one stands, and GitHub forgets the one that went."""
    runner = host.instances()["1"]["runner"]
    host.run(f"docker rm --force {runner}")
    caused(1)
    assert host.wait_for("1", "idle")["runner"] != runner


def test_dockerd_dies_while_an_instance_drains(
    host: Host, github: GitHub, caused: Callable[[int], None], live_restore: None
) -> None:
    """It is back at once, though the drain that needs it is not over; and nobody else waits for that drain."""
    job = github.submit(6, gate=GATE)
    instance = job.wait_for_work()
    runner = host.instances()[instance]["runner"]
    host.run(f"systemctl stop --no-block {unit(instance)}")
    host.wait_for(instance, "draining", "waits for the job to end")
    host.run("systemctl kill --signal=KILL docker")
    caused(2)
    wait_until(
        lambda: host.attempt("timeout 5 docker info").returncode == 0, 60, lambda: host.run("systemctl list-jobs")
    )
    other = next(name for name in "1234" if name != instance)
    before = host.wait_for(other, "idle")["runner"]
    host.lose_the_runner(other)
    caused(1)
    wait_until(
        lambda: host.instances()[other]["runner"] not in (before, None), 60, lambda: host.run("systemctl list-jobs")
    )
    host.wait_for(other, "idle")
    host.wait_for(instance, "draining", "waits for the job to end")
    host.run(f"docker exec {runner} touch {GATE}")
    job.wait_for_end()
    host.wait_for(instance, "stopped")
    host.run(f"systemctl start {unit(instance)}")
