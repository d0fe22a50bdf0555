# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Docker is asked for: a container marked as ours, without a secret, and files only its user can read."""

from __future__ import annotations

import dataclasses
import io
import json
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import (
    container,
    names,
    pool,
    surroundings,
)

POOL = pool.Pool(
    "gpu", "https://github.com/acme", "runner:1", ("self-hosted",), memory=1024, nano_cpus=5, network="net"
)
AROUND = surroundings.Surroundings("gpu.slice", "net", mounts=({"Type": "volume", "Target": "/home/runner/_work"},))
PASSWD = b"root:x:0:0:root:/root:/bin/sh\nrunner:x:1001:1002::/home/runner:/bin/bash\nbroken\n1234:x:7:8::/:/bin/sh\n"


def tar(data: bytes, name: str = "passwd") -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        member = tarfile.TarInfo(name)
        member.size = len(data)
        archive.addfile(member, io.BytesIO(data))
    return stream.getvalue()


def tar_with_link() -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        member = tarfile.TarInfo("passwd")
        member.type, member.linkname = tarfile.SYMTYPE, "/usr/share/passwd"
        archive.addfile(member)
    return stream.getvalue()


def test_a_container_carries_the_marks_by_which_it_is_found_again() -> None:
    """Adoption, burying and reconciling look for nothing else."""
    body = container.create_body(POOL, "gpu-1", "01234567", "gpu-host-1-0123456701abcd", AROUND)
    assert set(container.own_labels("01234567", "gpu-1").items()) <= set(body["Labels"].items())
    assert body["Labels"][names.LABEL_CONFIG] == POOL.config
    assert body["Labels"][names.LABEL_POOL] == "gpu"


def test_a_container_runs_run_sh_once_with_the_pools_limits() -> None:
    """Docker never restarts it, no entrypoint stands before it, and its output can be read back."""
    body = container.create_body(POOL, "gpu-1", "01234567", "x" * 64, AROUND)
    assert (body["Image"], body["Cmd"], body["Entrypoint"]) == ("runner:1", ["/home/runner/run.sh"], [])
    settings = body["HostConfig"]
    assert settings["RestartPolicy"] == {"Name": "no"}
    assert (settings["Memory"], settings["NanoCpus"], settings["NetworkMode"]) == (1024, 5, "net")
    assert (settings["MemorySwap"], settings["PidsLimit"], settings["CgroupParent"]) == (1024, 4096, "gpu.slice")
    assert {one["Name"]: one["Hard"] for one in settings["Ulimits"]} == {"core": 0, "nofile": 16384}
    assert settings["LogConfig"]["Type"] == "local"
    assert len(body["Hostname"]) <= 64


def test_nothing_of_the_host_is_given_to_a_job() -> None:
    """No mount of the host's, no right, no network of micro-cipher, and no credential in the environment."""
    body = container.create_body(POOL, "gpu-1", "01234567", "runner", AROUND)
    settings = body["HostConfig"]
    assert not {"Binds", "Privileged", "PidMode", "IpcMode", "UsernsMode", "Devices"} & set(settings)
    assert (settings["CapDrop"], settings["CapAdd"], settings["SecurityOpt"]) == (["ALL"], [], ["no-new-privileges"])
    assert settings["Mounts"] == [{"Type": "volume", "Target": "/home/runner/_work"}]
    assert "Volumes" not in body
    assert not [one for one in body["Env"] if "TOKEN" in one or "JITCONFIG" in one]
    assert "cipher" not in json.dumps(body)


def test_sudo_is_what_it_takes_to_install_packages_and_no_more() -> None:
    """None of these reaches beyond the container; without no-new-privileges a set-uid program works."""
    settings = container.create_body(
        dataclasses.replace(POOL, sudo=True, capabilities=("SYS_PTRACE",)), "gpu-1", "01234567", "runner", AROUND
    )["HostConfig"]
    assert settings["SecurityOpt"] == []
    assert {"SETUID", "CHOWN", "SYS_PTRACE"} <= set(settings["CapAdd"])
    assert not {"SYS_ADMIN", "NET_ADMIN", "NET_RAW", "MKNOD", "SYS_MODULE", "DAC_READ_SEARCH"} & set(settings["CapAdd"])


