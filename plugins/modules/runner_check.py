#!/usr/bin/python
# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# What it does is in the action plugin of this name.

from __future__ import annotations

DOCUMENTATION = r"""
module: runner_check
short_description: Check pools before any host is touched
version_added: 0.1.0
description:
  - Checks URLs, the form of credentials, images, labels and counts on the control node, and fails with one sentence
    that says what to use instead.
  - Asks GitHub, with O(github=true), whether each credential works and each runner group is there. Nothing is changed
    at GitHub; where it cannot be reached, that is a warning, or with O(github_required=true) a failure.
  - Does not reach the host.
author: SocialGouv (@SocialGouv)
extends_documentation_fragment:
  - socialgouv.actions_runner._attributes.info
  - socialgouv.actions_runner._attributes.action_group
options:
  github:
    description: Whether to ask GitHub too, once for each pool.
    type: bool
    default: false
  github_required:
    description: With O(github=true), whether it is a failure, and not only a warning, where GitHub cannot be asked.
    type: bool
    default: false
  units:
    description: The same pools, as O(socialgouv.actions_runner.runner_unit#module:pools) has them, for the rest of it.
    type: list
    elements: dict
    default: []
  pools:
    description: The pools.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: The pool's name.
        type: str
        default: default
      url:
        description: The address of the organization, repository or enterprise at GitHub.
        type: str
        default: ''
      image:
        description: The runner image.
        type: str
        default: ''
      count:
        description: The number of instances.
        type: int
        default: 1
      labels:
        description: The pool's own labels.
        type: list
        elements: str
        default: []
      default_labels:
        description: Whether the runners have GitHub's default labels, too.
        type: bool
        default: true
      registration:
        description: How the runners are registered.
        type: str
        choices:
          - jit
          - token
        default: jit
      runner_group:
        description: The runner group, by name.
        type: str
        default: ''
      runner_group_id:
        description: The runner group's number.
        type: int
        default: 1
      token:
        description: The token, without a space or a newline, 470 bytes at most.
        type: str
      app:
        description: The GitHub App, instead of a token.
        type: dict
        suboptions:
          client_id:
            description: The App's client ID or its App ID.
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
      control_proxy:
        description: The proxy of the control node, as a URL. Without it, the environment says which.
        type: str
        default: ''
      control_no_proxy:
        description: Names that the control node reaches without that proxy, separated by commas.
        type: str
        default: ''
      control_ca:
        description: Certificate authorities (PEM) that the control node trusts beside its own.
        type: str
        default: ''
"""

EXAMPLES = r"""
- name: Check what was given
  socialgouv.actions_runner.runner_check:
    pools:
      - url: https://github.com/acme
        token: "{{ github_token }}"
        image: ghcr.io/socialgouv/actions-runner:master

- name: Ask GitHub whether it takes a GitHub App
  socialgouv.actions_runner.runner_check:
    github: true
    pools:
      - name: gpu
        url: https://github.com/acme
        image: ghcr.io/socialgouv/actions-runner:master
        runner_group: gpu machines
        app:
          client_id: Iv23liAbCdEfGhIjKlMn
          private_key: "{{ github_app_private_key }}"
"""

RETURN = r""" # """
