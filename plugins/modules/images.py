#!/usr/bin/python
# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: images
short_description: Pull Docker images side by side
version_added: 0.1.0
description:
  - Brings a list of images to the host, several at once.
  - Reports a change only where an image's ID on the host changes, and says what moved.
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
  images:
    description:
      - The images, by name with tag or digest. A name with neither means the tag V(latest).
    type: list
    elements: str
    required: true
  pull:
    description:
      - When to pull.
      - V(never) fails where an image is not there, V(missing) pulls only what is not there, V(always) looks at the
        registry each time.
      - In check mode, V(always) compares with the registry without pulling.
    type: str
    choices:
      - never
      - missing
      - always
    default: missing
seealso:
  - module: socialgouv.actions_runner.runner_pool
    description: Renews idle runners whose image has moved.
"""

EXAMPLES = r"""
- name: Have the images of runners and micro-cipher
  socialgouv.actions_runner.images:
    images:
      - ghcr.io/socialgouv/actions-runner:master
      - ghcr.io/socialgouv/micro-cipher:main

- name: Fetch the newest runner
  socialgouv.actions_runner.images:
    images:
      - ghcr.io/actions/actions-runner:latest
    pull: always
"""

RETURN = r"""
images:
  description: The images, in the order in which they were named.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The name with its tag or digest.
      type: str
      sample: ghcr.io/socialgouv/micro-cipher:main
    id:
      description: The image's ID on the host; null in check mode where it would be pulled.
      type: str
    digest:
      description: The digest by which the registry knows it, where it is known.
      type: str
    previous_id:
      description: The ID that the name had before; null where there was none.
      type: str
    changed:
      description: Whether the name stands for another image now.
      type: bool
actions:
  description: What was done, or would be in check mode.
  returned: success
  type: list
  elements: str
  sample: ["Pulled image ghcr.io/socialgouv/micro-cipher:main"]
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils import _docker, _images, _runner


def work(module: AnsibleModule) -> dict[str, Any]:
    """Bring the images to the host."""
    client = _docker.connect(module.check_mode)
    return _images.ensure(client, module.params["images"], module.params["pull"], module.check_mode)


def main() -> None:
    """Entry point."""
    module = AnsibleModule(
        argument_spec={
            "images": {"type": "list", "elements": "str", "required": True},
            "pull": {"type": "str", "choices": ["never", "missing", "always"], "default": "missing"},
        },
        supports_check_mode=True,
    )
    _runner.run(module, work)


if __name__ == "__main__":
    main()
