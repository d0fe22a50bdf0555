# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""micro-cipher runs hardened, its key is learnt from its output, and an old one goes when the new one has its key."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.socialgouv.actions_runner.plugins.module_utils import _micro_cipher, _micro_cipher_options
from ansible_collections.socialgouv.actions_runner.plugins.module_utils._failure import Failure
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import cipher_secret
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.paths import Paths
from ansible_collections.socialgouv.actions_runner.tests.unit.plugins.module_utils.fake_docker import (
    Client,
    Container,
    Image,
)

NAME, IMAGE, NETWORK = "micro-cipher", "cipher:1", "cipher-net"
ABLE = {cipher_secret.IMAGE_LABEL: "1"}
SECRET_PATH = "/run/micro-cipher/secret"
BEFORE, SINCE = "2026-11-24T09:59:59.999999999Z", "2026-11-24T10:00:00.500000000Z"


def printed(der: bytes, stamp: str = SINCE) -> str:
    body = base64.b64encode(der).decode()
    lines = ["-----BEGIN PUBLIC KEY-----", body, "-----END PUBLIC KEY-----", "listening on 3000"]
    return "".join(f"{stamp} {line}\n" for line in lines)


def fingerprint(der: bytes) -> str:
    return hashlib.sha256(der).hexdigest()


class Time:
    """A clock that goes on when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def clock(self) -> float:
        return self.now


class Host(Client):
    """A host's Engine and files."""

    def __init__(self, root: Path):
        super().__init__()
        self.paths = Paths(str(root))

    @property
    def kept(self) -> Path:
        """Where the host keeps the secret."""
        return Path(self.paths.cipher_secret(NAME))

    @property
    def secret(self) -> str | None:
        """What the launcher would send to the container that has the name."""
        one = self.containers.get(NAME)
        return cipher_secret.read(self.paths.cipher_secret(NAME), one.id, one.attrs["State"]["StartedAt"])


@pytest.fixture
def client(tmp_path: Path) -> Host:
    """A host with image and network, where a started micro-cipher prints its key."""
    made = Host(tmp_path)
    made.images.local["cipher:1"] = Image("sha256:1")
    made.networks.add("cipher-net", Internal=True)
    keys = iter([b"first", b"second", b"third"])

    def start(container: Container) -> None:
        container.log += printed(next(keys))

    made.containers.on_start = start
    return made


def runner(client: Host) -> _micro_cipher.Run:
    time = Time()
    return _micro_cipher.Run(client, client.paths, 60, sleep=time.sleep, clock=time.clock)


def ensure(client: Host, launcher_only: str = "auto", check_mode: bool = False) -> dict[str, Any]:
    return runner(client).ensure(NAME, IMAGE, NETWORK, launcher_only, check_mode)


def test_a_container_is_started_and_its_key_learnt(client: Host) -> None:
    """Key, fingerprint and start come back; a second run changes nothing."""
    result = ensure(client)
    assert (result["changed"], result["key_changed"]) == (True, True)
    assert (result["fingerprint"], result["started_at"]) == (fingerprint(b"first"), "2026-11-24T10:00:00.5Z")
    again = ensure(client)
    assert (again["changed"], again["key_changed"], again["actions"]) == (False, False, [])
    assert again["public_key"] == result["public_key"]
    assert [one.name for one in client.containers.all] == ["micro-cipher"]


def test_the_container_is_hardened(client: Host) -> None:
    """No root, no capability, nothing to write to, no core dump with the key in it, no swap, no way out."""
    ensure(client)
    config = client.containers.get("micro-cipher").config
    settings = config["host_config"]
    assert config["user"] == "65532:65532"
    assert (settings["ReadonlyRootfs"], settings["CapDrop"]) == (True, ["ALL"])
    assert settings["SecurityOpt"] == ["no-new-privileges"]
    assert [dict(one) for one in settings["Ulimits"]] == [
        {"Name": "core", "Soft": 0, "Hard": 0},
        {"Name": "memlock", "Soft": -1, "Hard": -1},
    ]
    assert settings["Memory"] == settings["MemorySwap"]
    assert (settings["MemorySwappiness"], settings["IpcMode"], settings["NanoCpus"]) == (0, "none", 10**9)
    assert settings["PidsLimit"] == 64
    assert settings["RestartPolicy"] == {"Name": "always"}
    assert settings["NetworkMode"] == "cipher-net"
    assert not {"Binds", "PortBindings", "Privileged", "CapAdd"} & set(settings)


