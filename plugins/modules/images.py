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
  - Can fetch new images beforehand without letting anybody use them, so that a later change takes no time.
author: SocialGouv (@SocialGouv)
requirements:
  - Docker SDK for Python on the host, 5.0.0 or newer
  - openssl on the control node and on the host, with O(logins)
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
      - V(staged) takes what O(state=staged) has fetched, and means V(missing) where it has fetched nothing.
      - In check mode, V(always) compares with the registry without pulling.
    type: str
    choices:
      - never
      - missing
      - always
      - staged
    default: missing
  state:
    description:
      - V(present) lets each name stand for its image.
      - V(staged) fetches what the registry has now, whatever O(pull) says, and lets each name stand for what it did.
        The image waits under a local name that keeps it from being pruned.
    type: str
    choices:
      - present
      - staged
    default: present
  logins:
    description:
      - What registries want before they give an image. Each is sealed on the control node for the host's micro-cipher,
        and opened on the host only where an image of that registry is to be pulled; it is kept nowhere.
      - Needs O(public_key), and on the host a running micro-cipher and C(openssl).
    type: list
    elements: dict
    suboptions:
      registry:
        description: The registry as it stands in an image's name, such as V(ghcr.io); V(docker.io) for Docker Hub.
        type: str
        required: true
      username:
        description: The user.
        type: str
        required: true
      password:
        description: The password, or a token in its place.
        type: str
        required: true
  public_key:
    description:
      - The public key (PEM) of the host's micro-cipher, as M(socialgouv.actions_runner.micro_cipher) returns it.
    type: str
  micro_cipher:
    description: The container that opens what was sealed.
    type: str
    default: micro-cipher
  cipher_network:
    description: The Docker network of micro-cipher.
    type: str
    default: cipher-net
  _login_unknown:
    description:
      - Whether there are logins that nothing could be sealed for yet. Set by the action plugin; not for playbooks.
    type: bool
    default: false
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
        description: What tells the secret again.
        type: str
        required: true
      ciphertext:
        description: The sealed block, base64.
        type: str
        required: true
      payload:
        description: What is longer than a block, base64.
        type: str
        default: ''
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

- name: Fetch a private image
  socialgouv.actions_runner.images:
    images:
      - registry.example.org/ci/runner:1
    logins:
      - registry: registry.example.org
        username: ci
        password: "{{ registry_password }}"
    public_key: "{{ cipher.public_key }}"

- name: Fetch the newest runner for tonight
  socialgouv.actions_runner.images:
    images:
      - ghcr.io/actions/actions-runner:latest
    state: staged
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

from ansible.module_utils.basic import AnsibleModule

from ..module_utils import _runner
from ..module_utils.steps import images


def main() -> None:
    """Entry point."""
    _runner.run(AnsibleModule(**images.SPEC, supports_check_mode=True), images.work)


if __name__ == "__main__":
    main()
