# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""micro-cipher runs hardened, its key is learnt from its output, and an old one goes when the new one has its key."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest

from ansible_collections.socialgouv.actions_runner.plugins.module_utils import _micro_cipher
from ansible_collections.socialgouv.actions_runner.plugins.module_utils._failure import Failure
from ansible_collections.socialgouv.actions_runner.tests.unit.plugins.module_utils.fake_docker import (
    Client,
    Container,
    Image,
)

WANTED = _micro_cipher.Wanted("micro-cipher", "cipher:1", "cipher-net")
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


@pytest.fixture
def client() -> Client:
    """A host with image and network, where a started micro-cipher prints its key."""
    made = Client()
    made.images.local["cipher:1"] = Image("sha256:1")
    made.networks.add("cipher-net")
    keys = iter([b"first", b"second", b"third"])

    def start(container: Container) -> None:
        container.log += printed(next(keys))

    made.containers.on_start = start
    return made


def ensure(client: Client, wanted: _micro_cipher.Wanted = WANTED, check_mode: bool = False) -> dict[str, Any]:
    time = Time()
    return _micro_cipher.ensure(client, wanted, 60, check_mode, sleep=time.sleep, clock=time.clock)


def test_a_container_is_started_and_its_key_learnt(client: Client) -> None:
    """Key, fingerprint and start come back; a second run changes nothing."""
    result = ensure(client)
    assert (result["changed"], result["key_changed"]) == (True, True)
    assert (result["fingerprint"], result["started_at"]) == (fingerprint(b"first"), "2026-11-24T10:00:00.5Z")
    again = ensure(client)
    assert (again["changed"], again["key_changed"], again["actions"]) == (False, False, [])
    assert again["public_key"] == result["public_key"]
    assert [one.name for one in client.containers.all] == ["micro-cipher"]


def test_the_container_is_hardened(client: Client) -> None:
    """No root, no capability, nothing to write, no core dump with the key in it, no swap, no way out."""
    ensure(client)
    config = client.containers.get("micro-cipher").config
    settings = config["host_config"]
    assert config["user"] == "65532:65532"
    assert (settings["ReadonlyRootfs"], settings["CapDrop"]) == (True, ["ALL"])
    assert settings["SecurityOpt"] == ["no-new-privileges"]
    assert [dict(one) for one in settings["Ulimits"]] == [{"Name": "core", "Soft": 0, "Hard": 0}]
    assert settings["Memory"] == settings["MemorySwap"]
    assert settings["PidsLimit"] == 64
    assert settings["RestartPolicy"] == {"Name": "always"}
    assert settings["NetworkMode"] == "cipher-net"
    assert not {"Binds", "PortBindings", "Privileged", "CapAdd"} & set(settings)


def test_a_stopped_container_is_started_again(client: Client) -> None:
    """With a new key, which is the one that counts, and not the one from before its start."""
    ensure(client)
    old = client.containers.get("micro-cipher")
    old.log = printed(b"first", BEFORE)
    old.status = "exited"
    result = ensure(client)
    assert client.containers.all == [old]
    assert (result["changed"], result["key_changed"]) == (True, True)
    assert result["fingerprint"] == fingerprint(b"second")


@pytest.mark.parametrize("change", ["image", "network", "options", "no labels"])
def test_another_container_replaces_the_old_one_when_it_has_its_key(client: Client, change: str) -> None:
    """The name goes to the new one only when that has printed its key."""
    ensure(client)
    old = client.containers.get("micro-cipher")
    if change == "image":
        client.images.local["cipher:1"] = Image("sha256:2")
    elif change == "network":
        old.attrs["NetworkSettings"]["Networks"] = {"bridge": {}}
    elif change == "options":
        old.attrs["Config"]["Labels"] = {_micro_cipher.LABEL_CONFIG: "00000000"}
    else:
        old.attrs["Config"]["Labels"] = None
    client.containers.history.clear()
    result = ensure(client)
    assert result["fingerprint"] == fingerprint(b"second")
    assert client.containers.history == [
        ("start", "micro-cipher.new"),
        ("remove", "micro-cipher"),
        ("rename", "micro-cipher.new"),
    ]
    assert [one.name for one in client.containers.all] == ["micro-cipher"]


@pytest.mark.parametrize(
    ("status", "log", "said"),
    [
        ("running", "", "printed no public key within 60 s"),
        ("running", f"{SINCE} hello\n", "it said: hello"),
        ("exited", f"{SINCE} boom\n", "it is exited; it said: boom"),
        ("running", printed(b"x")[:-60], "printed no public key"),
    ],
)
def test_one_that_prints_no_key_does_not_replace_the_old_one(client: Client, status: str, log: str, said: str) -> None:
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


def test_a_half_made_one_from_before_is_cleared_away(client: Client) -> None:
    """After a run that was interrupted."""
    client.containers.create("cipher:1", name="micro-cipher.new", network="cipher-net")
    ensure(client)
    assert [one.name for one in client.containers.all] == ["micro-cipher"]


@pytest.mark.parametrize(
    ("missing", "said"), [("image", "no image cipher:1: pull it"), ("network", "no network cipher-net")]
)
def test_what_is_missing_is_named_with_the_remedy(client: Client, missing: str, said: str) -> None:
    """Nothing is made before all is there."""
    if missing == "image":
        client.images.local.clear()
    else:
        client.networks.all.clear()
    with pytest.raises(Failure, match=said):
        ensure(client)
    assert client.containers.all == []


@pytest.mark.parametrize("present", [False, True])
def test_check_mode_tells_and_does_nothing(client: Client, present: bool) -> None:
    """A change is told where there would be one, and only there."""
    if present:
        ensure(client)
    client.containers.history.clear()
    result = ensure(client, check_mode=True)
    assert (result["changed"], result["key_changed"]) == (not present, not present)
    assert client.containers.history == []


def test_a_bare_host_would_get_the_container() -> None:
    """Check mode without Docker."""
    result = _micro_cipher.ensure(None, WANTED, 60, True)
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
def test_only_a_key_printed_since_the_start_counts(client: Client, log: str, expected: bytes | None) -> None:
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
    assert _micro_cipher.facts(stopped) == expected


@pytest.mark.parametrize("check_mode", [False, True])
def test_a_container_is_removed(client: Client, check_mode: bool) -> None:
    """And its key with it; once."""
    ensure(client)
    result = _micro_cipher.remove(client, "micro-cipher", check_mode)
    assert (result["changed"], result["key_changed"]) == (True, True)
    assert len(client.containers.all) == (1 if check_mode else 0)
    if not check_mode:
        assert not _micro_cipher.remove(client, "micro-cipher", False)["changed"]