def test_a_stopped_container_is_started_again(client: Host) -> None:
    """With a new key, which is the one that counts, and not the one from before its start."""
    ensure(client)
    old = client.containers.get("micro-cipher")
    old.log = printed(b"first", BEFORE)
    old.status = "exited"
    result = ensure(client)
    assert client.containers.all == [old]
    assert (result["changed"], result["key_changed"]) == (True, True)
    assert result["fingerprint"] == fingerprint(b"second")


def test_an_engine_that_may_not_raise_limits_runs_it_without_locked_memory(client: Host) -> None:
    """Such as one in a container; all else stays, and a second run sees no difference."""
    client.containers.confined = True
    assert ensure(client)["changed"]
    limits = client.containers.get(NAME).config["host_config"]["Ulimits"]
    assert [one["Name"] for one in limits] == ["core"]
    assert [one.name for one in client.containers.all] == [NAME]
    assert not ensure(client)["changed"]


@pytest.mark.parametrize("check_mode", [True, False])
def test_somebody_elses_container_of_that_name_is_left_alone(client: Host, check_mode: bool) -> None:
    """Nothing that is not ours is ever removed; one that was started by hand from micro-cipher's image is ours."""
    ensure(client)
    theirs = client.containers.get(NAME)
    theirs.attrs["Config"].update(Labels={}, Image="registry.example.org/postgres:16")
    client.containers.history.clear()
    with pytest.raises(Failure, match=r"runs registry.example.org/postgres:16: rename it, or choose another name"):
        ensure(client, check_mode=check_mode)
    assert client.containers.history == []
    theirs.attrs["Config"]["Image"] = f"registry.example.org/{IMAGE.partition(':')[0]}@sha256:0"
    assert ensure(client, check_mode=check_mode)["actions"] == [f"Replaced container {NAME} (another options)"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("image", "image"),
        ("network", "networks"),
        ("second network", "networks"),
        ("options", "options"),
        ("started by hand", "options"),
        ("docker update --memory", "memory"),
        ("docker update --pids-limit", "pids"),
        ("docker update --restart", "restart policy"),
    ],
)
def test_another_container_replaces_the_old_one_when_it_has_its_key(client: Host, change: str, told: str) -> None:
    """The name goes to the new one only when that has printed its key, and check mode says so before."""
    ensure(client)
    old = client.containers.get("micro-cipher")
    if change == "image":
        client.images.local["cipher:1"] = Image("sha256:2")
    elif change == "network":
        old.attrs["NetworkSettings"]["Networks"] = {"bridge": {}}
    elif change == "options":
        old.attrs["Config"]["Labels"] = {_micro_cipher_options.LABEL_CONFIG: "00000000"}
    elif change == "second network":
        old.attrs["NetworkSettings"]["Networks"]["bridge"] = {}
    elif change == "started by hand":
        old.attrs["Config"]["Labels"] = None
    elif change == "docker update --memory":
        old.attrs["HostConfig"]["Memory"] = 0
    elif change == "docker update --pids-limit":
        old.attrs["HostConfig"]["PidsLimit"] = 0
    else:
        old.attrs["HostConfig"]["RestartPolicy"] = {"Name": "no"}
    client.containers.history.clear()
    foretold = ensure(client, check_mode=True)
    result = ensure(client)
    assert foretold["actions"] == result["actions"] == [f"Replaced container {NAME} (another {told})"]
    assert result["fingerprint"] == fingerprint(b"second")
    assert client.containers.history == [
        ("start", "micro-cipher.new"),
        ("remove", "micro-cipher"),
        ("rename", "micro-cipher.new"),
    ]
    assert [one.name for one in client.containers.all] == ["micro-cipher"]


@pytest.mark.parametrize("labels", [None, {}, {"somebody": "else"}])
@pytest.mark.parametrize("name", ["micro-cipher", "micro-cipher.new"])
@pytest.mark.parametrize("check_mode", [False, True])
def test_a_container_that_somebody_else_made_is_nobody_elses_to_remove(
    client: Host, labels: dict[str, str] | None, name: str, check_mode: bool
) -> None:
    """Whatever it is called: the name that is taken is told with what to do, and it runs on."""
    ensure(client)
    foreign = client.containers.get("micro-cipher")
    foreign.name = name
    foreign.attrs["Config"].update(Labels=labels, Image="nginx:1")
    client.containers.history.clear()
    if name == "micro-cipher":
        with pytest.raises(Failure, match="micro-cipher is somebody else's, it runs nginx:1: rename it"):
            runner(client).remove(NAME, check_mode)
    if name == "micro-cipher" or not check_mode:
        with pytest.raises(Failure, match=f"the container {name} is somebody else's"):
            ensure(client, check_mode=check_mode)
    assert client.containers.history == []
    assert client.containers.all == [foreign]


