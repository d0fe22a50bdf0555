# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of the states: an instance's, from the launcher's table and every trouble that it can meet, and a host's."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import meanings

from . import markdown

INTRODUCTION = """\
What `github-runner status`, the playbooks' table, the status page and the metrics show of an instance."""
REASONS = """\
What stands beside `waiting`, `sealed` and `outdated`; the first column is the label `class` of the metric
`github_runner_registration_errors_total`, and `kind` for programs. Where waiting alone will not help, the last column
says so: the instance still tries now and then, and at once when its pool file or its sealed credential changes."""

HOSTS_SHOWN = """\
What the playbooks' table and the status page show of a host, in one word, the worst first."""
#: Every word that the control node has for a host (plugin_utils/_fleet.py): its meaning and the remedy.
HOSTS: dict[str, tuple[str, str]] = {
    "failed": ("the playbook failed there, or could not reach it; the reason stands beside it", "what the reason says"),
    "unknown": ("it was not reached, or its turn did not come", "run the playbook status"),
    "sealed": ("the credential of a pool has to be sealed again, as after a reboot", "the playbook unseal"),
    "drained": ("it is in maintenance and takes no jobs", "the playbook resume, when that is over"),
    "troubled": ("instances that should serve do not", "what their states say, above"),
    "serving": ("every instance serves, or is about to", ""),
    "empty": ("it has no instance", "the playbook site, where it should have some"),
}


def page(launcher: Path) -> str:
    """The page."""
    rows = [
        (markdown.code(name), markdown.sentence(meaning), markdown.sentence(remedy))
        for name, (meaning, remedy) in meanings.MEANINGS.items()
    ]
    hosts = [
        (markdown.code(name), markdown.sentence(meaning), markdown.sentence(remedy))
        for name, (meaning, remedy) in HOSTS.items()
    ]
    titles = ("state", "means", "what to do")
    parts = [INTRODUCTION, markdown.table(titles, rows), "## Hosts", HOSTS_SHOWN, markdown.table(titles, hosts)]
    parts += ["## Reasons", REASONS]
    parts.append(markdown.table(("kind", "reason", "needs somebody"), _reasons(launcher)))
    return markdown.page("States", "the launcher's table of states and its troubles", parts)


def _reasons(launcher: Path) -> list[tuple[str, str, str]]:
    found = {one for path in launcher.glob("*.py") for one in _troubles(ast.parse(path.read_text(encoding="utf-8")))}
    return [(markdown.code(kind), text, lasting) for kind, text, lasting in sorted(found)]


def _troubles(tree: ast.AST) -> Iterator[tuple[str, str, str]]:
    """Every ``Trouble("kind", "sentence", lasting=True)`` whose sentence is written out there."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Trouble":
            kind, text = (_text(one) for one in node.args[:2])
            words = text.replace("…", "").split()
            if kind and len(words) > 2:
                lasting = any(
                    one.arg == "lasting" and getattr(one.value, "value", None) is True for one in node.keywords
                )
                yield kind, text, "yes" if lasting else ""


def _text(node: ast.expr) -> str:
    """A string as it is written, with an ellipsis for what is put into it."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(one) if isinstance(one, ast.Constant) else "…" for one in node.values)
    return ""
