#!/usr/bin/python
# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: runner_unit
short_description: Install the launcher, its systemd units and the pool files
version_added: 0.1.0
description:
  - Installs the launcher, the template unit C(github-runner@.service), the slice of the runner containers, the
    timers of the reconciler and of the hygiene, and one file for each pool that says what its instances run.
  - Installs and loads the firewall C(github-runner-firewall.service), an nftables table of its own that keeps jobs from
    the host, from its other containers, and from the cloud's metadata service. No runner is started without it.
  - Reloads systemd only where a unit has changed. Instances are started by M(socialgouv.actions_runner.runner_pool).
author: SocialGouv (@SocialGouv)
requirements:
  - C(nft), from the package nftables, on the host
extends_documentation_fragment:
  - socialgouv.actions_runner._attributes
  - socialgouv.actions_runner._attributes.action_group
attributes:
  diff_mode:
    support: full
options:
  pools:
    description:
      - The pools of the host. The file of a pool that is not named here stays as long as an instance may need it, see
        the option O(socialgouv.actions_runner.runner_pool#module:purge).
      - Required when O(state=present).
    type: list
    elements: dict
    suboptions:
      name:
        description: The pool's name. The instances of V(default) are numbers, those of another pool C(NAME-NUMBER).
        type: str
        default: default
      url:
        description: The address of the organization, repository or enterprise at GitHub that the runners serve.
        type: str
        required: true
      image:
        description: The runner image.
        type: str
        default: ghcr.io/socialgouv/actions-runner:master
      labels:
        description: Labels beside V(self-hosted), V(linux) and the host's architecture.
        type: list
        elements: str
        default: []
      default_labels:
        description: Whether the runners have V(self-hosted), V(linux) and the host's architecture as labels, too.
        type: bool
        default: true
      runner_group:
        description:
          - The runner group, by name. A repository has none.
          - Without it, O(pools[].runner_group_id) says which.
        type: str
        default: ''
      runner_group_id:
        description: The runner group's number; 1 is the default group.
        type: int
        default: 1
      registration:
        description:
          - How a runner becomes one.
          - V(jit) gives its container a configuration that GitHub takes once.
          - V(token) gives it GitHub's registration token, for an image that registers by itself. An image with an
            entrypoint is told by variables, as the myoung34 image has them; one without runs C(config.sh --ephemeral).
        type: str
        choices:
          - jit
          - token
        default: jit
      proxy:
        description:
          - The proxy through which the launcher reaches GitHub, such as V(http://proxy.example.org:3128).
          - A login for it is sealed, see M(socialgouv.actions_runner.sealed_token).
        type: str
        default: ''
      no_proxy:
        description: Names that the launcher reaches without that proxy, separated by commas.
        type: str
        default: ''
      ca:
        description: Certificate authorities (PEM) that the launcher trusts beside the host's own.
        type: str
        default: ''
      container_proxy:
        description: The proxy of the runner and its jobs.
        type: str
        default: ''
      container_no_proxy:
        description: Names that they reach without that proxy, separated by commas.
        type: str
        default: ''
      container_ca:
        description: Certificate authorities (PEM) that the runner and its jobs trust beside the host's own.
        type: str
        default: ''
      network:
        description: The Docker network of the runner containers, created where it is missing.
        type: str
        default: github-runner
      cipher_network:
        description: The Docker network of micro-cipher.
        type: str
        default: cipher-net
      micro_cipher:
        description: The container that opens the credential.
        type: str
        default: micro-cipher
      memory:
        description: The most memory a runner container may use, such as V(4G); V(0) for no limit.
        type: str
        default: '0'
      cpus:
        description: The most processors a runner container may use; V(0) for no limit.
        type: float
        default: 0
      pids_limit:
        description: The most processes and threads a runner container may have; V(0) for no limit.
        type: int
        default: 4096
      nofile_limit:
        description: The most files that a process of a job may have open; V(0) for the Engine's own limit.
        type: int
        default: 16384
      storage:
        description:
          - The most that a job may write, such as V(20G), its work folder included; V(0) for no limit.
          - Only where Docker's storage driver can limit it, as overlay2 can on XFS with C(pquota), btrfs and zfs.
            Elsewhere Docker refuses to create the container.
        type: str
        default: '0'
      sudo:
        description:
          - Whether the image's sudo works. Without, a job has no capability and cannot gain one.
          - With it, a job is root in its container, with what it takes to install packages.
        type: bool
        default: false
      capabilities:
        description: Capabilities that the image needs beside, such as V(SYS_PTRACE).
        type: list
        elements: str
        default: []
      docker_access:
        description:
          - V(none) gives jobs no Docker.
          - V(dind) gives each runner an Engine in a container beside it, on a network of its own, gone with it.
          - V(sysbox) runs each runner with the runtime O(pools[].sysbox_runtime), and an Engine inside.
          - V(socket) gives jobs the Docker of the host. Every job is then root on the host, and can read the token.
        type: str
        choices:
          - none
          - dind
          - sysbox
          - socket
        default: none
      dind_image:
        description: The image of the Engine beside a runner, for O(pools[].docker_access=dind).
        type: str
        default: docker:dind
      dind_privileged:
        description:
          - Whether that Engine runs privileged, as C(docker:dind) asks for.
          - Without, it has the capabilities that an Engine needs, and its image has to do with that.
        type: bool
        default: true
      sysbox_runtime:
        description: The runtime's name in Docker's configuration, for O(pools[].docker_access=sysbox).
        type: str
        default: sysbox-runc
      job_started_hook:
        description:
          - The text of a script that the runner runs before each job, in its container. With another exit code than 0,
            the job fails before its first step.
        type: str
      job_completed_hook:
        description: The text of a script that the runner runs after each job, in its container.
        type: str
      hook_timeout:
        description: Seconds that a hook may take; one that takes longer is ended, and its job fails.
        type: int
        default: 60
      drain_timeout:
        description: Seconds that a drain waits for a job before it gives up and leaves the job running.
        type: int
        default: 21600
  block_metadata:
    description: Whether to keep jobs from where clouds hand out a machine's credentials, as 169.254.169.254.
    type: bool
    default: true
  host_ports:
    description:
      - Ports of the host, TCP and UDP, that jobs may reach, as for a resolver or a registry's mirror on it.
      - Without, jobs reach nothing on the host, not even what listens on all addresses.
    type: list
    elements: int
    default: []
  jobs_memory:
    description: The memory that all jobs of the host may use together, as systemd's C(MemoryMax) takes it.
    type: str
    default: 85%
  jobs_cpu_weight:
    description: The weight of all jobs where processors are short (C(CPUWeight)); a service of the host has V(100).
    type: int
    default: 50
  jobs_tasks:
    description: The processes and threads that all jobs may have together, as systemd's C(TasksMax) takes it.
    type: str
    default: 80%
  hygiene:
    description:
      - How the host is kept clean of what jobs leave in Docker, by the timer C(github-runner-hygiene.timer).
      - What a container uses, running or not, stays, and so does what came to the host since the oldest job that runs
        there began, or within O(hygiene.min_age). C(github-runner hygiene --dry-run) on the host says what would go.
    type: dict
    suboptions:
      enabled:
        description: Whether the timer is on.
        type: bool
        default: true
      scope:
        description:
          - V(leftovers) is what nobody but a job or this collection can have left on the host. That is networks
            C(github_network_*) without a container, volumes with the host's mark, and versions of the pools' own images
            that a newer pull has taken the name of.
          - V(engine) is that and whatever else is unused. That is images without a name at once, the others after
            O(hygiene.max_age) and when no job runs, volumes without a name, and build cache. It is for a Docker Engine
            that serves these runners and nothing else.
        type: str
        choices:
          - leftovers
          - engine
        default: leftovers
      keep:
        description:
          - Images to keep beside those of the pools and of micro-cipher, as patterns of a shell.
          - Each is compared with the image's names with and without a tag, its digests, and its id.
        type: list
        elements: str
        default: []
      min_age:
        description:
          - Seconds since it came to the host that anything stays.
          - It is what keeps things that a job has just brought, should the job have begun in the moment of the look.
        type: int
        default: 3600
      max_age:
        description: Seconds that an image with a name stays unused.
        type: int
        default: 604800
      disk_mark:
        description:
          - Per cent of the disk that Docker is on. As long as more is in use, unused images go, the oldest first, at
            any age and also while jobs run.
        type: int
        default: 80
      calendar:
        description: When, as the manual page systemd.time(7) writes it.
        type: str
        default: hourly
  python:
    description: The interpreter of the launcher on the host, 3.9 or newer.
    type: path
    default: /usr/bin/python3
  metrics_path:
    description:
      - The file that is kept up to date with metrics for Prometheus, once a minute, such as
        V(/var/lib/prometheus/node-exporter/github-runner.prom) for node_exporter's textfile collector. Empty for none.
      - Its directory must be there. The name must end in C(.prom), for the collector reads no others.
    type: str
    default: ''
  state:
    description: Whether the host shall have all this. For V(absent), drain the instances first.
    type: str
    choices:
      - present
      - absent
    default: present
seealso:
  - module: socialgouv.actions_runner.runner_pool
"""

EXAMPLES = r"""
- name: Install the launcher for the runners of an organization
  socialgouv.actions_runner.runner_unit:
    pools:
      - url: https://github.com/acme
        labels:
          - docker
        memory: 4G
"""

RETURN = r"""
actions:
  description: What was done, or would be in check mode.
  returned: success
  type: list
  elements: str
  sample: ["Wrote /etc/github-runner/pools/default.json"]
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils import _runner
from ..module_utils.steps import runner_unit


def main() -> None:
    """Entry point."""
    _runner.run(AnsibleModule(**runner_unit.SPEC, supports_check_mode=True), runner_unit.work)


if __name__ == "__main__":
    main()
