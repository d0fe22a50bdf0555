# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The frame of every module: run one function, exit with its result, fail with its sentence."""

from __future__ import annotations

import dataclasses
import errno
from typing import Any, Callable

from ansible.module_utils.basic import AnsibleModule

from ._failure import Failure
from .launcher.errors import Trouble

_REMEDIES = {errno.ENOSPC: " (make room there)", errno.EDQUOT: " (make room there)"}
_PACKAGES = {"systemctl": "systemd", "systemd-analyze": "systemd", "nft": "nftables"}


@dataclasses.dataclass
class Caller:
    """What a module's work needs of its AnsibleModule, and what it is given where it is part of another's."""

    params: dict[str, Any]
    check_mode: bool
    run_command: Callable[..., tuple[int, str, str]]
    warn: Callable[[str], None]


def run(module: AnsibleModule, work: Callable[[Any], dict[str, Any]]) -> None:
    """Call ``work`` and end the module with what it gives. Never returns."""
    try:
        result = work(module)
    except (Failure, Trouble, OSError) as error:
        module.fail_json(msg=sentence(error), **(error.facts if isinstance(error, Failure) else {}))
    module.exit_json(**result)


def sentence(error: Failure | Trouble | OSError) -> str:
    """What to tell a person who meets this error."""
    if not isinstance(error, OSError):
        return str(error)
    where = f"{error.filename}: " if error.filename else ""
    return f"{where}{error.strerror or error}{_REMEDIES.get(error.errno or 0, '')}"


def commands(module: Caller) -> Callable[[list[str]], tuple[int, str, str]]:
    """How a module runs a command; raises Failure where the host does not have it."""

    def run_command(command: list[str]) -> tuple[int, str, str]:
        try:
            return module.run_command(command, handle_exceptions=False)
        except FileNotFoundError as error:
            package = _PACKAGES.get(command[0], command[0])
            raise Failure(f"{command[0]} is missing on the host: install the package {package}") from error

    return run_command
