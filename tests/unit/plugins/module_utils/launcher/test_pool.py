# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A pool file holds exactly what can be run, and says which option is wrong."""

from __future__ import annotations

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import names, pool

GOOD = {"name": "gpu", "url": "https://github.com/acme", "image": "ghcr.io/acme/runner:1", "labels": ["self-hosted"]}
COUNTS = st.integers(0, 2**40)
POOLS = st.builds(
    pool.Pool,
    name=st.from_regex(names.POOL_NAME, fullmatch=True),
    url=st.sampled_from(["https://github.com/acme", "https://github.com/acme/widgets"]),
    image=st.from_regex(r"[a-z][a-z0-9./:-]{0,40}", fullmatch=True),
    labels=st.lists(st.from_regex(r"[^\s,]{1,256}", fullmatch=True), min_size=1, max_size=5).map(tuple),
    memory=COUNTS,
    nano_cpus=COUNTS,
    pids_limit=COUNTS,
    nofile_limit=COUNTS,
    storage=COUNTS,
    sudo=st.booleans(),
    capabilities=st.lists(st.sampled_from(["NET_RAW", "SYS_PTRACE"]), max_size=2).map(tuple),
    drain_timeout=COUNTS,
    runner_group_id=COUNTS,
    retired=st.booleans(),
    proxy=st.sampled_from(["", "http://proxy.example.org:3128", "https://[::1]:3128/"]),
    container_no_proxy=st.sampled_from(["", "localhost,.example.org"]),
)


@given(POOLS)
def test_a_pool_file_is_read_back_as_it_was_written(one: pool.Pool) -> None:
    """The module writes it, the launcher reads it: both mean the same."""
    assert pool.load(one.dump()) == one


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": "GPU"}, "pool name 'GPU'"),
        ({"name": "a" * 21}, "20 at most"),
        ({"name": "-a"}, "pool name"),
        ({"name": "../x"}, "pool name"),
        ({"url": "https://github.com"}, "use https://github.com/ORG"),
        ({"image": ""}, "image ''"),
        ({"image": "a b"}, "image 'a b'"),
        ({"labels": []}, "1 to 100 labels, not 0"),
        ({"labels": ["x"] * 101}, "1 to 100 labels, not 101"),
        ({"labels": ["a,b"]}, "no comma"),
        ({"labels": [""]}, "1 to 256 characters"),
        ({"labels": ["x" * 257]}, "1 to 256 characters"),
        ({"labels": "self-hosted"}, "labels is not a list of strings"),
        ({"labels": [1]}, "labels is not a list of strings"),
        ({"memory": -1}, "memory is -1"),
        ({"drain_timeout": -5}, "drain_timeout is -5"),
        ({"pids_limit": True}, "pids_limit is not a number"),
        ({"nano_cpus": 1.5}, "nano_cpus is not a number"),
        ({"sudo": 1}, "sudo is not true or false"),
        ({"capabilities": ["ALL, SYS_ADMIN"]}, "the capability 'ALL, SYS_ADMIN' is not usable"),
        ({"capabilities": "ALL"}, "capabilities is not a list of strings"),
        ({"nofile_limit": -1}, "nofile_limit is -1"),
        ({"docker_access": "all"}, "docker_access is 'all': it takes none, dind, sysbox, socket"),
        ({"docker_access": "socket", "storage": 1}, "leave one of the two out"),
        ({"hooks": ["job_paused"]}, "it takes job_started, job_completed"),
        ({"network": None}, "network is not a string"),
        ({"retired": 1}, "retired is not true or false"),
        ({"registration": "scale-set"}, "registration is 'scale-set': it takes jit or token"),
        ({"url": "https://github.com/acme/widgets", "runner_group": "gpu"}, "a repository has no runner groups"),
        ({"runner_group": "a\nb"}, "runner group is not usable"),
        ({"registration": "token", "runner_group_id": 3}, "by its name, not by its number"),
        ({"proxy": "proxy:3128"}, "proxy is no proxy: write it like http://proxy.example.org:3128"),
        ({"proxy": "http://me:pass@proxy:3128"}, "a login is sealed apart"),
        ({"container_proxy": "http://proxy:3128/x y"}, "container_proxy is no proxy"),
        ({"ca": "/etc/ca.pem"}, "ca holds no certificates"),
        ({"container_ca": "-----BEGIN PRIVATE KEY-----"}, "container_ca holds no certificates"),
        ({"no_proxy": "a\nb"}, "no_proxy is not usable"),
        ({"colour": "red", "shape": "round"}, r"unknown fields \(colour, shape\): update the launcher"),
    ],
)
def test_a_pool_that_cannot_run_is_refused_by_the_name_of_the_option(changes: dict[str, object], said: str) -> None:
    """One line that names the option and what it takes."""
    with pytest.raises(pool.PoolError, match=said) as caught:
        pool.load(json.dumps({**GOOD, **changes}))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("missing", sorted(GOOD))
