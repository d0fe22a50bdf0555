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
  - Reads the state of every instance of the host from systemd and from what the instances publish, and what Docker
    knows of their images and of micro-cipher.
  - Needs no GitHub. Where Docker does not answer, what it would tell is left out.
author: SocialGouv (@SocialGouv)
extends_documentation_fragment:
  - socialgouv.actions_runner._attributes.info
  - socialgouv.actions_runner._attributes.action_group
options:
  wait:
    description:
      - Whether to wait until every enabled instance is idle or busy, and to fail where one is not in time.
      - A drained host is not waited for.
    type: bool
    default: false
  wait_timeout:
    description: Seconds to wait.
    type: int
    default: 120
"""

EXAMPLES = r"""
- name: Look at the host's runners
  socialgouv.actions_runner.runner_info:
  register: runners

- name: Name those that do not serve
  ansible.builtin.debug:
    msg: "{{ runners.instances | rejectattr('state', 'in', ['idle', 'busy']) | map(attribute='name') }}"

- name: Wait until they all serve
  socialgouv.actions_runner.runner_info:
    wait: true
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
launcher:
  description: The version of the launcher; null where none is installed.
  returned: success
  type: str
now:
  description: The host's clock, in seconds since 1970.
  returned: success
  type: float
drained:
  description: Whether the host is in maintenance, see M(socialgouv.actions_runner.runner_host).
  returned: success
  type: bool
drain_reason:
  description: Why it is in maintenance; empty where nobody said.
  returned: success
  type: str
sealed:
  description: Whether the credential of one of the pools has to be sealed again.
  returned: success
  type: bool
pools:
  description: The pools.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The pool.
      type: str
    url:
      description: The address at GitHub that its runners serve.
      type: str
    image:
      description: The runner image, as it was asked for.
      type: str
    labels:
      description: The labels of its runners.
      type: list
      elements: str
    micro_cipher:
      description: The container that opens its credential.
      type: str
    sealed:
      description: Whether its credential has to be sealed again; null where Docker does not tell.
      type: bool
    sealed_reason:
      description: Why.
      type: str
runners:
  description:
    - The containers of runners, by their names, which are those of the runners at GitHub; one that is made while the
      last job of its instance ends is among them.
    - Null where Docker does not answer.
  returned: success
  type: list
  elements: str
images:
  description: The images that instances run and pools ask for.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The image's ID.
      type: str
    tags:
      description: Its names on the host.
      type: list
      elements: str
    digest:
      description: The digest by which the registry knows it, where it is known.
      type: str
    created:
      description: When it was built, as Docker writes it.
      type: str
    version:
      description: Its label C(org.opencontainers.image.version).
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
    runner_version:
      description: The version of the runner, as it says itself.
      type: str
    job:
      description: The name of the job that runs, as the workflow gives it.
      type: str
"""

import os
import time
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils import _host_info, _runner
from ..module_utils._runner_host import HostRun, maintenance
from ..module_utils._systemd import Systemd
from ..module_utils.launcher import VERSION, host
from ..module_utils.launcher.engine import Engine
from ..module_utils.launcher.paths import Paths


def work(module: AnsibleModule) -> dict[str, Any]:
    """Read everything."""
    paths = Paths()
    engine = Engine(paths.docker_socket)
    run = HostRun(paths, Systemd(_runner.commands(module), paths), engine)
    if module.params["wait"] and not module.check_mode:
        run.wait_ready(module.params["wait_timeout"])
    here, pools, instances = host.read(paths), _host_info.pools(paths, engine), run.instances()
    named = {one["image"] for one in pools} | {one["image_id"] for one in instances if one["image_id"]}
    return {
        "changed": False,
        "host": here.name,
        "mark": here.mark,
        "launcher": VERSION if os.path.exists(paths.program) else None,
        "now": time.time(),
        **maintenance(paths),
        "sealed": any(one["sealed"] for one in pools),
        "pools": pools,
        "runners": _host_info.runners(engine, here.mark),
        "images": _host_info.images(engine, named),
        "instances": instances,
    }


def main() -> None:
    """Entry point."""
    module = AnsibleModule(
        argument_spec={
            "wait": {"type": "bool", "default": False},
            "wait_timeout": {"type": "int", "default": 120},
        },
        supports_check_mode=True,
    )
    _runner.run(module, work)


if __name__ == "__main__":
    main()
