# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The systemd units of a host. Pure."""

from __future__ import annotations

import os
import re
from typing import NamedTuple

from . import _firewall
from ._failure import Failure
from .launcher.names import FIREWALL_UNIT as FIREWALL
from .launcher.paths import Paths

METRICS_TIMER = "github-runner-metrics.timer"
METRICS_SERVICE = "github-runner-metrics.service"
TIMER = "github-runner-reconcile.timer"
SERVICE = "github-runner-reconcile.service"

SLICE = "github-runner.slice"
TARGET = "github-runner.target"
PARENT_SLICE = "github.slice"

# What the launcher and the reconciler are kept from. They are root for Docker's socket and the sealed files, but
# without a single capability, and see of the host what they need. docs/explanation/security.md says what that is worth.
SANDBOX = """\
LimitCORE=0
UMask=0077
CapabilityBoundingSet=
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
PrivateIPC=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
ProcSubset=pid
MemoryDenyWriteExecute=yes
LockPersonality=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM
"""

_INSTANCE = """\
# Managed by Ansible: socialgouv.actions_runner.runner_unit
[Unit]
Description=Ephemeral GitHub Actions runner %i
Documentation=https://github.com/SocialGouv/actions-runner
# Not Requires=: the end of docker.service must not end the launcher, which waits for it and takes over what lives on.
Wants=docker.service network-online.target {firewall} {slice} {target}
After={target}
# The launcher backs off by itself: no start limit may park it for ever.
StartLimitIntervalSec=0
# A drained host stays drained, also over a reboot, whatever is enabled.
ConditionPathExists=!{drained}

[Service]
Type=notify
ExecStart={program} launch %i
ExecReload=/bin/kill -HUP $MAINPID
Restart=always
RestartSec=1
# SIGTERM asks the launcher to drain: it ends when the job has ended, and bounds the wait itself (drain_timeout).
KillMode=mixed
TimeoutStartSec=infinity
TimeoutStopSec=infinity
RuntimeDirectory=github-runner github-runner/instances
RuntimeDirectoryPreserve=yes
# What the instances count. The sealed tokens beside it stay out of their reach but for reading.
StateDirectory=github-runner/tally
SyslogIdentifier=github-runner
# What a job prints must not choose its own priority in the journal.
SyslogLevelPrefix=no
# The C library gives back at once what the start has used up: a tenth of what a standing instance weighs.
Environment=MALLOC_MMAP_THRESHOLD_=16384 MALLOC_TRIM_THRESHOLD_=0 MALLOC_TOP_PAD_=0
{sandbox}
[Install]
WantedBy=multi-user.target
"""

# It stands between the instances and what they need, which starts before them, and stops after them with the host.
# Ordered directly, nothing that they need could start or reload while one of them drains, for systemd has a stop come
# first: a Docker that died would stay away until the drain's end, which needs Docker.
_TARGET = """\
# Managed by Ansible: socialgouv.actions_runner.runner_unit
[Unit]
Description=What GitHub Actions runners need
Documentation=https://github.com/SocialGouv/actions-runner
After=docker.service network-online.target {firewall} {slice}
"""

# The launchers are not in it: jobs that have used up their share must not starve them.
_SLICE = """\
# Managed by Ansible: socialgouv.actions_runner.runner_unit
[Unit]
Description=Containers of GitHub Actions runners
Documentation=https://github.com/SocialGouv/actions-runner

[Slice]
MemoryMax={memory}
CPUWeight={cpu_weight}
TasksMax={tasks}
"""

_FIREWALL = """\
# Managed by Ansible: socialgouv.actions_runner.runner_unit
[Unit]
Description=Keep jobs of GitHub Actions runners from this host
Documentation=https://github.com/SocialGouv/actions-runner
DefaultDependencies=no
After=local-fs.target nftables.service
Before=network-pre.target shutdown.target
Wants=network-pre.target
Conflicts=shutdown.target
# Its start and its reload flush everybody's rules.
PartOf=nftables.service
ReloadPropagatedFrom=nftables.service

[Service]
Type=oneshot
RemainAfterExit=yes
TimeoutSec=60
ExecStart=nft -f {rules}
ExecReload=nft -f {rules}
ExecStop=nft 'add table {table}; delete table {table}'
# It is there as long as the rules are: without it, no launcher starts a container.
RuntimeDirectory=github-runner-firewall
RuntimeDirectoryMode=0755

[Install]
WantedBy=multi-user.target
"""