@pytest.mark.parametrize(
    ("status", "log", "said"),
    [
        ("running", "", "printed no public key within 60 s"),
        ("running", f"{SINCE} hello\n", "it said: hello"),
        ("exited", f"{SINCE} boom\n", "it is exited; it said: boom"),
        ("running", printed(b"x")[:-60], "printed no public key"),
    ],
)
def test_one_that_prints_no_key_does_not_replace_the_old_one(client: Host, status: str, log: str, said: str) -> None:
    """The old one, its key and what was sealed for it stay in force; the new one is gone; one line says why."""
    ensure(client)
    old = client.containers.get("micro-cipher")
    client.images.local["cipher:1"] = Image("sha256:2")

    def start(container: Container) -> None:
        container.status, container.log = status, log

    client.containers.on_start = start
    with pytest.raises(Failure, match=said) as caught:
        ensure(client)
    assert "\n" not in str(caught.value)
    assert client.containers.all == [old]
    assert old.status == "running"


def test_a_half_made_one_from_before_is_cleared_away(client: Host) -> None:
    """After a run that was interrupted."""
    ours = {_micro_cipher_options.LABEL_CONFIG: "00000000"}
    client.containers.create("cipher:1", name="micro-cipher.new", network="cipher-net", labels=ours)
    ensure(client)
    assert [one.name for one in client.containers.all] == ["micro-cipher"]


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        ("image", "no image cipher:1: pull it"),
        ("network", "no network cipher-net"),
        ("wall", "network cipher-net leads out"),
    ],
)
def test_what_is_missing_is_named_with_the_remedy(client: Host, missing: str, said: str) -> None:
    """Nothing is made before all is there."""
    if missing == "image":
        client.images.local.clear()
    else:
        client.networks.all.clear()
    if missing == "wall":
        client.networks.add(NETWORK, Internal=False)
    with pytest.raises(Failure, match=said):
        ensure(client)
    assert client.containers.all == []


@pytest.mark.parametrize("present", [False, True])
def test_check_mode_tells_and_does_nothing(client: Host, present: bool) -> None:
    """A change is told where there would be one, and only there."""
    if present:
        ensure(client)
    client.containers.history.clear()
    result = ensure(client, check_mode=True)
    assert (result["changed"], result["key_changed"]) == (not present, not present)
    assert client.containers.history == []


def test_a_bare_host_would_get_the_container() -> None:
    """Check mode without Docker."""
    result = _micro_cipher.Run(None, Paths("/nowhere"), 60).ensure(NAME, IMAGE, NETWORK, "auto", True)
    assert (result["changed"], result["public_key"]) == (True, None)


@pytest.mark.parametrize(
    ("log", "expected"),
    [
        (printed(b"old", BEFORE), None),
        (printed(b"old", BEFORE) + printed(b"new"), b"new"),
        (printed(b"new") + printed(b"newer", "2026-11-24T10:00:07Z"), b"newer"),
        ("no time in front\n" + printed(b"new"), b"new"),
    ],
)
def test_only_a_key_printed_since_the_start_counts(client: Host, log: str, expected: bytes | None) -> None:
    """Docker appends to the log over restarts, to the nanosecond."""
    ensure(client)
    container = client.containers.get("micro-cipher")
    container.log = log
    assert _micro_cipher.facts(container)["fingerprint"] == (fingerprint(expected) if expected else None)


def test_a_stopped_container_has_no_key() -> None:
    """The key was in its memory."""
    client = Client()
    client.images.local["i"] = Image("sha256:1")
    stopped = client.containers.create("i", name="micro-cipher", network="n")
    stopped.log = printed(b"old")
    expected = {"exists": True, "running": False, "public_key": None, "fingerprint": None, "started_at": None}
    expected["launcher_only"] = False
    assert _micro_cipher.facts(stopped) == expected


@pytest.mark.parametrize("check_mode", [False, True])
def test_a_container_is_removed(client: Host, check_mode: bool) -> None:
    """And its key with it; once."""
    ensure(client)
    result = runner(client).remove(NAME, check_mode)
    assert (result["changed"], result["key_changed"]) == (True, True)
    assert len(client.containers.all) == (1 if check_mode else 0)
    if not check_mode:
        assert not runner(client).remove(NAME, False)["changed"]


