# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Ansible and ssh are told about the bed. Pure: gives texts, writes nothing."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping

from .layout import GROUP, ORGANISATION_URL, State


def ssh_options(state: State) -> list[str]:
    """Options of every ssh connection to a host: the bed's own key and host key, strict, never a question."""
    return [
        *("-o", f"UserKnownHostsFile={_quoted(str(state.known_hosts))}"),
        *("-o", "GlobalKnownHostsFile=/dev/null"),
        *("-o", "StrictHostKeyChecking=yes"),
        *("-o", "IdentitiesOnly=yes"),
        *("-o", "BatchMode=yes"),
    ]


def known_hosts(ports: Mapping[str, int], host_key: str) -> str:
    """The known_hosts file, given the hosts' loopback ports and their public host key."""
    kind, key = host_key.split()[:2]
    return "".join(f"[127.0.0.1]:{port} {kind} {key}\n" for port in ports.values())


def inventory(state: State, ports: Mapping[str, int], suites: Mapping[str, str]) -> str:
    """The inventory: every host in the group with its port and its release; nothing that replaces a default."""
    lines = [
        "# Written by `testbed up`; changes are lost.",
        f"{GROUP}:",
        "  hosts:",
    ]
    for name, port in ports.items():
        lines += [f"    {name}:", "      ansible_host: 127.0.0.1", f"      ansible_port: {port}"]
        lines += [f"      testbed_suite: {suites[name]}"]
    variables = {
        "ansible_user": "root",
        "ansible_ssh_private_key_file": str(state.ssh_key),
        "ansible_ssh_common_args": shlex.join(ssh_options(state)),
        "ansible_pipelining": True,
        "ansible_python_interpreter": "/usr/bin/python3",
        "github_runner_url": ORGANISATION_URL,
    }
    lines += ["  vars:"] + [f"    {name}: {json.dumps(value)}" for name, value in variables.items()]
    return "\n".join(lines) + "\n"


def token_vars(token: str) -> str:
    """The file of variables that holds the token, for `--extra-vars @FILE`."""
    return f"# Written by `testbed up`: a token that only the bed's GitHub knows.\ngithub_runner_token: {token}\n"


def exports(state: State, proxy_port: int) -> str:
    """Shell lines that let the control node reach the bed's GitHub as api.github.com, and Ansible its hosts."""
    variables = {
        "HTTPS_PROXY": f"http://127.0.0.1:{proxy_port}",
        "NO_PROXY": "127.0.0.1,localhost",
        "REQUESTS_CA_BUNDLE": str(state.ca),
        "ANSIBLE_INVENTORY": str(state.inventory),
        "TESTBED_STATE": str(state.folder),
    }
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items())


def _quoted(path: str) -> str:
    """A path as ssh's configuration reads it: in double quotes if it has a space."""
    return f'"{path}"' if " " in path else path
