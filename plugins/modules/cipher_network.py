#!/usr/bin/python
# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cipher_network
short_description: The Docker network on which micro-cipher listens
version_added: 0.1.0
description:
  - Creates or removes the network of micro-cipher.
  - The network is internal, so that only the host can reach micro-cipher, and micro-cipher can reach nobody.
  - A network of that name with other options is made anew; micro-cipher is connected to it again, and any other
    container on it makes the module fail without a change.
author: SocialGouv (@SocialGouv)
requirements:
  - Docker SDK for Python on the host, 5.0.0 or newer
extends_documentation_fragment:
  - socialgouv.actions_runner._attributes
  - socialgouv.actions_runner._attributes.action_group
attributes:
  diff_mode:
    support: full
options:
  name:
    description: The network's name.
    type: str
    default: cipher-net
  micro_cipher:
    description: The name of the container that may be moved to a network made anew.
    type: str
    default: micro-cipher
  state:
    description: Whether there shall be such a network.
    type: str
    choices:
      - present
      - absent
    default: present
seealso:
  - module: socialgouv.actions_runner.micro_cipher
"""

EXAMPLES = r"""
- name: Create cipher-net
  socialgouv.actions_runner.cipher_network:

- name: Remove it
  socialgouv.actions_runner.cipher_network:
    state: absent
"""

RETURN = r"""
network:
  description: The network as Docker describes it; null in check mode where it would be created.
  returned: when O(state=present)
  type: dict
actions:
  description: What was done, or would be in check mode.
  returned: success
  type: list
  elements: str
  sample: ["Created network cipher-net"]
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils import _runner
from ..module_utils.steps import cipher_network


def main() -> None:
    """Entry point."""
    _runner.run(AnsibleModule(**cipher_network.SPEC, supports_check_mode=True), cipher_network.work)


if __name__ == "__main__":
    main()