def test_what_is_missing_is_named(missing: str) -> None:
    """A file of an older playbook says what it lacks."""
    with pytest.raises(pool.PoolError, match=f"lacks {missing}: run the playbook again"):
        pool.load(json.dumps({key: value for key, value in GOOD.items() if key != missing}))


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "5", '"x"'])
def test_a_damaged_file_is_refused_with_the_remedy(text: str) -> None:
    """Whatever lies there: run the playbook again."""
    with pytest.raises(pool.PoolError, match="damaged: run the playbook again"):
        pool.load(text)


@pytest.mark.parametrize(
    ("option", "value", "renews"),
    [
        ("image", "ghcr.io/acme/runner:2", True),
        ("labels", ("self-hosted", "gpu"), True),
        ("url", "https://github.com/acme/widgets", True),
        ("network", "other", True),
        ("memory", 1, True),
        ("nano_cpus", 1, True),
        ("pids_limit", 1, True),
        ("nofile_limit", 1, True),
        ("storage", 1, True),
        ("sudo", True, True),
        ("docker_access", "dind", True),
        ("hooks", ("job_started",), True),
        ("capabilities", ("SYS_PTRACE",), True),
        ("runner_group_id", 2, True),
        ("drain_timeout", 1, False),
    ],
)
def test_the_sum_changes_with_what_a_container_is_made_of_only(option: str, value: object, renews: bool) -> None:
    """An idle runner is renewed when it would be made otherwise now, and for nothing else."""
    before = pool.from_mapping(GOOD)
    after = dataclasses.replace(before, **{option: value})
    assert (before.config != after.config) is renews


@pytest.mark.parametrize(
    ("own", "machine", "expected"),
    [
        ([], "x86_64", ("self-hosted", "linux", "x64")),
        ([], "aarch64", ("self-hosted", "linux", "arm64")),
        ([], "armv7l", ("self-hosted", "linux", "arm")),
        ([], "RISCV64", ("self-hosted", "linux", "riscv64")),
        (["docker", "gpu"], "x86_64", ("self-hosted", "linux", "x64", "docker", "gpu")),
        (["Linux", "docker", "Docker", "X64"], "x86_64", ("self-hosted", "linux", "x64", "docker")),
    ],
)
def test_githubs_default_labels_are_listed_and_each_label_once(
    own: list[str], machine: str, expected: tuple[str, ...]
) -> None:
    """A JIT configuration gets no label by itself; GitHub compares labels without case."""
    assert pool.all_labels(own, machine) == expected


@pytest.mark.parametrize(
    ("changes", "outdates"),
    [
        ({"container_proxy": "http://proxy:3128"}, True),
        ({"container_ca": "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----"}, True),
        ({"registration": "token"}, True),
        ({"runner_group": "gpu machines"}, True),
        ({"proxy": "http://proxy:3128"}, False),
        ({"ca": "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----"}, False),
        ({"drain_timeout": 5}, False),
        ({"retired": True}, False),
    ],
)
def test_only_what_a_container_is_made_of_makes_it_outdated(changes: dict[str, object], outdates: bool) -> None:
    """How the launcher reaches GitHub renews no runner."""
    one = pool.from_mapping(GOOD)
    assert (dataclasses.replace(one, **changes).config != one.config) is outdates  # type: ignore[arg-type]


def test_the_defaults_of_github_can_be_left_out() -> None:
    """A pool of its own labels alone takes no job that asks for nothing but self-hosted."""
    assert pool.all_labels(["gpu", "GPU"], "x86_64", with_defaults=False) == ("gpu",)


@pytest.mark.parametrize(
    ("names_given", "said"), [(["a", "a"], "two pools are called a"), (["a", "B"], "pool name 'B'")]
)
def test_pools_have_names_of_their_own(names_given: list[str], said: str) -> None:
    """Their files and instances are told apart by them."""
    with pytest.raises(pool.PoolError, match=said):
        pool.check_names(names_given)
