#!/usr/bin/python
# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sealed_token
short_description: Keep the GitHub token on the host, encrypted for its micro-cipher
version_added: 0.1.0
description:
  - Encrypts the token on the control node with C(openssl), for the public key of the host's micro-cipher, and writes
    the ciphertext into a file that only root can read.
  - The plaintext never leaves the control node. Whether the token has changed is told by a slow salted hash in the
    same file, so that nothing is written when it has not.
author: SocialGouv (@SocialGouv)
requirements:
  - openssl on the control node
extends_documentation_fragment:
  - socialgouv.actions_runner._attributes
  - socialgouv.actions_runner._attributes.action_group
attributes:
  diff_mode:
    support: none
options:
  name:
    description: The pool whose credential it is.
    type: str
    default: default
  token:
    description:
      - The token, without a space or a newline, 470 bytes at most.
      - Required when O(state=present).
    type: str
  public_key:
    description:
      - The public key (PEM) of the host's micro-cipher, as M(socialgouv.actions_runner.micro_cipher) returns it.
      - Required when O(state=present), but in check mode, where micro-cipher may not run yet.
    type: str
  state:
    description: Whether there shall be a sealed credential.
    type: str
    choices:
      - present
      - absent
    default: present
  _sealed:
    description:
      - What the control node has sealed. Set by the action plugin; not for playbooks.
    type: dict
    suboptions:
      fingerprint:
        description: SHA-256 of the key's SPKI DER.
        type: str
        required: true
      verifier:
        description: What tells the token again.
        type: str
        required: true
      ciphertext:
        description: The sealed token, base64.
        type: str
        required: true
notes:
  - Instances that wait for a credential go on by themselves within seconds.
seealso:
  - module: socialgouv.actions_runner.micro_cipher
"""

EXAMPLES = r"""
- name: Run micro-cipher
  socialgouv.actions_runner.micro_cipher:
  register: cipher

- name: Seal the token
  socialgouv.actions_runner.sealed_token:
    token: "{{ github_token }}"
    public_key: "{{ cipher.public_key }}"
"""

RETURN = r"""
path:
  description: The file on the host.
  returned: success
  type: str
  sample: /var/lib/github-runner/sealed/default.json
fingerprint:
  description: SHA-256 of the key's SPKI DER that the credential is sealed for, hexadecimal.
  returned: success
  type: str
"""

import base64
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils import _runner, _sealed_token
from ..module_utils._failure import Failure
from ..module_utils.launcher import names, sealed
from ..module_utils.launcher.paths import Paths


def work(module: AnsibleModule) -> dict[str, Any]:
    """Keep or remove the sealed credential."""
    params = module.params
    if not names.POOL_NAME.fullmatch(params["name"]):
        raise Failure(f"{params['name']!r} is no name of a pool: lower-case letters, digits, hyphens, 20 at most")
    if params["state"] == "absent":
        return _sealed_token.remove(Paths(), params["name"], module.check_mode)
    if params["token"] is not None:
        raise Failure(
            "the token must not come to the host: call this module by its full name, so that it is sealed first"
        )
    offered = None
    if params["_sealed"]:
        document = params["_sealed"]
        ciphertext = base64.b64decode(document["ciphertext"])
        offered = sealed.Sealed(document["fingerprint"], document["verifier"], ciphertext)
    elif not module.check_mode:
        raise Failure("nothing was sealed: call this module by its full name")
    return _sealed_token.ensure(Paths(), params["name"], offered, module.check_mode)


def main() -> None:
    """Entry point."""
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "default": "default"},
            "token": {"type": "str", "no_log": True},
            "public_key": {"type": "str"},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            # What the control node sealed: no secret, but nobody's business either.
            "_sealed": {
                "type": "dict",
                "options": {
                    "fingerprint": {"type": "str", "required": True},
                    "verifier": {"type": "str", "required": True, "no_log": True},
                    "ciphertext": {"type": "str", "required": True, "no_log": True},
                },
            },
        },
        supports_check_mode=True,
    )
    _runner.run(module, work)


if __name__ == "__main__":
    main()
