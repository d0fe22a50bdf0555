#!/usr/bin/python
# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: runner_registrations
short_description: The runners that GitHub knows
version_added: 0.1.0
description:
  - Lists the runners of an organization, repository or enterprise, waits until some are online, or removes those of
    given hosts that are dead.
  - Runs where the token is, which is the control node.
author: SocialGouv (@SocialGouv)
requirements:
  - openssl, with O(app)
extends_documentation_fragment:
  - socialgouv.actions_runner._attributes
  - socialgouv.actions_runner._attributes.action_group
attributes:
  diff_mode:
    support: none
options:
  url:
    description: The address of the organization, repository or enterprise at GitHub.
    type: str
    required: true
  token:
    description:
      - A token that may read, and for O(state=pruned) manage, the runners there.
      - Either this or O(app) is required.
    type: str
  app:
    description: A GitHub App, instead of a token.
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
  state:
    description:
      - V(listed) returns the runners.
      - V(online) waits until all of O(runners) are online.
      - V(pruned) removes the offline runners of the hosts with O(marks), but for O(runners). None with a job goes.
    type: str
    choices:
      - listed
      - online
      - pruned
    default: listed
  runners:
    description: Names of runners.
    type: list
    elements: str
    default: []
  marks:
    description:
      - Hosts, by what M(socialgouv.actions_runner.runner_info) returns as C(mark).
      - Required when O(state=pruned).
    type: list
    elements: str
  among:
    description:
      - With O(state=pruned), the names of the only runners that may go. All, where it is not given.
      - A runner that is just being registered is offline too. Take the names from a list that is older than what
        M(socialgouv.actions_runner.runner_info) told for O(runners).
    type: list
    elements: str
  wait_timeout:
    description: Seconds to wait for O(state=online).
    type: int
    default: 60
  control_proxy:
    description: The proxy to GitHub, as a URL. Without it, the environment says which.
    type: str
    default: ''
  control_no_proxy:
    description: Names that are reached without that proxy, separated by commas.
    type: str
    default: ''
  control_ca:
    description: Certificate authorities (PEM) that are trusted beside those of the machine.
    type: str
    default: ''
"""

EXAMPLES = r"""
- name: Look at the runners of the organization
  socialgouv.actions_runner.runner_registrations:
    url: https://github.com/acme
    token: "{{ github_token }}"
  run_once: true
"""

RETURN = r"""
runners:
  description: The runners as GitHub describes them; with O(state=pruned), those that were removed.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The runner's number.
      type: int
    name:
      description: The runner's name.
      type: str
    status:
      description: V(online) or V(offline).
      type: str
    busy:
      description: Whether GitHub thinks that it has a job.
      type: bool
    labels:
      description: The runner's labels.
      type: list
      elements: dict
"""
