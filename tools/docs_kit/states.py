# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of the states of an instance, from the launcher's own table and from every trouble that it can meet."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import meanings
from ansible_collections.socialgouv.actions_runner.plugins.plugin_utils import _fleet

from . import markdown

INTRODUCTION = """\
What `github-runner status`, the playbooks' table, the status page and the metrics show of an instance."""
HOSTS = """\
What the playbooks' table and the status page show of a host, the worst first. Its reason stands beside it."""
REASONS = """\
What stands beside `waiting`, `sealed` and `outdated`; the first column is the label `class` of the metric
`github_runner_registration_errors_total`, and `kind` for programs. Where waiting alone will not help, the last column
says so: the instance still tries now and then, and at once when its pool file or its sealed credential changes."""


def page(launcher: Path) -> str:
    """The page."""
    rows = [
        (markdown.code(name), markdown.sentence(meaning), markdown.sentence(remedy))
        for name, (meaning, remedy) in meanings.MEANINGS.items()
    ]
    head = ("state", "means", "what to do")
    parts = [INTRODUCTION, markdown.table(head, rows)]
    hosts = [(markdown.code(name), *said) for name, said in _fleet.MEANINGS.items()]
    parts += ["## Hosts", HOSTS, markdown.table(head, hosts), "## Reasons", REASONS]
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
