#!/usr/bin/python
# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sealed_token
short_description: Keep credentials for GitHub on the host, encrypted for its micro-cipher
version_added: 0.1.0
description:
  - Encrypts a token or a GitHub App's private key on the control node with C(openssl), for the public key of the host's
    micro-cipher, and writes the ciphertext into a file that only root can read, one file for each pool.
  - What does not fit into one block of the key, such as an App's private key, is encrypted with a key of its own
    (AES-256, and an HMAC over all of it), and that is what micro-cipher opens.
  - The plaintext never leaves the control node. Whether a credential has changed is told by a slow salted hash in the
    same file, so that nothing is written when it has not.
author: SocialGouv (@SocialGouv)
requirements:
  - openssl on the control node; on the host too, for a GitHub App or a proxy's login
extends_documentation_fragment:
  - socialgouv.actions_runner._attributes
  - socialgouv.actions_runner._attributes.action_group
attributes:
  diff_mode:
    support: none
options:
  name:
    description: The pool whose credential it is, where it is but one.
    type: str
    default: default
  token:
    description:
      - The token, without a space or a newline, 470 bytes at most.
      - When O(state=present), O(token), O(app) or O(pools) is required.
    type: str
  app: &app
    description: The GitHub App, instead of a token.
    type: dict
    suboptions:
      client_id:
        description: The App's client ID, such as V(Iv23liAbCdEfGhIjKlMn), or its App ID.
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
  proxy_login: &proxy_login
    description: C(USER:PASSWORD) for the proxy of the launcher, percent-encoded as in a URL.
    type: str
  container_proxy_login: &container_proxy_login
    description: C(USER:PASSWORD) for the proxy of the runner's container, percent-encoded as in a URL; jobs read it.
    type: str
  pools:
    description: Several pools. The options that are for one are not looked at then.
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
      app: *app
      proxy_login: *proxy_login
      container_proxy_login: *container_proxy_login
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
    type: list
    elements: dict
    suboptions:
      name:
        description: The pool.
        type: str
        required: true
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

- name: Seal the credentials of two pools
  socialgouv.actions_runner.sealed_token:
    pools:
      - name: default
        token: "{{ github_token }}"
      - name: gpu
        app:
          client_id: Iv23liAbCdEfGhIjKlMn
          private_key: "{{ github_app_private_key }}"
    public_key: "{{ cipher.public_key }}"
"""

RETURN = r"""
actions:
  description: What was done, or would be in check mode.
  returned: success
  type: list
  elements: str
  sample: ["Sealed the credential of pool default"]
pools:
  description: The pools.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The pool.
      type: str
      sample: default
    path:
      description: Its file on the host.
      type: str
      sample: /var/lib/github-runner/sealed/default.json
    changed:
      description: Whether this one is sealed anew.
      type: bool
fingerprint:
  description: SHA-256 of the key's SPKI DER that the credentials are sealed for, hexadecimal.
  returned: success
  type: str
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils import _runner
from ..module_utils.steps import sealed_token


def main() -> None:
    """Entry point."""
    _runner.run(AnsibleModule(**sealed_token.SPEC, supports_check_mode=True), sealed_token.work)


if __name__ == "__main__":
    main()
