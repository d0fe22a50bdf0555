#!/usr/bin/python
# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# What it does is in the action plugin of this name.

from __future__ import annotations

DOCUMENTATION = r"""
module: fleet_report
short_description: Show all hosts and their runners in one table, as JSON, as a web page
version_added: 0.1.0
description:
  - Puts what M(socialgouv.actions_runner.runner_info) returned for each host into one table, and prints it.
  - On demand writes the same as JSON, and as one HTML file that needs no other file and no network.
  - Works on the control node alone. Run it once for all hosts.
author: SocialGouv (@SocialGouv)
extends_documentation_fragment:
  - socialgouv.actions_runner._attributes
  - socialgouv.actions_runner._attributes.action_group
attributes:
  diff_mode:
    support: none
  idempotent:
    support: none
    details: The files hold the moment at which they were written.
options:
  hosts:
    description:
      - For each host by name the result of M(socialgouv.actions_runner.runner_info), or an empty dictionary.
      - A result of another module that failed does as well, with its C(msg) and, where it has them, C(instances).
    type: dict
    required: true
  notes:
    description: Sentences to print under the table.
    type: list
    elements: str
    default: []
  title:
    description: The title of the page.
    type: str
    default: GitHub Actions runners
  html:
    description: The HTML file to write on the control node.
    type: path
  json:
    description: The JSON file to write on the control node.
    type: path
  image_age_max:
    description: Days after which an image counts as old.
    type: int
    default: 30
seealso:
  - module: socialgouv.actions_runner.runner_info
"""

EXAMPLES = r"""
- name: Look at every host
  socialgouv.actions_runner.runner_info:
  register: runners

- name: Show them all
  socialgouv.actions_runner.fleet_report:
    hosts: "{{ dict(ansible_play_hosts | zip(ansible_play_hosts | map('extract', hostvars, 'runners'))) }}"
    html: fleet.html
  run_once: true
"""

RETURN = r"""
fleet:
  description: Every host and instance, the counts of their states, and the findings, as in the JSON file.
  returned: success
  type: dict
table:
  description: The lines of the table.
  returned: success
  type: list
  elements: str
written:
  description: The files that were written, or would be in check mode.
  returned: success
  type: list
  elements: str
"""
