# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A pool's options as a person writes them."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.socialgouv.actions_runner.plugins.module_utils import _pool_options
from ansible_collections.socialgouv.actions_runner.plugins.module_utils._failure import Failure
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import pool

OPTIONS: dict[str, Any] = {
    "name": "default",
    "url": "https://github.com/acme",
    "image": "runner:1",
    "labels": [],
    "default_labels": True,
    "runner_group_id": 1,
    "network": "github-runner",
    "cipher_network": "cipher-net",
    "micro_cipher": "micro-cipher",
    "memory": "0",
    "cpus": 0.0,
    "pids_limit": 4096,
    "nofile_limit": 16384,
    "storage": "0",
    "sudo": False,
    "capabilities": [],
    "docker_access": "none",
    "dind_image": "docker:dind",
    "dind_privileged": True,
    "sysbox_runtime": "sysbox-runc",
    "job_started_hook": None,
    "job_completed_hook": "",
    "hook_timeout": 60,
    "drain_timeout": 21600,
}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, {}),
        ({"memory": "4G"}, {"memory": 4 * 1024**3}),
        ({"memory": "512M"}, {"memory": 512 * 1024**2}),
        ({"memory": "1024"}, {"memory": 1024}),
        ({"storage": "20G"}, {"storage": 20 * 1024**3}),
        ({"sudo": True, "capabilities": ["SYS_PTRACE"]}, {"sudo": True, "capabilities": ("SYS_PTRACE",)}),
        ({"docker_access": "dind", "dind_privileged": False}, {"docker_access": "dind", "dind_privileged": False}),
        ({"job_completed_hook": "#!/bin/sh\n"}, {"hooks": ("job_completed",)}),
        ({"cpus": 1.5}, {"nano_cpus": 1_500_000_000}),
        ({"cpus": 0.1}, {"nano_cpus": 100_000_000}),
        ({"labels": ["gpu"]}, {"labels": ("self-hosted", "linux", "x64", "gpu")}),
        ({"labels": ["gpu"], "default_labels": False}, {"labels": ("gpu",)}),
    ],
)
def test_options_become_a_pool(given: dict[str, Any], expected: dict[str, Any]) -> None:
    """Sizes in bytes, processors in billionths, GitHub's three labels listed; the defaults are the pool's own."""
    plain = {"name": "default", "url": "https://github.com/acme", "image": "runner:1"}
    labels = ("self-hosted", "linux", "x64")
    assert _pool_options.to_pool({**OPTIONS, **given}, "x86_64") == pool.Pool(**{**plain, "labels": labels, **expected})


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"memory": "much"}, "memory 'much' is not a size: write it like 512M or 4G"),
        ({"memory": "-1"}, "memory"),
        ({"storage": "much"}, "storage 'much' is not a size"),
        ({"capabilities": ["net raw"]}, "the capability 'net raw' is not usable: write it like NET_BIND_SERVICE"),
        ({"docker_access": "dind", "storage": "1G"}, "leave one of the two out"),
        ({"cpus": -1.0}, "nano_cpus|cpus"),
        ({"url": "https://github.com"}, r"pool default: .*use https://github\.com/ORG"),
        ({"labels": ["a b"]}, "pool default: the label 'a b' is not usable"),
        ({"name": "X"}, "pool name 'X'"),
        ({"pids_limit": -1}, "pids_limit is -1"),
    ],
)
def test_a_bad_option_is_named(given: dict[str, Any], said: str) -> None:
    """One line, with the pool and the remedy."""
    with pytest.raises(Failure, match=said) as caught:
        _pool_options.to_pool({**OPTIONS, **given}, "x86_64")
    assert "\n" not in str(caught.value)
