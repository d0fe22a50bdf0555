# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What jobs may reach: a table of nftables' that is ours alone. Pure but for the look whether it is loaded.

A table of its own is touched by nobody: not by dockerd, which rewrites its own chains at each start, nor by firewalld
or ufw, and it holds beside iptables of either kind. A packet must pass every table, so that whatever others accept,
what is refused here is refused. It knows interfaces by how their names begin, so that it is loaded before any network
is there, and stays right for each that comes.
"""

from __future__ import annotations

import shutil
from typing import NamedTuple

from ._failure import Failure
from ._systemd import RunCommand
from .launcher import names

TABLE = "inet github_runner"

# Where clouds answer a machine with its credentials: link-local (nearly all), Azure, Alibaba; AWS, Google by IPv6.
METADATA_4 = ("169.254.0.0/16", "168.63.129.16", "100.100.100.200")
METADATA_6 = ("fd00:ec2::254", "fd20:ce::254")

_RULES = """\
# Managed by Ansible: socialgouv.actions_runner.runner_unit
# Loaded by github-runner-firewall.service, in one transaction: there is no moment without rules.
table {table}
delete table {table}
table {table} {{
    chain forward {{
        type filter hook forward priority filter - 5; policy accept;
        iifname "{jobs}*" jump from_jobs
    }}
    chain input {{
        type filter hook input priority filter - 5; policy accept;
        iifname "{jobs}*" jump to_host
    }}
    # To the world, but neither to other jobs nor to other containers of this host.
    chain from_jobs {{
        ct state established,related accept
{metadata}        oifname "{jobs}*" reject with icmpx admin-prohibited
        oifname "br-*" reject with icmpx admin-prohibited
        oifname "docker*" reject with icmpx admin-prohibited
    }}
    # Not to the host itself, whatever listens there.
    chain to_host {{
        ct state established,related accept
        icmpv6 type {{ nd-router-solicit, nd-neighbor-solicit, nd-neighbor-advert }} accept
{host}        reject with icmpx admin-prohibited
    }}
}}
"""
# Some clouds answer DNS at the same address.
_METADATA = """\
        ip daddr {{ {four} }} meta l4proto {{ tcp, udp }} th dport 53 accept
        ip daddr {{ {four} }} reject with icmpx admin-prohibited
        ip6 daddr {{ {six} }} reject with icmpx admin-prohibited
"""
_METADATA_ON_HOST = """\
        ip daddr {{ {four} }} accept
        ip6 daddr {{ {six} }} accept
"""
_PORTS = """\
        meta l4proto {{ tcp, udp }} th dport {{ {ports} }} accept
"""


class Policy(NamedTuple):
    """What jobs may reach beside the world."""

    block_metadata: bool = True
    host_ports: tuple[int, ...] = ()


def rules(policy: Policy) -> str:
    """The file that nft loads. Raises Failure where a port is none."""
    wrong = [port for port in policy.host_ports if not 1 <= port <= 65535]
    if wrong:
        raise Failure(f"host_ports has {wrong[0]} in it: a port is a number from 1 to 65535")
    metadata = {"four": ", ".join(METADATA_4), "six": ", ".join(METADATA_6)}
    host = "" if policy.block_metadata else _METADATA_ON_HOST.format(**metadata)
    if policy.host_ports:
        host += _PORTS.format(ports=", ".join(map(str, sorted(set(policy.host_ports)))))
    return _RULES.format(
        table=TABLE,
        jobs=names.BRIDGE_PREFIX,
        metadata=_METADATA.format(**metadata) if policy.block_metadata else "",
        host=host,
    )


def is_loaded(run_command: RunCommand) -> bool:
    """Whether the kernel has the table."""
    if not has_nft():
        return False
    code, _out, _err = run_command(["nft", "list", "table", *TABLE.split()])
    return code == 0


def check(check_mode: bool) -> None:
    """Whether rules can be loaded at all. Raises Failure."""
    if not check_mode and not has_nft():
        raise Failure("nft, which keeps jobs from the host, is missing: install the package nftables")


def has_nft() -> bool:
    """Whether the host has the program."""
    return shutil.which("nft") is not None
