# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check what a pool was given, here on the control node, before any host is touched."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import pool, sealed


class ActionModule(ActionBase):
    """The whole of runner_check: it runs nothing on a host."""

    _supports_check_mode = True
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Fail with one sentence, or change nothing."""
        result = super().run(tmp, task_vars)
        _validated, options = self.validate_argument_spec(
            argument_spec={
                "url": {"type": "str", "required": True},
                "token": {"type": "str", "required": True, "no_log": True},
                "image": {"type": "str", "required": True},
                "count": {"type": "int", "default": 1},
                "labels": {"type": "list", "elements": "str", "default": []},
            },
        )
        try:
            sealed.check_secret(options["token"])
            # The architecture's own label cannot be wrong: any will do here.
            labels = pool.all_labels(options["labels"], "x86_64")
            pool.Pool(name="default", url=options["url"], image=options["image"], labels=labels)
            pool.check_count(options["count"])
        except (sealed.SealedError, pool.PoolError) as error:
            raise AnsibleActionFail(str(error)) from error
        result["changed"] = False
        return result
