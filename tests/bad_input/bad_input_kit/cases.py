# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cases, as tests/bad_input/cases/*.yml have them. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).resolve().parents[1] / "cases"
#: How a group is provoked: see the functions of these names in provoke.
KINDS = ("check", "host", "launcher", "playbook", "command", "old_core")


class BadCase(ValueError):
    """A case that is written wrongly; the message names it."""


@dataclass(frozen=True)
class Case:
    """One wrong input. What each field means, the comment at the top of a group's file says."""

    wrong: str
    vars: dict[str, Any] = field(default_factory=dict)
    before: str = ""
    after: str = ""
    tasks: list[dict[str, Any]] = field(default_factory=list)
    playbook: str = ""
    command: str = ""
    pool: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Group:
    """Cases that are provoked together, and stand together on the page."""

    title: str
    kind: str
    cases: list[Case]
    about: str = ""
    #: Calls of the admin API of GitHub's stand-in: method, path, body.
    github: list[list[Any]] = field(default_factory=list)
    #: Whether it costs micro-cipher its key, so that the playbook has to put things right.
    renews: bool = False
    #: A list of commands that are all that the control node has, where something is missing there.
    only_commands: list[str] = field(default_factory=list)
    #: What the environment of an ansible-core of its own is made of.
    packages: list[str] = field(default_factory=list)


def load(folder: Path = FOLDER) -> list[Group]:
    """All groups, in the order of their files' names. Raises BadCase."""
    return [_group(path.name, yaml.safe_load(path.read_text())) for path in sorted(folder.glob("*.yml"))]


def _group(name: str, document: dict[str, Any]) -> Group:
    try:
        cases = [Case(**one) for one in document.pop("cases")]
        group = Group(cases=cases, **document)
    except (KeyError, TypeError) as error:
        raise BadCase(f"{name}: {error}") from error
    if group.kind not in KINDS:
        raise BadCase(f"{name}: kind is {group.kind!r}: it takes {', '.join(KINDS)}")
    wrongs = [case.wrong for case in cases]
    twice = {wrong for wrong in wrongs if wrongs.count(wrong) > 1}
    if twice:
        raise BadCase(f"{name}: said twice: {', '.join(sorted(twice))}")
    return group
