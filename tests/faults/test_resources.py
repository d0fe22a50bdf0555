# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The host runs out of something: nothing is lost, the state says why, and it heals when the cause goes."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from faults_kit.github import GitHub
from faults_kit.host import Host, unit

from bed.waiting import wait_until

POOL = "/etc/github-runner/pools/default.json"
Play = Callable[..., "subprocess.CompletedProcess[str]"]


@contextmanager
def full(host: Host, folder: str) -> Iterator[None]:
    """A file system that holds what a folder held and not a byte more."""
    host.run(
        f"mkdir /root/kept; cp -a {folder}/. /root/kept/; mount -t tmpfs -o size=64k,mode=0700 tmpfs {folder}\n"
        f"cp -a /root/kept/. {folder}/; ! head -c 1M /dev/zero >{folder}/filler"
    )
    try:
        yield
    finally:
        host.run(f"umount {folder}; rm -r /root/kept")


def test_the_disk_is_full_while_sealing(host: Host, play: Play, caused: Callable[[int], None]) -> None:
    """The playbook fails in one line that names the file; the last good seal stays in force."""
    sealed = "/var/lib/github-runner/sealed/default.json"
    before = host.run(f"sha256sum {sealed}")
    # With another key there is something to write.
    host.run("docker restart micro-cipher")
    try:
        with full(host, "/var/lib/github-runner/sealed"):
            caused(1)
            done = play("--tags=seal")
            assert done.returncode != 0
            assert f"{sealed}: No space left on device" in done.stdout
            assert host.run(f"sha256sum {sealed}") == before
            assert host.run("ls /var/lib/github-runner/sealed").split() == ["default.json", "filler"]
        assert host.run(f"sha256sum {sealed}") == before
    finally:
        assert play("--tags=seal").returncode == 0


def test_the_disk_is_full_while_recording(host: Host, github: GitHub, caused: Callable[[int], None]) -> None:
    """No state can be written: the job is done, and the states are true again when there is room."""
    job = github.submit(6)
    instance = job.wait_for_work()
    with full(host, "/run/github-runner/instances"):
        caused(1)
        job.wait_for_end()
    host.run(f"systemctl reload {unit(instance)}")
    host.wait_for(instance, "idle")


def test_the_disk_is_full_while_pulling(host: Host, play: Play, caused: Callable[[int], None]) -> None:
    """The play says which image, the runners stay, and the next run pulls."""
    image = "ghcr.io/socialgouv/micro-cipher:fragile"
    with full(host, "/var/lib/docker/tmp"):
        caused(1)
        done = play("--tags=images", "-e", f"github_runner_image={image}")
        assert done.returncode != 0
        assert f"cannot pull {image}: " in done.stdout
        assert "no space left on device" in done.stdout
    assert play("--tags=images", "-e", f"github_runner_image={image}").returncode == 0
    host.run(f"docker image rm {image}")


@contextmanager
def tiny_network(host: Host) -> Iterator[None]:
    """The pool's runners are to be on a network with one address."""
    host.run(
        f"docker network create --subnet 10.213.77.0/30 tiny; cp {POOL} /root/pool.json\n"
        f'sed -i \'s/"network": .*/"network": "tiny",/\' {POOL}'
    )
    try:
        yield
    finally:
        host.run(f"mv /root/pool.json {POOL}; systemctl reload {unit('1')} {unit('2')}")
        host.wait_for_all({"1", "2"}, "idle")
        host.run("docker network rm tiny")


def test_no_address_is_left_on_the_bridge(host: Host, github: GitHub, caused: Callable[[int], None]) -> None:
    """One address for two runners: one stands, the other waits and leaves no registration behind."""
    with tiny_network(host):
        caused(1)
        for instance in "12":
            host.lose_the_runner(instance)

        def one_waits() -> bool:
            shown = {host.instances()[name]["state"]: host.instances()[name]["reason"] for name in "12"}
            return set(shown) == {"idle", "waiting"} and "no available IPv4 addresses" in shown["waiting"]

        wait_until(one_waits, 60, lambda: str(host.instances()), pause=0.3)

        # Unless it is just trying again.
        def nothing_is_left() -> bool:
            return set(github.runners()) == {
                one["runner"] for one in host.instances().values() if one["state"] == "idle"
            }

        wait_until(nothing_is_left, 60, lambda: f"{host.instances()} {sorted(github.runners())}", pause=0.3)


def test_the_host_starts_no_more_processes(host: Host, caused: Callable[[int], None]) -> None:
    """The launcher lives with the one it has, says so, and goes on when there is room."""
    host.run(f"systemctl set-property --runtime {unit('3')} TasksMax=1")
    caused(1)
    host.lose_the_runner("3")
    host.wait_for("3", "waiting", "the host starts no more processes")
    host.run(f"systemctl set-property --runtime {unit('3')} TasksMax=infinity")
    host.wait_for("3", "idle", seconds=30)


def test_a_container_cannot_be_removed(host: Host, github: GitHub, caused: Callable[[int], None]) -> None:
    """A file of it is held fast: one more runner is begun, no second; the state says why, and it goes on by itself."""
    job = github.submit(4)
    instance = job.wait_for_work()
    runner = host.instances()[instance]["runner"]
    held = host.run(f"docker inspect --format '{{{{.GraphDriver.Data.UpperDir}}}}' {runner}").strip()
    host.run(f"chattr +i {held}")
    caused(1)
    job.wait_for_end()
    wait_until(lambda: host.instances()[instance]["runner"] not in (runner, None), 60, lambda: str(host.instances()))
    host.wait_for(instance, "idle")
    host.lose_the_runner(instance)
    host.wait_for(instance, "waiting", "Docker: ")
    host.run(f"chattr -i {held}")
    host.wait_for(instance, "idle", seconds=90)