def test_limited_storage_is_asked_for() -> None:
    """Docker refuses the option where its storage driver cannot."""
    for size, expected in ((0, None), (10**9, {"size": "1000000000"})):
        body = container.create_body(dataclasses.replace(POOL, storage=size), "gpu-1", "01234567", "runner", AROUND)
        assert body["HostConfig"].get("StorageOpt") == expected


def test_a_runner_in_sysbox_starts_an_engine_and_is_root_for_that() -> None:
    """Its user namespace makes nobody of that root."""
    around = dataclasses.replace(AROUND, settings={"Runtime": "sysbox-runc"})
    config = dataclasses.replace(POOL, docker_access="sysbox")
    body = container.create_body(config, "gpu-1", "01234567", "runner", around)
    assert body["HostConfig"]["Runtime"] == "sysbox-runc"
    assert (body["HostConfig"]["CapDrop"], body["HostConfig"]["SecurityOpt"]) == ([], [])
    assert "dockerd" in body["Cmd"][-1]
    assert body["Cmd"][-1].endswith("exec /home/runner/run.sh")


def test_a_runner_in_anothers_network_has_that_ones_host_name() -> None:
    """Docker refuses to give it one of its own."""
    around = dataclasses.replace(AROUND, network="container:abc")
    assert "Hostname" not in container.create_body(POOL, "gpu-1", "01234567", "runner", around)


@given(
    st.dictionaries(st.from_regex(r"\.[a-z_]{1,20}", fullmatch=True), st.binary(max_size=2000), max_size=4),
    st.integers(0, 2**20),
    st.integers(0, 2**20),
)
def test_the_files_are_the_runners_alone(files: dict[str, bytes], uid: int, gid: int) -> None:
    """Each arrives whole, with mode 0600, and belongs to the runner's user."""
    with tarfile.open(fileobj=io.BytesIO(container.archive(files, uid, gid, folders=("_work",)))) as archive:
        [work, *members] = archive.getmembers()
        assert (work.name, work.isdir(), work.uid, work.gid) == ("_work", True, uid, gid)
        assert {member.name: archive.extractfile(member).read() for member in members} == files
        assert {(member.mode, member.uid, member.gid, member.isreg()) for member in members} <= {
            (0o600, uid, gid, True)
        }


@pytest.mark.parametrize(
    ("user", "ids"),
    [
        ("runner", (1001, 1002)),
        ("1001", (1001, 1002)),
        ("", (0, 0)),
        ("root", (0, 0)),
        ("runner:500", (1001, 500)),
        ("runner:docker", (1001, 1002)),
        ("4711", (4711, 0)),
        ("4711:4712", (4711, 4712)),
    ],
)
def test_the_images_user_is_found(user: str, ids: tuple[int, int]) -> None:
    """A name or a number, with or without a group, in the image's passwd or not."""
    assert container.user_ids(user, tar(PASSWD)) == ids


@pytest.mark.parametrize(
    ("user", "archive"),
    [
        ("nobody", tar(PASSWD)),
        ("runner", tar(b"")),
        ("runner", tar(b"runner:x:many:1::/:/bin/sh")),
        ("runner", tar(PASSWD, "other")),
        ("runner", tar_with_link()),
        ("runner", b""),
        ("runner", b"no tar" * 200),
    ],
)
def test_an_image_without_its_user_is_an_error_and_nothing_worse(user: str, archive: bytes) -> None:
    """The instance says that the image is wrong, and does not die of it."""
    with pytest.raises(ValueError, match=r"passwd|int"):
        container.user_ids(user, archive)


@pytest.mark.parametrize(
    ("processes", "busy"),
    [
        ([], False),
        (["/bin/bash /home/runner/run.sh", "/home/runner/bin/Runner.Listener run"], False),
        (["/home/runner/bin/Runner.Worker spawnclient 1 2"], True),
        (["Runner.Worker"], True),
        (["/usr/bin/python3 Runner.Worker.py"], False),
        (["/opt/MyRunner.Worker spawn"], False),
        (["/opt/RunnerXWorker"], False),
    ],
)
def test_a_job_is_told_by_the_worker(processes: list[str], busy: bool) -> None:
    """The listener starts Runner.Worker for a job and for nothing else."""
    assert container.has_worker(processes) is busy
