# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The hosts: containers with systemd as PID 1, their own Docker Engine and sshd."""

from __future__ import annotations

import io
import json
import re
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from . import docker, keys
from .errors import BedError
from .inventory import ssh_options
from .layout import HOST_PREFIX, LABEL, NETWORK, SUITES, State, host_images
from .process import attempt
from .progress import say
from .waiting import wait_until

# What systemd and a nested Docker Engine need where --privileged is refused: all of its capabilities except
# CAP_SYS_RESOURCE, which some machines withhold from everybody, and without which both work.
CAPABILITIES = (
    *("AUDIT_CONTROL", "AUDIT_READ", "BLOCK_SUSPEND", "DAC_READ_SEARCH", "IPC_LOCK", "IPC_OWNER", "LEASE"),
    *("LINUX_IMMUTABLE", "MAC_ADMIN", "MAC_OVERRIDE", "NET_ADMIN", "NET_BROADCAST", "SYS_ADMIN", "SYS_BOOT"),
    *("SYS_MODULE", "SYS_NICE", "SYS_PACCT", "SYS_PTRACE", "SYS_RAWIO", "SYS_TIME", "SYS_TTY_CONFIG", "SYSLOG"),
    "WAKE_ALARM",
)
# Without these a host is of no use; other units may fail on one kernel or another.
ESSENTIAL_UNITS = frozenset({"ssh.service", "docker.service", "containerd.service", "dbus.service"})
BOOT_SECONDS = 120
# On a host: the digest of the keys that were put into it.
KEYS_LABEL = f"{LABEL}.keys"
# On a host: the release of Debian that it has.
SUITE_LABEL = f"{LABEL}.suite"


def name_of(number: int) -> str:
    """The name of the n-th host, counted from 1."""
    return f"{HOST_PREFIX}{number}"


def is_host(name: str) -> bool:
    """Whether a container of the bed is a host."""
    return re.fullmatch(rf"{HOST_PREFIX}[0-9]+", name) is not None


def in_order(names: Sequence[str]) -> list[str]:
    """Hosts in the order of their numbers."""
    return sorted(filter(is_host, names), key=lambda name: int(name.removeprefix(HOST_PREFIX)))


def create_arguments(name: str, *, image: str, port: int, privileged: bool, labels: Mapping[str, str]) -> list[str]:
    """The words of `docker create` for one host."""
    rights = ["--privileged"]
    if not privileged:
        rights = [f"--cap-add={capability}" for capability in CAPABILITIES]
        rights += [f"--security-opt={option}=unconfined" for option in ("seccomp", "apparmor", "systempaths")]
        rights += ["--device-cgroup-rule=a *:* rwm"]
    return [
        "create",
        f"--name={name}",
        f"--hostname={name}",
        f"--network={NETWORK}",
        *(f"--label={label}={value}" for label, value in labels.items()),
        f"--publish=127.0.0.1:{port}:22",
        # `systemctl reboot` ends PID 1: this is what starts it again.
        "--restart=always",
        # A cgroup tree of its own: sharing the machine's would make all hosts write to one systemd's tree.
        "--cgroupns=private",
        "--tmpfs=/run:exec",
        "--tmpfs=/run/lock",
        "--tmpfs=/tmp:exec",
        # overlay2 does not work on top of the container's own overlay.
        f"--mount=type=volume,source={volume_of(name)},target=/var/lib/docker",
        *rights,
        image,
    ]


def volume_of(name: str) -> str:
    """The volume of a host's inner Docker Engine."""
    return f"{name}-docker"


def privileged_works(image: str) -> bool:
    """Try --privileged: only trying tells, the engine may run where other limits hold than here."""
    probe = ["docker", "run", "--rm", "--privileged", "--network=none", "--entrypoint=/bin/true", image]
    return attempt(probe, timeout=60).returncode == 0


def suite_of(details: docker.Json) -> str:
    """The release of Debian that a host has."""
    return details["Config"]["Labels"].get(SUITE_LABEL, SUITES[0])


def create(state: State, name: str, *, suite: str, bare: bool, port: int, privileged: bool) -> None:
    """Make and start a host, with the bed's keys in it. Raises BedError if Docker refuses."""
    bare_image, full_image = host_images(suite)
    image = (bare_image if bare else full_image).tag
    labels = {LABEL: str(state.folder), KEYS_LABEL: keys.fingerprint(state), SUITE_LABEL: suite}
    docker.docker("volume", "create", f"--label={LABEL}={state.folder}", volume_of(name))
    docker.docker(*create_arguments(name, image=image, port=port, privileged=privileged, labels=labels))
    docker.docker("cp", "-", f"{name}:/", input=_keys_archive(state))
    docker.docker("start", name)


def wait_ready(state: State, name: str, port: int) -> None:
    """Wait until a host has booted and answers over ssh. Raises BedError with what is wrong."""
    wait_until(
        lambda: _settled(_system_state(name)),
        BOOT_SECONDS,
        lambda: f"{name} does not finish booting (systemd says '{_system_state(name)}'): `docker logs {name}`",
        pause=0.3,
    )
    failed = _failed_units(name)
    if failed & ESSENTIAL_UNITS:
        units = " ".join(sorted(failed & ESSENTIAL_UNITS))
        raise BedError(f"{name}: {units} failed: `docker exec {name} journalctl -u {units.split()[0]}` tells why")
    if failed:
        say(f"    {name} is degraded ({' '.join(sorted(failed))}), which this bed can do without")
    wait_until(
        lambda: attempt([*ssh_command(state, port), "true"], timeout=30).returncode == 0,
        30,
        lambda: f"{name} does not answer over ssh on 127.0.0.1:{port}: `docker exec {name} journalctl -u ssh`",
        pause=0.2,
    )


def ssh_command(state: State, port: int) -> list[str]:
    """An ssh to the host behind a loopback port; append a command, or nothing for a shell."""
    return ["ssh", "-F", "none", *ssh_options(state), "-i", str(state.ssh_key), "-p", str(port), "root@127.0.0.1"]


def _system_state(name: str) -> str:
    # Asked anew each time: `--wait` hangs if systemd is asked before it listens.
    answer = attempt(["docker", "exec", name, "systemctl", "is-system-running"], timeout=30)
    return answer.stdout.decode(errors="replace").strip() or "not there yet"


def _settled(system_state: str) -> bool:
    return system_state in ("running", "degraded")


def _failed_units(name: str) -> frozenset[str]:
    listing = docker.docker("exec", name, "systemctl", "list-units", "--failed", "--output=json")
    return frozenset(unit["unit"] for unit in json.loads(listing or "[]"))


def _keys_archive(state: State) -> bytes:
    """What is put into each host before it starts, as a tar archive with owners and modes."""
    files: dict[str, tuple[Path, int]] = {
        "etc/ssh/ssh_host_ed25519_key": (state.host_key, 0o600),
        "etc/ssh/ssh_host_ed25519_key.pub": (keys.public_key(state.host_key), 0o644),
        "root/.ssh/authorized_keys": (keys.public_key(state.ssh_key), 0o600),
        "usr/local/share/ca-certificates/testbed.crt": (state.ca, 0o644),
    }
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        folder = tarfile.TarInfo("root/.ssh")
        folder.type, folder.mode = tarfile.DIRTYPE, 0o700
        archive.addfile(folder)
        for place, (source, mode) in files.items():
            content = source.read_bytes()
            entry = tarfile.TarInfo(place)
            entry.size, entry.mode = len(content), mode
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()
