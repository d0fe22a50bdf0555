# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The frame of every module: run one function, exit with its result, fail with its sentence."""

from __future__ import annotations

from typing import Any, Callable

from ansible.module_utils.basic import AnsibleModule

from ._failure import Failure
from .launcher.errors import Trouble


def run(module: AnsibleModule, work: Callable[[AnsibleModule], dict[str, Any]]) -> None:
    """Call ``work`` and end the module with what it gives. Never returns."""
    try:
        result = work(module)
    except Failure as failure:
        module.fail_json(msg=str(failure), **failure.facts)
    except Trouble as trouble:
        module.fail_json(msg=str(trouble))
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        module.fail_json(msg=f"{where}{error.strerror or error}")
    module.exit_json(**result)