@pytest.fixture
def able(client: Host) -> Host:
    """A host whose image can answer the launcher only."""
    client.images.local[IMAGE] = Image("sha256:able", labels=ABLE)
    return client


def test_the_launcher_gets_a_secret_that_nobody_sees(able: Host) -> None:
    """The same on both sides, root's or the container's user's alone, in nothing that ``docker inspect`` shows."""
    result = ensure(able)
    assert result["launcher_only"]
    container = able.containers.get(NAME)
    secret = able.secret
    assert secret is not None
    assert len(secret) == 64
    assert container.contents == {SECRET_PATH: secret.encode()}
    assert (container.files[SECRET_PATH].mode, container.files[SECRET_PATH].uid) == (0o400, 65532)
    assert container.config["command"] == ["--secret-file", SECRET_PATH]
    assert secret not in repr((container.config, container.attrs, result))
    kept = able.kept
    assert kept.stat().st_mode & 0o777 == 0o600
    assert kept.parent.stat().st_mode & 0o777 == 0o700


def test_the_secret_lies_in_memory_only(able: Host) -> None:
    """In a volume that is a memory disk, without a name and gone with the container."""
    ensure(able)
    (mount,) = able.containers.get(NAME).config["host_config"]["Mounts"]
    assert (mount["Target"], mount["Type"], mount["Source"]) == ("/run/micro-cipher", "volume", None)
    driver = mount["VolumeOptions"]["DriverConfig"]
    assert (driver["Name"], driver["Options"]["type"], driver["Options"]["device"]) == ("local", "tmpfs", "tmpfs")


def test_a_secret_is_given_once_a_start(able: Host) -> None:
    """A second run leaves it; a start by somebody else, or a loss on the host, gets another, with the key as it is."""
    ensure(able)
    first = able.secret
    assert not ensure(able)["changed"]
    assert able.secret == first
    able.containers.get(NAME).attrs["State"]["StartedAt"] = "2026-11-24T10:00:00.4Z"
    assert able.secret is None
    assert ensure(able, check_mode=True)["actions"] == [f"Gave container {NAME} a secret"]
    assert able.secret is None
    result = ensure(able)
    assert (result["changed"], result["key_changed"]) == (True, False)
    assert able.secret not in (None, first)
    able.kept.unlink()
    assert ensure(able)["changed"]
    assert not ensure(able)["changed"]


def test_a_stopped_one_gets_a_new_secret_with_its_new_key(able: Host) -> None:
    """What it had was memory."""
    ensure(able)
    first = able.secret
    able.containers.get(NAME).status = "exited"
    assert ensure(able)["key_changed"]
    assert able.secret not in (None, first)


def test_the_host_keeps_the_secret_of_the_one_that_has_the_name(able: Host) -> None:
    """Until then the launcher talks to the old one; one that proves nothing changes nothing."""
    ensure(able)
    first = able.secret
    able.images.local[IMAGE] = Image("sha256:2", labels=ABLE)
    able.containers.on_start = lambda _container: None
    with pytest.raises(Failure, match="printed no public key"):
        ensure(able)
    assert able.secret == first
    able.containers.on_start = lambda container: setattr(container, "log", printed(b"another"))
    able.containers.history.clear()
    ensure(able)
    assert [call for call, _name in able.containers.history] == ["start", "put_archive", "remove", "rename"]
    assert able.secret not in (None, first)


@pytest.mark.parametrize(("policy", "labels"), [("auto", {}), ("never", {}), ("never", ABLE)])
def test_an_image_that_answers_everybody_gets_no_secret(client: Host, policy: str, labels: dict[str, str]) -> None:
    """Upstream's takes no arguments; and an operator may want none."""
    client.images.local[IMAGE] = Image("sha256:any", labels=labels)
    assert not ensure(client, policy)["launcher_only"]
    config = client.containers.get(NAME).config
    assert "command" not in config
    assert not config["host_config"].get("Mounts")
    assert not client.kept.exists()


def test_always_means_always(client: Host) -> None:
    """Where it cannot be had, nothing is started and the remedy is named."""
    with pytest.raises(Failure, match=r"answers everybody .*launcher_only=auto"):
        ensure(client, "always")
    assert client.containers.all == []


def test_a_secret_goes_with_its_container(able: Host) -> None:
    """And with the wish for one."""
    ensure(able)
    ensure(able, "never")
    assert not able.kept.exists()
    ensure(able, "always")
    runner(able).remove(NAME, True)
    assert able.secret
    runner(able).remove(NAME, False)
    assert not able.kept.exists()
