# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a host's container is made, and in which order hosts are named."""

from __future__ import annotations

import pytest

from bed import hosts
from bed.layout import HOST_PREFIX, LABEL, REGISTRY


def arguments(privileged: bool) -> list[str]:
    return hosts.create_arguments(
        "bed-host1", image="testbed/host", port=40022, privileged=privileged, labels={LABEL: "/state"}
    )


@pytest.mark.parametrize("privileged", [True, False])
def test_a_host_is_reached_over_loopback_only(privileged: bool) -> None:
    published = [word for word in arguments(privileged) if word.startswith("--publish")]
    assert published == ["--publish=127.0.0.1:40022:22"]


@pytest.mark.parametrize("privileged", [True, False])
def test_no_host_shares_the_machines_cgroups(privileged: bool) -> None:
    words = arguments(privileged)
    assert "--cgroupns=private" in words
    assert not [word for word in words if "/sys/fs/cgroup" in word]


@pytest.mark.parametrize("privileged", [True, False])
def test_a_host_carries_the_mark_by_which_down_finds_it(privileged: bool) -> None:
    assert f"--label={LABEL}=/state" in arguments(privileged)


def test_privileged_is_used_where_it_works_and_nothing_else() -> None:
    words = arguments(privileged=True)
    assert "--privileged" in words
    assert not [word for word in words if word.startswith(("--cap-add", "--security-opt"))]


def test_without_privileged_no_capability_is_asked_for_that_a_machine_may_withhold() -> None:
    words = arguments(privileged=False)
    assert "--privileged" not in words
    assert "--cap-add=SYS_ADMIN" in words
    assert "--cap-add=SYS_RESOURCE" not in words


def test_the_image_ends_the_words_so_that_no_option_becomes_a_command() -> None:
    assert arguments(privileged=False)[-1] == "testbed/host"


def test_hosts_come_in_the_order_of_their_numbers_and_servers_are_none() -> None:
    names = [hosts.name_of(10), REGISTRY, hosts.name_of(9), HOST_PREFIX, hosts.name_of(1)]
    assert hosts.in_order(names) == [hosts.name_of(1), hosts.name_of(9), hosts.name_of(10)]
