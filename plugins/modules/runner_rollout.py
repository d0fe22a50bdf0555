#!/usr/bin/python
# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: runner_rollout
short_description: Bring a host from nothing to idle runners, in two calls
version_added: 0.1.0
description:
  - Does what the modules M(socialgouv.actions_runner.images), M(socialgouv.actions_runner.cipher_network),
    M(socialgouv.actions_runner.micro_cipher), M(socialgouv.actions_runner.sealed_token),
    M(socialgouv.actions_runner.runner_unit) and M(socialgouv.actions_runner.runner_pool) do, in this order, with the
    options of each.
  - The host is called twice. The first call ends with the key of micro-cipher, for which the control node seals, and
    the second begins with what was sealed. A host on which nothing has changed is called once.
  - On a host that has no pool yet, micro-cipher makes its key, and the units are installed, while the images of the
    runners come.
  - A step that fails ends the module; what was done until then is told, stays, and is not done again by the next run.
author: SocialGouv (@SocialGouv)
requirements:
  - Docker SDK for Python on the host, 5.0.0 or newer
  - C(nft), from the package nftables, on the host
  - openssl on the control node; on the host too, for a GitHub App, a proxy's login or a registry's login
extends_documentation_fragment:
  - socialgouv.actions_runner._attributes
  - socialgouv.actions_runner._attributes.action_group
attributes:
  diff_mode:
    support: partial
    details: Of the network, of files and of units. What is sealed and what Docker runs is not shown.
options:
  images:
    description: The options of M(socialgouv.actions_runner.images), without logins.
    type: dict
    default: {}
  cipher_network:
    description: The options of M(socialgouv.actions_runner.cipher_network).
    type: dict
    default: {}
  micro_cipher:
    description: The options of M(socialgouv.actions_runner.micro_cipher).
    type: dict
    default: {}
  credentials:
    description:
      - The credentials, as O(socialgouv.actions_runner.sealed_token#module:pools) takes them, which are sealed on the
        control node.
      - Required where O(steps) has V(sealed_token).
    type: list
    elements: dict
    suboptions:
      name:
        description: The pool whose credential it is.
        type: str
        required: true
      token:
        description: The token.
        type: str
      app:
        description: The GitHub App, instead of a token.
        type: dict
        suboptions:
          client_id:
            description: The App's client ID, or its App ID.
            type: str
            required: true
          private_key:
            description: The App's private key, the whole PEM file.
            type: str
            required: true
          installation_id:
            description: The number of the installation; V(0) finds the one at the owner of the URL.
            type: int
            default: 0
      proxy_login:
        description: C(USER:PASSWORD) for the proxy of the launcher.
        type: str
      container_proxy_login:
        description: C(USER:PASSWORD) for the proxy of the runner's container.
        type: str
  private_images:
    description:
      - The options of M(socialgouv.actions_runner.images) for what needs a login. They come once the credentials are
        sealed, so that an image that cannot be had leaves a host whose runners go on.
    type: dict
    default: {}
  runner_unit:
    description: The options of M(socialgouv.actions_runner.runner_unit).
    type: dict
    default: {}
  runner_pool:
    description: The options of M(socialgouv.actions_runner.runner_pool).
    type: dict
    default: {}
  steps:
    description:
      - The steps to do, whatever their order here.
      - With V(docker), a host that lacks Docker, its Python library or nft is left as it is, and RV(missing) says what
        to install. Without, that is an error of the step that needs it.
    type: list
    elements: str
    choices:
      - docker
      - images
      - cipher_network
      - micro_cipher
      - sealed_token
      - private_images
      - runner_unit
      - runner_pool
    default:
      - images
      - cipher_network
      - micro_cipher
      - sealed_token
      - private_images
      - runner_unit
      - runner_pool
  _sealed:
    description:
      - What the control node has sealed. Set by the action plugin; not for playbooks.
    type: dict
    suboptions:
      credentials:
        description: Those of the pools.
        type: list
        elements: dict
        suboptions:
          name:
            description: The pool.
            type: str
            required: true
          fingerprint: &fingerprint
            description: SHA-256 of the key's SPKI DER.
            type: str
            required: true
          verifier: &verifier
            description: What tells the secret again.
            type: str
            required: true
          ciphertext: &ciphertext
            description: The sealed block, base64.
            type: str
            required: true
          payload: &payload
            description: What is longer than a block, base64.
            type: str
            default: ''
      logins:
        description: Those for the registries.
        type: dict
        suboptions:
          fingerprint: *fingerprint
          verifier: *verifier
          ciphertext: *ciphertext
          payload: *payload
"""

EXAMPLES = r"""
- name: Roll out the runners
  socialgouv.actions_runner.runner_rollout:
    images:
      images:
        - ghcr.io/socialgouv/actions-runner:master
        - ghcr.io/socialgouv/micro-cipher:main
    credentials:
      - name: default
        token: "{{ github_token }}"
    runner_unit:
      pools:
        - url: https://github.com/acme
    runner_pool:
      count: 4

- name: Seal the token again, after a reboot
  socialgouv.actions_runner.runner_rollout:
    steps: [micro_cipher, sealed_token]
    credentials:
      - name: default
        token: "{{ github_token }}"
"""

RETURN = r"""
actions:
  description: What was done, or would be in check mode; also where the module fails.
  returned: always
  type: list
  elements: str
  sample: ["Pulled image ghcr.io/socialgouv/actions-runner:master", "Created network cipher-net"]
missing:
  description: What of V(dockerd), V(nft) and V(the Docker SDK for Python) the host does not have.
  returned: success
  type: list
  elements: str
public_key:
  description: The public key of the host's micro-cipher, where a step has asked for it.
  returned: success
  type: str
instances:
  description:
    - The instances, where O(steps) has V(runner_pool).
    - Each is as RV(socialgouv.actions_runner.runner_pool#module:instances) describes it.
  returned: success
  type: list
  elements: dict
drained:
  description: Whether the host is in maintenance, and no instance is started.
  returned: O(steps) has V(runner_pool)
  type: bool
drain_reason:
  description: Why it is in maintenance; empty where nobody said.
  returned: O(steps) has V(runner_pool)
  type: str
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils import _runner
from ..module_utils.steps import rollout


def main() -> None:
    """Entry point."""
    _runner.run(AnsibleModule(**rollout.SPEC, supports_check_mode=True), rollout.work)


if __name__ == "__main__":
    main()
