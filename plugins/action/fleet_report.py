# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Show the fleet here, on the control node: in the terminal, as JSON, as a page."""

from __future__ import annotations

import datetime
import json
import os
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.socialgouv.actions_runner.plugins.plugin_utils import _fleet, _fleet_page, _fleet_table

#: How the action takes the options.
SPEC: dict[str, Any] = {
    "argument_spec": {
        "hosts": {"type": "dict", "required": True},
        "notes": {"type": "list", "elements": "str", "default": []},
        "title": {"type": "str", "default": "GitHub Actions runners"},
        "html": {"type": "path"},
        "json": {"type": "path"},
        "image_age_max": {"type": "int", "default": _fleet.IMAGE_AGE_MAX},
    },
}
_COLOURS = {"bad": "red", "warn": "bright yellow"}


class ActionModule(ActionBase):
    """The whole of fleet_report: it runs nothing on a host."""

    _supports_check_mode = True
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Print the table, write the files that were asked for."""
        result = super().run(tmp, task_vars)
        _validated, options = self.validate_argument_spec(**SPEC)
        moment = datetime.datetime.now(datetime.timezone.utc)
        fleet = _fleet.document(options["hosts"], moment, options["image_age_max"])
        rows = _fleet_table.rows(fleet)
        self._show(rows, options["notes"])
        written = []
        if options["json"]:
            written.append(self._write(options["json"], json.dumps(fleet, indent=2) + "\n"))
        if options["html"]:
            written.append(self._write(options["html"], _fleet_page.render(fleet, options["title"])))
        result.update(changed=bool(written), fleet=fleet, table=[row.text for row in rows], written=written)
        return result

    def _show(self, rows: list[_fleet_table.Row], notes: list[str]) -> None:
        self._display.display("")
        for row in rows:
            self._display.display(row.text, color=_COLOURS.get(row.level))
        for note in notes:
            self._display.display(_fleet.printable(note))
        self._display.display("")

    def _write(self, place: str, text: str) -> str:
        """Write whole or not at all; gives the place."""
        path = Path(os.path.expanduser(place))
        if self._task.check_mode:
            return str(path)
        beside = path.with_name(f".{path.name}.{os.getpid()}.new")
        try:
            beside.write_text(text, encoding="utf-8")
            beside.replace(path)
        except OSError as error:
            raise AnsibleActionFail(f"{path} cannot be written: {error.strerror}") from None
        return str(path)
