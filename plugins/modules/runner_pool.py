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
actions:
  description: What was done, or would be in check mode.
  returned: success
  type: list
  elements: str
  sample: ["Started 1"]
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils import _docker, _runner
from ..module_utils._failure import Failure
from ..module_utils._runner_pool import PoolRun
from ..module_utils._systemd import Systemd
from ..module_utils.launcher import pool
from ..module_utils.launcher.paths import Paths


def work(module: AnsibleModule) -> dict[str, Any]:
    """Bring the instances about."""
    params, paths = module.params, Paths()
    systemd = Systemd(_runner.commands(module), paths)
    pools = params["pools"] if params["pools"] is not None else [{"name": params["name"], "count": params["count"]}]
    names = [one["name"] for one in pools]
    if params["state"] == "absent":
        run = PoolRun(paths, systemd, None)
        return run.remove(set(names), params["wait"], params["wait_timeout"], module.check_mode)
    try:
        pool.check_names(names)
        counts = {one["name"]: pool.check_count(one["count"]) for one in pools}
    except pool.PoolError as error:
        raise Failure(str(error)) from error
    run = PoolRun(paths, systemd, _docker.connect(module.check_mode))
    wait, timeout = params["wait"], params["wait_timeout"]
    return run.ensure(counts, wait, timeout, module.check_mode, params["purge"], params["rollback"])


def main() -> None:
    """Entry point."""
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "default": "default"},
            "count": {"type": "int"},
            "pools": {
                "type": "list",
                "elements": "dict",
                "options": {"name": {"type": "str", "required": True}, "count": {"type": "int"}},
            },
            "purge": {"type": "bool", "default": False},
            "wait": {"type": "bool", "default": True},
            "rollback": {"type": "bool", "default": False},
            "wait_timeout": {"type": "int", "default": 120},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        required_if=[("state", "present", ["count", "pools"], True)],
        supports_check_mode=True,
    )
    _runner.run(module, work)


if __name__ == "__main__":
    main()
