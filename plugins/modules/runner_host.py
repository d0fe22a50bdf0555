#!/usr/bin/python
# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: runner_host
short_description: Take a host into maintenance, out of it again, or out of service for good
version_added: 0.1.0
description:
  - Drains all instances of a host, whatever their pool, takes them back into service, replaces their runners, or
    removes all that this collection has brought to the host.
  - A drained host stays drained over reboots, and while roles and playbooks are applied to it, until it is made
    V(active) again. Which instances it has is remembered by systemd, where they stay enabled.
  - No running job is ended, except with O(force).
author: SocialGouv (@SocialGouv)
extends_documentation_fragment:
  - socialgouv.actions_runner._attributes
  - socialgouv.actions_runner._attributes.action_group
attributes:
  diff_mode:
    support: none
  idempotent:
    support: partial
    details: Not with O(state=restarted), which replaces runners each time.
options:
  state:
    description:
      - V(drained) lets no instance take a job any more, and stops each when its job has ended.
      - V(active) starts the enabled instances of a drained host.
      - V(restarted) replaces idle runners at once and busy ones after their job. What is drained stays so.
      - V(absent) drains the host and then removes units, launcher, files, containers, networks and volumes. The
        sealed credentials go too. Packages stay.
    type: str
    choices:
      - absent
      - active
      - drained
      - restarted
    default: active
  reason:
    description: Why the host is drained, for those who look at it.
    type: str
    default: ''
  force:
    description:
      - With O(state=drained) and O(state=absent), whether to end the running jobs too.
      - That includes runners whose launcher has ended.
    type: bool
    default: false
  images:
    description: With O(state=absent), whether to remove the images of runners and micro-cipher as well.
    type: bool
    default: false
  wait:
    description:
      - Whether to wait until it is done, and to fail where it is not in time.
      - With O(state=drained), until all jobs have ended; with O(state=active), until every instance is idle or busy;
        with O(state=restarted), until each runner that was idle has a successor. O(state=absent) always waits.
    type: bool
    default: true
  wait_timeout:
    description: Seconds to wait.
    type: int
    default: 120
seealso:
  - module: socialgouv.actions_runner.runner_info
  - module: socialgouv.actions_runner.runner_pool
"""

EXAMPLES = r"""
- name: Let all jobs end before the kernel is replaced
  socialgouv.actions_runner.runner_host:
    state: drained
    reason: new kernel
    wait_timeout: 7200

- name: Leave nothing behind
  socialgouv.actions_runner.runner_host:
    state: absent
    images: true
    wait_timeout: 7200

- name: Serve again
  socialgouv.actions_runner.runner_host:
    state: active
"""

RETURN = r"""
actions:
  description: What was done, or would be in check mode.
  returned: success
  type: list
  elements: str
  sample: ["Drained 1"]
mark:
  description: What marks the host's runners at GitHub as its own.
  returned: success
  type: str
left:
  description: What was left on the host because somebody else uses it.
  returned: O(state=absent)
  type: list
  elements: str
  sample: ["network github-runner, which web use"]
drained:
  description: Whether the host is in maintenance now.
  returned: success
  type: bool
instances:
  description:
    - The instances, those that still drain included.
    - Each is as RV(socialgouv.actions_runner.runner_info#module:instances) describes it.
  returned: success
  type: list
  elements: dict
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils import _docker, _removal, _runner
from ..module_utils._failure import Failure
from ..module_utils._runner_host import HostRun
from ..module_utils._systemd import Systemd
from ..module_utils.launcher import host
from ..module_utils.launcher.engine import Engine
from ..module_utils.launcher.paths import Paths


def work(module: AnsibleModule) -> dict[str, Any]:
    """Bring the host into its state."""
    params, paths = module.params, Paths()
    run = HostRun(paths, Systemd(_runner.commands(module), paths), Engine(paths.docker_socket))
    wait, timeout = params["wait"], params["wait_timeout"]
    if params["state"] == "absent":
        result = remove(module, paths, run)
    elif params["state"] == "drained":
        result = run.drain(params["reason"], params["force"], wait, timeout, module.check_mode)
    elif params["state"] == "restarted":
        result = run.restart(wait, timeout, module.check_mode)
    else:
        result = run.activate(wait, timeout, module.check_mode)
    return {**result, "mark": host.read(paths).mark}


def remove(module: AnsibleModule, paths: Paths, run: HostRun) -> dict[str, Any]:
    """Drain the host and leave nothing behind. Raises Failure where a job still runs."""
    params, systemd, here = module.params, Systemd(_runner.commands(module), paths), host.read(paths)
    # Where Docker was removed before, there is nothing in it any more.
    client = _docker.connect(check_mode=False) if _docker.is_installed() else None
    actions = []
    if _removal.is_installed(paths, systemd):
        reason = params["reason"] or "uninstall"
        actions = run.drain(reason, params["force"], True, params["wait_timeout"], module.check_mode)["actions"]
    jobs = _removal.running_jobs(Engine(paths.docker_socket), here) if client is not None else []
    if jobs and not params["force"] and not module.check_mode:
        raise Failure(f"a job still runs in {', '.join(jobs)}: wait for its end and run this again, or use force")
    removal = _removal.Removal(paths, _runner.commands(module), client, here, module.check_mode)
    removal.run(params["images"])
    actions += removal.actions
    return {"changed": bool(actions), "actions": actions, "left": removal.left, "drained": False, "instances": []}


def main() -> None:
    """Entry point."""
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "choices": ["absent", "active", "drained", "restarted"], "default": "active"},
            "reason": {"type": "str", "default": ""},
            "force": {"type": "bool", "default": False},
            "images": {"type": "bool", "default": False},
            "wait": {"type": "bool", "default": True},
            "wait_timeout": {"type": "int", "default": 120},
        },
        supports_check_mode=True,
    )
    _runner.run(module, work)


if __name__ == "__main__":
    main()
