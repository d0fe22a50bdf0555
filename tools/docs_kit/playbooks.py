# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of the playbooks, from the comment that each begins with and from its plays."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from . import markdown

NAMESPACE = "socialgouv.actions_runner"
#: Ansible's own words, which plays take from a variable of ours.
BATCHES = ("github_runner_serial", "github_runner_max_fail_percentage")
_VARIABLE = re.compile(r"(github_runner_[a-z_]+): (.+?)(?: \(([^()]*)\))?")
_BATCH = re.compile(r"serial: .*github_runner_serial \| default\((.+?)\) }}")

INTRODUCTION = f"""\
Each takes any inventory with a group `github_runners` ([inventories](../how-to/inventories.md)), can be interrupted and
run again, tells the truth with `--check`, and ends in one table of hosts and instances. A host that fails is named in
it with its reason, and the others go on; `reboot` and `upgrade` stop after its batch. No running job is ended but with
`github_runner_drain_force=true`.

All [variables of the role](../../roles/github_runner/meta/argument_specs.yml) count as well. `{BATCHES[0]}` and
`{BATCHES[1]}` (100, and 0 for `reboot` and `upgrade`) are Ansible's own `serial` and `max_fail_percentage`, of
those playbooks that go batch by batch. Give them with `-e`: Ansible reads them before it knows any host, and so not in
an inventory."""


@dataclass
class Playbook:
    """What a playbook's comment says."""

    name: str
    batch: str = ""  #: how many hosts at a time, where it goes batch by batch
    paragraphs: list[str] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    variables: list[tuple[str, str, str]] = field(default_factory=list)  #: name, what it is, default

    @property
    def summary(self) -> str:
        """Its first sentence."""
        return re.split(r"(?<=[.]) ", self.paragraphs[0])[0]


def read_all(folder: Path) -> list[Playbook]:
    """Those that a user calls, in the order in which one meets them: site first."""
    found = [read(path.stem, path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.yml"))]
    return sorted(found, key=lambda one: (one.name != "site", one.name != "status", one.name))


def read(name: str, text: str) -> Playbook:
    """One playbook, from its text."""
    batch = _BATCH.search(text)
    found = Playbook(name, batch=batch[1].strip("'[]").replace("'", "") if batch else "")
    comment = re.search(r"^---\n((?:#.*\n)+)", text, re.MULTILINE)
    if not comment:
        raise ValueError(f"the playbook {name} says nothing of itself: begin it with a comment")
    for block in comment[1].split("#\n"):
        lines = [line.removeprefix("#").removeprefix(" ") for line in block.splitlines()]
        if lines[0].startswith("  "):
            found.commands += [line.strip() for line in lines]
        elif lines[0].startswith("github_runner_"):
            found.variables += [_variable(name, one) for one in _joined(lines)]
        else:
            found.paragraphs.append(" ".join(lines))
    return found


def page(folder: Path) -> str:
    """The page."""
    found = read_all(folder)
    rows = [(f"[{one.name}](#{one.name})", one.summary) for one in found]
    sections = [part for one in found for part in _section(one)]
    return markdown.page(
        "Playbooks",
        "the playbooks",
        [INTRODUCTION, markdown.table(("playbook", "does"), rows), *sections],
    )


def _section(one: Playbook) -> list[str]:
    parts = [f"## {one.name}", *one.paragraphs, markdown.shell("\n".join(one.commands))]
    rows = [
        (markdown.code(name), markdown.sentence(text), markdown.code(default)) for name, text, default in one.variables
    ]
    if one.batch:
        rows.append((markdown.code(BATCHES[0]), "How many hosts at a time.", markdown.code(one.batch)))
    return [*parts, markdown.table(("variable", "is", "default"), rows)] if rows else parts


def _joined(lines: list[str]) -> list[str]:
    """A line that is indented goes on with the one before."""
    joined: list[str] = []
    for line in lines:
        if line.startswith(" "):
            joined[-1] += " " + line.strip()
        else:
            joined.append(line)
    return joined


def _variable(playbook: str, line: str) -> tuple[str, str, str]:
    match = _VARIABLE.fullmatch(line)
    if not match:
        raise ValueError(f"the playbook {playbook} describes a variable in another form than the others: {line}")
    return match[1], match[2], match[3] or ""
