#!/usr/bin/python
# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: runner_info
short_description: Every runner instance of a host, and how it is
version_added: 0.1.0
description:
  - Reads the state of every instance of the host from systemd and from what the instances publish.
  - Needs neither Docker nor GitHub.
author: SocialGouv (@SocialGouv)
extends_documentation_fragment:
  - socialgouv.actions_runner._attributes.info
  - socialgouv.actions_runner._attributes.action_group
options: {}
"""

EXAMPLES = r"""
- name: Look at the host's runners
  socialgouv.actions_runner.runner_info:
  register: runners

- name: Name those that do not serve
  ansible.builtin.debug:
    msg: "{{ runners.instances | rejectattr('state', 'in', ['idle', 'busy']) | map(attribute='name') }}"
"""

RETURN = r"""
host:
  description: The host's short name, as it stands in the names of its runners.
  returned: success
  type: str
mark:
  description: What marks the host's runners and containers as its own.
  returned: success
  type: str
instances:
  description: The instances, those that still drain included.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The instance, as in C(github-runner@NAME).
      type: str
    unit:
      description: The systemd unit.
      type: str
    enabled:
      description: Whether the unit starts with the host.
      type: bool
    active_state:
      description: The unit's C(ActiveState) in systemd.
      type: str
    state:
      description: >-
        V(starting), V(idle), V(busy), V(draining), V(sealed), V(waiting), V(outdated), V(failed), or V(stopped) where
        no launcher runs.
      type: str
    reason:
      description: Why it is in this state, where the state alone does not say it.
      type: str
    since:
      description: When it came into this state, in seconds since 1970.
      type: float
    until:
      description: When it tries again by itself, in seconds since 1970; null where it waits for nothing.
      type: float
    pool:
      description: The pool.
      type: str
    runner_name:
      description: The name of the present runner at GitHub, which is the name of its container too.
      type: str
    runner_id:
      description: The number of the present runner at GitHub.
      type: int
    container:
      description: The ID of its container.
      type: str
    image_id:
      description: The ID of its image.
      type: str
    job:
      description: The name of the job that runs, as the workflow gives it.
      type: str
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils import _runner
from ..module_utils._runner_pool import describe
from ..module_utils._systemd import Systemd
from ..module_utils.launcher import host, state
from ..module_utils.launcher.paths import Paths


def work(module: AnsibleModule) -> dict[str, Any]:
    """Read everything."""
    paths = Paths()
    here = host.read(paths)
    units = Systemd(module.run_command, paths).instances()
    instances = [describe(name, unit, state.read(paths, name)) for name, unit in units.items()]
    return {"changed": False, "host": here.name, "mark": here.mark, "instances": instances}


def main() -> None:
    """Entry point."""
    _runner.run(AnsibleModule(argument_spec={}, supports_check_mode=True), work)


if __name__ == "__main__":
    main()
