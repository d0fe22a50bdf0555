#!/usr/bin/python
# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: micro_cipher
short_description: Run micro-cipher and learn its public key
version_added: 0.1.0
description:
  - Runs the container that holds a one-run RSA key in memory and decrypts the token whenever a runner starts.
  - Whatever the image says, the container runs without root, capabilities, new privileges, a writable file system,
    shared memory, swap or core dumps, with limits of memory, processes and processor time, and on an internal network
    only. It may lock its memory where the Engine can allow it.
  - A container that has other options, also by C(docker update) or C(docker network connect), is replaced.
  - Each start makes a new key. A container that has to be replaced is replaced only when the new one has printed its
    key, and what was sealed for the old one has to be sealed again, see M(socialgouv.actions_runner.sealed_token).
  - The container is never asked anything, because one bad request ends the upstream server and its key.
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
    description: The container's name.
    type: str
    default: micro-cipher
  image:
    description: The image; it is not pulled, see M(socialgouv.actions_runner.images).
    type: str
    default: ghcr.io/socialgouv/micro-cipher:main
  network:
    description: The network to listen on, see M(socialgouv.actions_runner.cipher_network).
    type: str
    default: cipher-net
  launcher_only:
    description:
      - Whether micro-cipher shall answer the launcher only, which it knows by a secret that is new at each start.
      - The secret is in memory only, that of the container and the host's C(/run/github-runner/secrets), root's alone.
      - With V(auto), it is so for an image that can do it, which the label C(io.github.socialgouv.micro-cipher.secret)
        tells. The upstream image answers everybody.
      - With V(always), an image that cannot do it is an error.
    type: str
    choices:
      - auto
      - always
      - never
    default: auto
  timeout:
    description: Seconds to wait for the public key.
    type: int
    default: 60
  state:
    description: Whether there shall be such a container.
    type: str
    choices:
      - present
      - absent
    default: present
seealso:
  - module: socialgouv.actions_runner.micro_cipher_info
  - module: socialgouv.actions_runner.sealed_token
"""

EXAMPLES = r"""
- name: Run micro-cipher
  socialgouv.actions_runner.micro_cipher:
  register: cipher

- name: Seal the token for its key
  socialgouv.actions_runner.sealed_token:
    token: "{{ github_token }}"
    public_key: "{{ cipher.public_key }}"
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
key_changed:
  description: Whether there is a new key, so that what was sealed before cannot be opened any more.
  returned: success
  type: bool
actions:
  description: What was done, or would be in check mode.
  returned: success
  type: list
  elements: str
  sample: ["Started container micro-cipher"]
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils import _runner
from ..module_utils.steps import micro_cipher


def main() -> None:
    """Entry point."""
    _runner.run(AnsibleModule(**micro_cipher.SPEC, supports_check_mode=True), micro_cipher.work)


if __name__ == "__main__":
    main()
