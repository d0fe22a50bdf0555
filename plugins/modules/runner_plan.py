#!/usr/bin/python
# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: runner_plan
short_description: See which steps of a rollout have something to do on a host
version_added: 0.1.0
description:
  - Asks the modules M(socialgouv.actions_runner.images), M(socialgouv.actions_runner.cipher_network),
    M(socialgouv.actions_runner.micro_cipher), M(socialgouv.actions_runner.sealed_token),
    M(socialgouv.actions_runner.runner_unit) and M(socialgouv.actions_runner.runner_pool) at once what they would do, as
    in check mode. A host on which nothing has changed costs one call then, where it would be six.
  - The steps depend on one another, so from the first that has something to do on, all are to be run.
  - A step that would fail has something to do, and says itself why it fails.
author: SocialGouv (@SocialGouv)
requirements:
  - openssl on the control node
extends_documentation_fragment:
  - socialgouv.actions_runner._attributes.info
  - socialgouv.actions_runner._attributes.action_group
options:
  images:
    description: The options of M(socialgouv.actions_runner.images), without logins.
    type: dict
    required: true
  cipher_network:
    description: The options of M(socialgouv.actions_runner.cipher_network).
    type: dict
    required: true
  micro_cipher:
    description: The options of M(socialgouv.actions_runner.micro_cipher).
    type: dict
    required: true
  credentials:
    description:
      - The credentials, as O(socialgouv.actions_runner.sealed_token#module:pools) takes them. They stay on the control
        node, which compares them with what the host tells of its sealed ones.
    type: list
    elements: dict
    required: true
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
  runner_unit:
    description: The options of M(socialgouv.actions_runner.runner_unit).
    type: dict
    required: true
  runner_pool:
    description: The options of M(socialgouv.actions_runner.runner_pool).
    type: dict
    required: true
  until:
    description: The step from which on all are to be run, whatever there is to do.
    type: str
    choices:
      - docker
      - images
      - cipher_network
      - micro_cipher
      - sealed_token
      - runner_unit
      - runner_pool
"""

EXAMPLES = r"""
- name: See what there is to do
  socialgouv.actions_runner.runner_plan:
    images:
      images:
        - ghcr.io/socialgouv/actions-runner:master
        - ghcr.io/socialgouv/micro-cipher:main
    cipher_network: {}
    micro_cipher: {}
    credentials:
      - name: default
        token: "{{ github_token }}"
    runner_unit:
      pools:
        - url: https://github.com/acme
    runner_pool:
      count: 4
  register: plan

- name: Create cipher-net
  socialgouv.actions_runner.cipher_network:
  when: "'cipher_network' in plan.steps"
"""

RETURN = r"""
steps:
  description:
    - The steps to be run, in their order, named as their modules are. The first of all is V(docker), the installation
      of Docker, its Python library and nft.
  returned: success
  type: list
  elements: str
  sample: [sealed_token, runner_unit, runner_pool]
why:
  description: What the first of them has to do; empty where there is none.
  returned: success
  type: str
  sample: pool default has another credential
missing:
  description: What of V(dockerd), V(nft) and V(the Docker SDK for Python) the host does not have.
  returned: success
  type: list
  elements: str
public_key:
  description: The public key of the host's micro-cipher, where that step has nothing to do.
  returned: success
  type: str
instances:
  description:
    - The instances, where no step has anything to do.
    - Each is as RV(socialgouv.actions_runner.runner_pool#module:instances) describes it.
  returned: success
  type: list
  elements: dict
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils import _runner
from ..module_utils.steps import plan


def main() -> None:
    """Entry point."""
    _runner.run(AnsibleModule(**plan.SPEC, supports_check_mode=True), plan.work)


if __name__ == "__main__":
    main()
