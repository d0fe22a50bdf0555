# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A network has the options that isolation rests on, and nobody's connection is cut for it but micro-cipher's."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.socialgouv.actions_runner.plugins.module_utils import _networks
from ansible_collections.socialgouv.actions_runner.plugins.module_utils._failure import Failure
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import names
from ansible_collections.socialgouv.actions_runner.tests.unit.plugins.module_utils.fake_docker import Client

ICC = "com.docker.network.bridge.enable_icc"
NAME = "com.docker.network.bridge.name"
CIPHER = _networks.cipher("cipher-net")
RUNNERS = _networks.runners("github-runner")
BRIDGE = names.bridge("github-runner")


@pytest.mark.parametrize(
    ("wanted", "attributes", "expected"),
    [
        (CIPHER, {"Driver": "bridge", "Internal": True, "Options": None}, {}),
        (CIPHER, {"Driver": "bridge", "Internal": True, "Options": {"other": "x"}}, {}),
        (CIPHER, {"Driver": "bridge", "Internal": False}, {"internal": (False, True)}),
        (CIPHER, {"Driver": "macvlan", "Internal": True}, {"driver": ("macvlan", "bridge")}),
        (RUNNERS, {"Driver": "bridge", "Internal": False, "Options": {ICC: "false", NAME: BRIDGE}}, {}),
        (RUNNERS, {"Driver": "bridge", "Options": {ICC: "true", NAME: BRIDGE}}, {ICC: ("true", "false")}),
        (RUNNERS, {"Driver": "bridge", "Options": {ICC: "false"}}, {NAME: (None, BRIDGE)}),
        (
            RUNNERS,
            {"Driver": "bridge", "Internal": True},
            {"internal": (True, False), ICC: (None, "false"), NAME: (None, BRIDGE)},
        ),
    ],
)
def test_what_isolation_rests_on_is_compared(
    wanted: _networks.Wanted, attributes: dict[str, Any], expected: dict[str, Any]
) -> None:
    """micro-cipher's network leads nowhere, the runners' not to one another; other options are nobody's business."""
    assert _networks.differences(wanted, attributes) == expected


@pytest.mark.parametrize("wanted", [CIPHER, RUNNERS], ids=lambda one: one.name)
@pytest.mark.parametrize("check_mode", [False, True])
def test_a_network_is_created_once(wanted: _networks.Wanted, check_mode: bool) -> None:
    """Also beside one whose name only begins alike; check mode says so and creates nothing."""
    client = Client()
    client.networks.add(f"{wanted.name}-2")
    result = _networks.ensure(client, wanted, (), check_mode)
    assert (result["changed"], result["actions"]) == (True, [f"Created network {wanted.name}"])
    assert result["diff"]["before"] == {}
    assert result["diff"]["after"]["internal"] is wanted.internal
    assert len(client.networks.all) == (1 if check_mode else 2)
    if not check_mode:
        assert result["network"]["Name"] == wanted.name
        again = _networks.ensure(client, wanted, (), False)
        assert (again["changed"], again["actions"]) == (False, [])
        assert again["diff"]["before"] == again["diff"]["after"]


@pytest.mark.parametrize("attached", [(), ("micro-cipher",)])
@pytest.mark.parametrize("check_mode", [False, True])
def test_a_network_with_other_options_is_made_anew(attached: tuple[str, ...], check_mode: bool) -> None:
    """micro-cipher moves with it: its key lives on."""
    client = Client()
    before = client.networks.add("cipher-net", attached)
    result = _networks.ensure(client, CIPHER, ("micro-cipher",), check_mode)
    assert (result["changed"], result["actions"]) == (True, ["Recreated network cipher-net"])
    assert (result["diff"]["before"]["internal"], result["diff"]["after"]["internal"]) == (False, True)
    [now] = client.networks.all
    assert now.attached == list(attached)
    assert (now is before) is check_mode


@pytest.mark.parametrize("check_mode", [False, True])
def test_a_network_that_others_use_is_left_alone(check_mode: bool) -> None:
    """They are named, and nothing is half done."""
    client = Client()
    before = client.networks.add("cipher-net", ("micro-cipher", "web", "app"))
    with pytest.raises(Failure, match=r"internal differ.*app, web"):
        _networks.ensure(client, CIPHER, ("micro-cipher",), check_mode)
    assert client.networks.all == [before]
    assert before.attached == ["micro-cipher", "web", "app"]


@pytest.mark.parametrize("check_mode", [False, True])
def test_a_network_is_removed(check_mode: bool) -> None:
    """Once, and by its exact name."""
    client = Client()
    other = client.networks.add("cipher-net-2")
    client.networks.add("cipher-net")
    assert _networks.remove(client, "cipher-net", check_mode) == {
        "changed": True,
        "actions": ["Removed network cipher-net"],
    }
    if not check_mode:
        assert client.networks.all == [other]
        assert _networks.remove(client, "cipher-net", False) == {"changed": False, "actions": []}


def test_a_network_in_use_is_not_removed() -> None:
    """Docker's own words say why."""
    client = Client()
    client.networks.add("cipher-net", ("web",))
    with pytest.raises(Failure, match=r"cannot remove the network cipher-net: .*active endpoints"):
        _networks.remove(client, "cipher-net", False)


def test_a_bare_host_would_get_the_network() -> None:
    """Check mode without Docker."""
    assert _networks.ensure(None, CIPHER, (), True)["changed"]
    assert not _networks.remove(None, "cipher-net", True)["changed"]
