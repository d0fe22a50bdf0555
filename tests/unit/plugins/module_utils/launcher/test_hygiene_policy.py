# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The policy file says what it was told, and a damaged one is never taken for a wish to remove more."""

from __future__ import annotations

import json

import pytest

from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import hygiene_policy
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.hygiene_policy import (
    Policy,
    PolicyError,
)

FULL = Policy("engine", ("acme/*", "sha256:1"), 60, 7200, 90)


@pytest.mark.parametrize("policy", [Policy(), FULL])
def test_what_is_written_is_read(policy: Policy) -> None:
    """To the last field."""
    assert hygiene_policy.load(policy.dump()) == policy


def test_without_a_file_only_leftovers_go() -> None:
    """The default is the one that harms nobody."""
    assert hygiene_policy.load(None) == Policy()
    assert Policy().scope == hygiene_policy.LEFTOVERS


@pytest.mark.parametrize("lacking", ["scope", "keep", "min_age", "max_age", "disk_mark"])
def test_a_field_that_lacks_is_damage(lacking: str) -> None:
    """A keep-list that was lost must not be an empty one."""
    document = {key: value for key, value in json.loads(FULL.dump()).items() if key != lacking}
    with pytest.raises(PolicyError, match="damaged: run the playbook again"):
        hygiene_policy.load(json.dumps(document))


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"scope": "engine"}'])
def test_what_is_no_policy_is_damage(text: str) -> None:
    """Half a file, or another's."""
    with pytest.raises(PolicyError, match="damaged"):
        hygiene_policy.load(text)


def test_another_scope_is_refused() -> None:
    """Also one from a later version."""
    with pytest.raises(PolicyError, match="it takes leftovers or engine"):
        hygiene_policy.load(FULL.dump().replace("engine", "all"))
