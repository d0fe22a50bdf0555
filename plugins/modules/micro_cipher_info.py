#!/usr/bin/python
# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: micro_cipher_info
short_description: Public key and state of micro-cipher
version_added: 0.1.0
description:
  - Reads what M(socialgouv.actions_runner.micro_cipher) returns, and changes nothing.
  - The container is looked at through Docker and is never asked anything.
author: SocialGouv (@SocialGouv)
requirements:
  - Docker SDK for Python on the host, 5.0.0 or newer
extends_documentation_fragment:
  - socialgouv.actions_runner._attributes.info
  - socialgouv.actions_runner._attributes.action_group
options:
  name:
    description: The container's name.
    type: str
    default: micro-cipher
"""

EXAMPLES = r"""
- name: Read micro-cipher's key
  socialgouv.actions_runner.micro_cipher_info:
  register: cipher

- name: Show its fingerprint
  ansible.builtin.debug:
    var: cipher.fingerprint
"""

RETURN = r"""
exists:
  description: Whether there is such a container.
  returned: success
  type: bool
running:
  description: Whether it runs.
  returned: success
  type: bool
public_key:
  description: The public key (PEM) that it has printed since its start; null where there is none.
  returned: success
  type: str
fingerprint:
  description: SHA-256 of the public key's SPKI DER, hexadecimal.
  returned: success
  type: str
started_at:
  description: When the container started; null where it does not run.
  returned: success
  type: str
  sample: "2026-11-24T10:00:00.123456789Z"
launcher_only:
  description: Whether it answers the launcher only; null where there is none.
  returned: success
  type: bool
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils import _docker, _micro_cipher, _runner


def work(module: AnsibleModule) -> dict[str, Any]:
    """Read the container's facts."""
    name = module.params["name"]
    client = _docker.connect(check_mode=False)
    with _docker.sentences(f"inspect {name}"):
        return {**_micro_cipher.facts(_docker.find(client.containers.get, name)), "changed": False}


def main() -> None:
    """Entry point."""
    module = AnsibleModule(argument_spec={"name": {"type": "str", "default": "micro-cipher"}}, supports_check_mode=True)
    _runner.run(module, work)


if __name__ == "__main__":
    main()
