# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role knows of pools, sorted by who may know it."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.socialgouv.actions_runner.plugins.plugin_utils import _pools

DOCUMENTATION = r"""
name: runner_pools
short_description: Complete the pools of a host and sort their options by who may know them
version_added: 0.1.0
author: SocialGouv (@SocialGouv)
description:
  - Gives each pool the defaults where it says nothing itself. A pool with a credential of its own, be it a token or a
    GitHub App, gets no other.
  - Takes logins out of the URLs of proxies.
  - Sorts what there is into what each module needs, so that no secret goes where none is needed.
positional: defaults, registries
options:
  _input:
    description: The pools.
    type: list
    elements: dict
    required: true
  defaults:
    description: What holds where a pool says nothing.
    type: dict
    default: {}
  registries:
    description: The registries that want a login before they give an image.
    type: list
    elements: str
    default: []
seealso:
  - module: socialgouv.actions_runner.runner_unit
"""

EXAMPLES = r"""
- name: Install the pools without their credentials
  socialgouv.actions_runner.runner_unit:
    pools: "{{ (pools | socialgouv.actions_runner.runner_pools(defaults)).units }}"
"""

RETURN = r"""
_value:
  description: The options, in parts.
  type: dict
  contains:
    checks:
      description: All of them, for M(socialgouv.actions_runner.runner_check).
      type: list
      elements: dict
    credentials:
      description: For O(socialgouv.actions_runner.runner_rollout#module:credentials).
      type: list
      elements: dict
    scopes:
      description: For M(socialgouv.actions_runner.runner_registrations), where and with which credential, each once.
      type: list
      elements: dict
    units:
      description: For O(socialgouv.actions_runner.runner_rollout#module:runner_unit).
      type: list
      elements: dict
    counts:
      description: For O(socialgouv.actions_runner.runner_rollout#module:runner_pool).
      type: list
      elements: dict
    images:
      description: For O(socialgouv.actions_runner.runner_rollout#module:images), those that need no login.
      type: list
      elements: str
    private_images:
      description: For O(socialgouv.actions_runner.runner_rollout#module:private_images), those that need one.
      type: list
      elements: str
"""


def runner_pools(pools: Any, defaults: Any = None, registries: Any = ()) -> dict[str, list[Any]]:
    """Complete and sort pools. Raises AnsibleFilterError."""
    if not isinstance(pools, list) or not all(isinstance(one, dict) for one in pools):
        raise AnsibleFilterError("pools is not a list of dictionaries: write each pool as one, with a name")
    return _pools.sort(pools, defaults or {}, registries)


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Any]:
        """By name."""
        return {"runner_pools": runner_pools}
