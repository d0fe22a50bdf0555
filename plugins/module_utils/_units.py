# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The systemd units of a host. Pure."""

from __future__ import annotations

import os

from .launcher.paths import Paths

METRICS_TIMER = "github-runner-metrics.timer"
TIMER = "github-runner-reconcile.timer"
SLICE = "github-runner.slice"

_INSTANCE = """\
# Managed by Ansible: socialgouv.actions_runner.runner_unit
[Unit]
Description=Ephemeral GitHub Actions runner %i
Documentation=https://github.com/SocialGouv/actions-runner
# Not Requires=: the end of docker.service must not end the launcher, which waits for it and takes over what lives on.
Wants=docker.service network-online.target
After=docker.service network-online.target
# The launcher backs off by itself: no start limit may park it for ever.
StartLimitIntervalSec=0

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
Slice={slice}
RuntimeDirectory=github-runner
RuntimeDirectoryPreserve=yes
# What the instances count. The sealed tokens beside it stay out of their reach but for reading.
StateDirectory=github-runner/tally
SyslogIdentifier=github-runner
# What a job prints must not choose its own priority in the journal.
SyslogLevelPrefix=no
# The C library gives back at once what the start has used up: a tenth of what a standing instance weighs.
Environment=MALLOC_MMAP_THRESHOLD_=16384 MALLOC_TRIM_THRESHOLD_=0 MALLOC_TOP_PAD_=0
LimitCORE=0
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
RestrictSUIDSGID=yes
LockPersonality=yes

[Install]
WantedBy=multi-user.target
"""

_SLICE = """\
# Managed by Ansible: socialgouv.actions_runner.runner_unit
[Unit]
Description=GitHub Actions runners
Documentation=https://github.com/SocialGouv/actions-runner
"""

_RECONCILE_SERVICE = """\
# Managed by Ansible: socialgouv.actions_runner.runner_unit
[Unit]
Description=Remove dead GitHub Actions runners of this host
After=docker.service network-online.target

[Service]
Type=oneshot
ExecStart={program} reconcile
SyslogIdentifier=github-runner
LimitCORE=0
NoNewPrivileges=yes
ProtectSystem=strict
ReadWritePaths=-/var/lib/github-runner -/etc/github-runner -/run/github-runner
ProtectHome=yes
PrivateTmp=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
"""

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
LimitCORE=0
NoNewPrivileges=yes
ProtectSystem=strict
ReadWritePaths=-{directory}
ProtectHome=yes
PrivateTmp=yes
PrivateNetwork=yes
RestrictAddressFamilies=AF_UNIX
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


def names() -> list[str]:
    """The file names of all units that a host may have."""
    return [*texts(Paths(), "/metrics")]


def timers(metrics_path: str) -> list[str]:
    """The timers that a host shall have running."""
    return [TIMER, METRICS_TIMER] if metrics_path else [TIMER]


def texts(paths: Paths, metrics_path: str = "") -> dict[str, str]:
    """Every unit's text, by its file name. Those of the metrics only where there is a file for them."""
    metrics = {
        "github-runner-metrics.service": _METRICS_SERVICE.format(
            program=paths.program, path=metrics_path, directory=os.path.dirname(metrics_path)
        ),
        METRICS_TIMER: _METRICS_TIMER,
    }
    return {
        "github-runner@.service": _INSTANCE.format(program=paths.program, slice=SLICE),
        SLICE: _SLICE,
        "github-runner-reconcile.service": _RECONCILE_SERVICE.format(program=paths.program),
        TIMER: _RECONCILE_TIMER,
        **(metrics if metrics_path else {}),
    }