_RECONCILE_SERVICE = """\
# Managed by Ansible: socialgouv.actions_runner.runner_unit
[Unit]
Description=Remove dead GitHub Actions runners of this host
After=docker.service network-online.target

[Service]
Type=oneshot
# Somebody may have flushed all rules by hand.
ExecStartPre=+-systemctl reload {firewall}
ExecStart={program} reconcile
StateDirectory=github-runner
StateDirectoryMode=0700
SyslogIdentifier=github-runner
ReadWritePaths=-/var/lib/github-runner -/etc/github-runner -/run/github-runner
{sandbox}"""

_RECONCILE_TIMER = """\
# Managed by Ansible: socialgouv.actions_runner.runner_unit
[Unit]
Description=Remove dead GitHub Actions runners of this host

[Timer]
OnBootSec=10min
OnUnitActiveSec=10min
# A fleet that was started together must not ask GitHub together.
RandomizedDelaySec=5min

[Install]
WantedBy=timers.target
"""


_METRICS_SERVICE = """\
# Managed by Ansible: socialgouv.actions_runner.runner_unit
[Unit]
Description=Metrics of the GitHub Actions runners of this host

[Service]
Type=oneshot
ExecStart={program} metrics --output {path}
SyslogIdentifier=github-runner
Nice=10
ReadWritePaths=-{directory}
{sandbox}# Docker's socket is all that it talks to.
PrivateNetwork=yes
"""

_METRICS_TIMER = """\
# Managed by Ansible: socialgouv.actions_runner.runner_unit
[Unit]
Description=Metrics of the GitHub Actions runners of this host

[Timer]
OnBootSec=1min
OnUnitActiveSec=1min
AccuracySec=5s

[Install]
WantedBy=timers.target
"""


class Share(NamedTuple):
    """What all jobs of a host may have together, as systemd writes it."""

    memory: str = "85%"
    cpu_weight: int = 50
    tasks: str = "80%"


DEFAULT_SHARE = Share()


def check(share: Share) -> None:
    """Systemd would only mention in the journal what it does not understand. Raises Failure."""
    for option, value in (("jobs_memory", share.memory), ("jobs_tasks", share.tasks)):
        if not re.fullmatch(r"[0-9]+(\.[0-9]+)?%|[1-9][0-9]*[KMGT]?|infinity", value):
            raise Failure(f"{option} is {value!r}: write it like 85%, 12G or infinity")
    if not 1 <= share.cpu_weight <= 10000:
        raise Failure(f"jobs_cpu_weight is {share.cpu_weight}: it takes 1 to 10000, where the host's services have 100")


def names() -> list[str]:
    """The file names of all units that a host may have."""
    return [*texts(Paths(), "/metrics")]


def metrics_path(service: str) -> str | None:
    """Where a service's text has the metrics written to."""
    found = re.search(r"^ExecStart=.* --output (.+)$", service, re.MULTILINE)
    return found[1] if found else None


def timers(metrics_path: str) -> list[str]:
    """The timers that a host shall have running."""
    return [TIMER, METRICS_TIMER] if metrics_path else [TIMER]


def texts(paths: Paths, metrics_path: str = "", share: Share = DEFAULT_SHARE) -> dict[str, str]:
    """Every unit's text, by its file name. Those of the metrics only where there is a file for them."""
    fields = {"program": paths.program, "slice": SLICE, "target": TARGET, "firewall": FIREWALL, "sandbox": SANDBOX}
    fields["drained"] = paths.drained
    metrics = {
        METRICS_SERVICE: _METRICS_SERVICE.format(path=metrics_path, directory=os.path.dirname(metrics_path), **fields),
        METRICS_TIMER: _METRICS_TIMER,
    }
    return {
        "github-runner@.service": _INSTANCE.format(**fields),
        TARGET: _TARGET.format(**fields),
        SLICE: _SLICE.format(**share._asdict()),
        FIREWALL: _FIREWALL.format(rules=paths.firewall, table=_firewall.TABLE),
        SERVICE: _RECONCILE_SERVICE.format(**fields),
        TIMER: _RECONCILE_TIMER,
        **(metrics if metrics_path else {}),
    }
