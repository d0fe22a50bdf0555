# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""micro-cipher has a new key or is gone: the instances show it, post nothing, burn nothing, and go on by themselves."""

from __future__ import annotations

from collections.abc import Callable

from faults_kit.github import GitHub
from faults_kit.host import Host

ALL = set("1234")
# Time on the processor, in clock ticks: proc(5), utime and stime.
TICKS = "awk '{{print $14 + $15}}' /proc/{pid}/stat"


def test_after_a_reboot_all_wait_for_a_new_seal(
    host: Host, github: GitHub, caused: Callable[[int], None], seal: Callable[[], None]
) -> None:
    """Sealed in every instance; GitHub hears nothing of them; then idle within seconds, in the same processes."""
    host.reboot()
    caused(1)
    host.wait_for_all(ALL, "sealed", "micro-cipher has another key")
    asked = len(github.requests())
    launchers = {one: host.main_pid(one) for one in ALL}
    before = [int(host.run(TICKS.format(pid=pid))) for pid in launchers.values()]
    host.run("sleep 5")
    after = [int(host.run(TICKS.format(pid=pid))) for pid in launchers.values()]
    # A hundredth of the time, at the most, of four processes together: in ticks of ten milliseconds.
    assert sum(after) - sum(before) <= 20
    assert len(github.requests()) == asked
    seal()
    host.wait_for_all(ALL, "idle", seconds=20)
    assert {one: host.main_pid(one) for one in ALL} == launchers


def test_a_reboot_waits_for_the_job(
    host: Host, github: GitHub, caused: Callable[[int], None], seal: Callable[[], None]
) -> None:
    """Of all that the host stops, the instance is the first: Docker goes when the job has ended."""
    job = github.submit(15)
    job.wait_for_work()
    host.reboot()
    caused(1)
    job.wait_for_end()
    host.wait_for_all(ALL, "sealed", "micro-cipher has another key")
    seal()
    host.wait_for_all(ALL, "idle", seconds=20)


def test_docker_restarts_and_takes_the_containers_with_it(
    host: Host, caused: Callable[[int], None], seal: Callable[[], None]
) -> None:
    """Without live-restore a restart of Docker is a new key: no job runs here meanwhile."""
    host.run("systemctl restart docker")
    caused(1)
    host.wait_for_all(ALL, "sealed", "micro-cipher has another key")
    seal()
    host.wait_for_all(ALL, "idle", seconds=20)


def test_micro_cipher_is_stopped_by_hand(
    host: Host, github: GitHub, caused: Callable[[int], None], seal: Callable[[], None]
) -> None:
    """Runners that stand are not disturbed, and take their job; the next one waits and says for what."""
    host.run("docker stop micro-cipher")
    caused(1)
    job = github.submit(2)
    instance = job.wait_for_work()
    job.wait_for_end()
    host.wait_for(instance, "waiting", "micro-cipher is not running (exited)")
    assert {one["state"] for name, one in host.instances().items() if name != instance} == {"idle"}
    host.run("docker start micro-cipher")
    host.wait_for(instance, "sealed", seconds=90)
    seal()


def test_micro_cipher_dies(host: Host, github: GitHub, caused: Callable[[int], None], seal: Callable[[], None]) -> None:
    """Docker starts it again, with another key: the next runner waits for a new seal, and no other is disturbed."""
    host.run("kill -KILL $(docker inspect --format '{{.State.Pid}}' micro-cipher)")
    caused(1)
    job = github.submit(2)
    instance = job.wait_for_work()
    job.wait_for_end()
    host.wait_for(instance, "sealed")
    seal()


def test_micro_cipher_is_gone(
    host: Host, github: GitHub, caused: Callable[[int], None], play: Callable[..., object]
) -> None:
    """The playbook makes another one and seals for it, in one run."""
    host.run("docker rm --force micro-cipher")
    caused(1)
    job = github.submit(2)
    instance = job.wait_for_work()
    job.wait_for_end()
    host.wait_for(instance, "waiting", "there is no container micro-cipher: run the playbook")
    play()
    host.wait_for(instance, "idle", seconds=20)
