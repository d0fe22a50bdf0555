# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of what is on a host: files, units, fields of the journal, each from the code that makes them."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path

from ansible_collections.socialgouv.actions_runner.plugins.module_utils import _hygiene, _units
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import names
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.paths import Paths

from . import markdown

#: What a name in a path stands for.
_PLACEHOLDERS = {"name": "POOL", "pool": "POOL", "instance": "INSTANCE", "container": "CONTAINER"}
FIELDS = """\
Each line of an instance has, beside systemd's own fields, those below. `GITHUB_RUNNER_SOURCE` is `launcher` for the
launcher's own words and `runner` for what the runner and its jobs print: a job can neither set a field nor choose a
priority. Of what one container prints, 16 MB are copied at most."""


def page(launcher: Path) -> str:
    """The page."""
    files = [(markdown.code(path), markdown.sentence(text)) for path, text in sorted(paths())]
    services = [(markdown.code(name), markdown.sentence(text)) for name, text in units().items()]
    parts = ["## Files", markdown.table(("path", "is"), files), "## Units", markdown.table(("unit", "is"), services)]
    parts += [
        "## Fields of the journal",
        FIELDS,
        markdown.table(("field",), [(markdown.code(one),) for one in fields(launcher)]),
    ]
    return markdown.page("What is on a host", "the launcher's paths and the units", parts)


def paths() -> Iterator[tuple[str, str]]:
    """Every path of ours, with the first line that the code says of it."""
    here = Paths()
    for name, member in inspect.getmembers(Paths):
        text = inspect.getdoc(member) or ""
        if isinstance(member, property):
            path = member.fget(here) if member.fget else ""
        elif inspect.isfunction(member) and not name.startswith("_") and len(inspect.signature(member).parameters) == 2:
            parameter = list(inspect.signature(member).parameters)[1]
            path = member(here, _PLACEHOLDERS[parameter])
        else:
            continue
        if "github-runner" in path:
            yield path, text.splitlines()[0]


def units() -> dict[str, str]:
    """Every unit, with its own description."""
    texts = {**_units.texts(Paths(), "/metrics"), **_hygiene.texts(Paths(), "hourly")}
    found = {}
    for name, text in sorted(texts.items()):
        found[name] = next(line.partition("=")[2] for line in text.splitlines() if line.startswith("Description="))
    return {name: text.replace("%i", "INSTANCE") for name, text in found.items()}


def fields(launcher: Path) -> list[str]:
    """The journal's fields: those that instances describe themselves with, and whose words a line holds."""
    tree = ast.parse((launcher / "board.py").read_text(encoding="utf-8"))
    calls = [one for one in ast.walk(tree) if isinstance(one, ast.Call) and ast.unparse(one.func) == "journal.describe"]
    described = {keyword.arg for call in calls for keyword in call.keywords if keyword.arg}
    return sorted(f"GITHUB_RUNNER_{name.upper()}" for name in (*described, "source"))


def is_unit(name: str) -> bool:
    """Whether a host can have a unit of that name; as systemctl reads it, ``.service`` may be left out."""
    whole = name if "." in name else f"{name}.service"
    return whole in units() or names.parse_unit(whole) is not None or whole.startswith("github-runner@")
