# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names tell hosts, pools and instances apart, fit GitHub, and are read back as they were written."""

from __future__ import annotations

import re
import string

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import names

POOLS = st.from_regex(names.POOL_NAME, fullmatch=True)
NUMBERS = st.integers(1, 9999)
MARKS = st.text("0123456789abcdef", min_size=8, max_size=8)
NONCES = st.text("0123456789abcdef", min_size=6, max_size=6)


@given(pool=POOLS, number=NUMBERS)
def test_an_instance_is_read_back_as_it_was_named(pool: str, number: int) -> None:
    """No two pools share an instance, and systemd's name leads back to pool and number."""
    instance = names.instance_name(pool, number)
    assert names.parse_instance(instance) == (pool, number)
    assert names.parse_unit(names.unit_name(instance)) == instance


@pytest.mark.parametrize(
    "name",
    ["", "0", "01", "10000", "-1", "gpu", "gpu-", "gpu-0", "GPU-1", "default-1", "a_b-1", "gpu-1/../2", "1\n", "é-1"],
)
def test_what_is_no_instance_is_refused_with_the_remedy(name: str) -> None:
    """An instance becomes a path and a unit: what was not named by us is not taken."""
    with pytest.raises(names.InvalidName, match="use NUMBER for the pool default, POOL-NUMBER for another"):
        names.parse_instance(name)


@pytest.mark.parametrize(
    ("unit", "instance"),
    [
        ("github-runner@3.service", "3"),
        ("github-runner@gpu-12.service", "gpu-12"),
        ("github-runner@.service", None),
        ("github-runner@3.timer", None),
        ("github-runner@x/y-1.service", None),
        ("github-runner@default-1.service", None),
        ("ssh.service", None),
        ("", None),
    ],
)
def test_foreign_units_are_not_taken_for_instances(unit: str, instance: str | None) -> None:
    """What parse_unit gives can always be parsed as an instance."""
    assert names.parse_unit(unit) == instance


@given(pool=POOLS, host=st.text(max_size=80), number=NUMBERS, mark=MARKS, nonce=NONCES)
def test_runner_names_fit_github_and_carry_the_mark(pool: str, host: str, number: int, mark: str, nonce: str) -> None:
    """Any host name makes a name of at most 64 plain characters that is recognized as this host's."""
    name = names.runner_name(pool, host, number, mark, nonce)
    assert len(name) <= 64
    assert set(name) <= set(string.ascii_lowercase + string.digits + "-")
    assert name.startswith(f"{pool}-")
    assert name.endswith(f"-{number}-{mark}{nonce}")
    assert names.is_ours(name, mark)


@given(pool=POOLS, host=st.text(max_size=80), number=NUMBERS, nonce=NONCES, marks=st.tuples(MARKS, MARKS))
def test_another_hosts_runner_is_never_ours(
    pool: str, host: str, number: int, nonce: str, marks: tuple[str, str]
) -> None:
    """The mark alone decides: hosts with the same name and instance never touch each other's runners."""
    assume(marks[0] != marks[1])
    assert not names.is_ours(names.runner_name(pool, host, number, marks[0], nonce), marks[1])


@pytest.mark.parametrize(
    "name",
    [
        "default-host-1-0123456789abcdef0",  # one digit more than a nonce has
        "default-host-1-01234567",
        "default-host-1-01234567ABCDEF",
        "default-host-01234567abcdef",
        "1-01234567abcdef",
        "default-host-1-01234567abcdef-old",
        " default-host-1-01234567abcdef",
        "default-host-1-01234567abcdef\n",
    ],
)
def test_only_the_exact_form_is_ours(name: str) -> None:
    """A name that somebody else made up around our mark is left alone."""
    assert not names.is_ours(name, "01234567")


def test_the_mark_is_stable_and_hides_the_machine_id() -> None:
    """A host keeps its mark, another has another, and the machine id cannot be read out of it."""
    one, other = "0" * 31 + "1", "0" * 31 + "2"
    assert names.host_mark(one, "web1") == names.host_mark(f"{one}\n", "WEB1")
    assert names.host_mark(one, "web1") != names.host_mark(other, "web1")
    assert len(names.host_mark(one, "web1")) == 8
    assert names.host_mark(one, "web1") not in one


def test_a_cloned_machine_id_makes_no_common_mark() -> None:
    """Two machines cloned with one machine id never take each other's runners for their own."""
    assert names.host_mark("0123", "web1") != names.host_mark("0123", "web2")


@given(st.binary(min_size=3, max_size=8))
def test_a_nonce_is_made_of_its_random_bytes(data: bytes) -> None:
    """Six hexadecimal digits, three bytes of chance."""
    assert bytes.fromhex(names.new_nonce(data)) == data[:3]


@pytest.mark.parametrize(
    ("pool", "unit", "path"),
    [
        ("default", "github-runner-default.slice", "/github.slice/github-runner.slice/github-runner-default.slice"),
        ("my-gpu", "github-runner-my_gpu.slice", "/github.slice/github-runner.slice/github-runner-my_gpu.slice"),
    ],
)
def test_a_pools_slice_is_right_below_ours(pool: str, unit: str, path: str) -> None:
    """systemd reads a hyphen as one level more."""
    assert names.pool_slice(pool) == unit
    assert names.slice_path(unit) == path


@given(st.text(min_size=1, max_size=200))
def test_every_network_has_an_interface_that_the_firewall_knows(network: str) -> None:
    """Linux takes 15 characters, and no slash."""
    assert re.fullmatch("ghr-[0-9a-f]{8}", names.bridge(network))
