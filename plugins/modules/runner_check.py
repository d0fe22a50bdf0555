#!/usr/bin/python
# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# What it does is in the action plugin of this name.

from __future__ import annotations

DOCUMENTATION = r"""
module: runner_check
short_description: Check a pool's options before any host is touched
version_added: 0.1.0
description:
  - Checks the URL, the form of the token, the name of the image, the labels and the count on the control node, and
    fails with one sentence that says what to use instead.
  - Reaches neither the host nor GitHub.
author: SocialGouv (@SocialGouv)
extends_documentation_fragment:
  - socialgouv.actions_runner._attributes.info
  - socialgouv.actions_runner._attributes.action_group
options:
  url:
    description: The address of the organization, repository or enterprise at GitHub.
    type: str
    required: true
  token:
    description: The token, without a space or a newline, 470 bytes at most.
    type: str
    required: true
  image:
    description: The runner image.
    type: str
    required: true
  count:
    description: The number of instances.
    type: int
    default: 1
  labels:
    description: The pool's own labels.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Check what was given
  socialgouv.actions_runner.runner_check:
    url: https://github.com/acme
    token: "{{ github_token }}"
    image: ghcr.io/socialgouv/actions-runner:master
"""

RETURN = r""" # """
