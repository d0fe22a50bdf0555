#!/usr/bin/python
# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: runner_pool
short_description: Bring the instances of pools to the wanted number and configuration
version_added: 0.1.0
description:
  - Enables and starts the instances of one or several pools, all at once, and drains those that are too many, the
    highest first.
  - Idle instances whose configuration or image has changed are renewed. A running job is never disturbed; its
    successor is made anew anyway.
  - Creates the Docker network of the runner containers where it is missing.
author: SocialGouv (@SocialGouv)
requirements:
  - Docker SDK for Python on the host, 5.0.0 or newer
extends_documentation_fragment:
  - socialgouv.actions_runner._attributes
  - socialgouv.actions_runner._attributes.action_group
attributes:
  diff_mode:
    support: none
options:
  name:
    description: The pool, as installed by M(socialgouv.actions_runner.runner_unit), where it is but one.
    type: str
    default: default
  count:
    description: The number of instances of the pool O(name).
    type: int
  pools:
    description:
      - Several pools. O(name) and O(count) are not looked at then.
      - When O(state=present), O(count) or O(pools) is required.
    type: list
    elements: dict
    suboptions:
      name:
        description: The pool, as installed by M(socialgouv.actions_runner.runner_unit).
        type: str
        required: true
      count:
        description: The number of its instances. Required when O(state=present).
        type: int
  purge:
    description:
      - Whether to give up the pools of the host that are not named here.
      - Their instances are drained, never with a job lost, and deregistered. Their files, the credential among them, go
        when the last instance has gone; where a job delays that, the host sees to it by itself later.
    type: bool
    default: false
  wait:
    description:
      - Whether to wait until every instance is idle or busy, and to fail where one is not in time.
      - With O(state=absent), whether to wait until all jobs have ended.
    type: bool
    default: true
  rollback:
    description:
      - Whether a pool that is not ready in time goes back to the configuration and the image that its runners last came
        online with. The module fails all the same, and says so.
      - What was good is remembered each time that O(wait) ends well.
    type: bool
    default: false
  wait_timeout:
    description: Seconds to wait.
    type: int
    default: 120
  state:
    description: V(absent) drains every instance of the pool.
    type: str
    choices:
      - present
      - absent
    default: present
seealso:
  - module: socialgouv.actions_runner.runner_unit
  - module: socialgouv.actions_runner.runner_info
"""

EXAMPLES = r"""
- name: Have four runners
  socialgouv.actions_runner.runner_pool:
    count: 4

- name: Have exactly these pools
  socialgouv.actions_runner.runner_pool:
    pools:
      - name: default
        count: 4
      - name: gpu
        count: 1
    purge: true

- name: Let all jobs end and stop
  socialgouv.actions_runner.runner_pool:
    state: absent
    wait_timeout: 7200
"""

RETURN = r"""
instances:
  description:
    - The instances, those that still drain included.
    - Each is as RV(socialgouv.actions_runner.runner_info#module:instances) describes it.
  returned: success
  type: list
  elements: dict
drained:
  description: Whether the host is in maintenance, and no instance is started.
  returned: O(state=present)
  type: bool
drain_reason:
  description: Why it is in maintenance; empty where nobody said.
  returned: O(state=present)
  type: str
actions:
  description: What was done, or would be in check mode.
  returned: success
  type: list
  elements: str
  sample: ["Started 1"]
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils import _runner
from ..module_utils.steps import runner_pool


def main() -> None:
    """Entry point."""
    _runner.run(AnsibleModule(**runner_pool.SPEC, supports_check_mode=True), runner_pool.work)


if __name__ == "__main__":
    main()
