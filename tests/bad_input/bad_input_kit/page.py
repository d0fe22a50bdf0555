# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page: what is wrong, and the message that one gets. Pure."""

from __future__ import annotations

import re

from .cases import Group

TOP = """<!--
Copyright (c) 2026, SocialGouv
GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
SPDX-License-Identifier: GPL-3.0-or-later
-->

# What one gets for wrong input

Written by `make molecule SCENARIO=bad_input`, which provokes each for real, and fails where the page says something
else than what one gets. Each leaves the host as it was.
"""
#: What differs from run to run, and what stands for it.
VOLATILE = (
    (r"\(it is (?:restarting|exited|created)\)", "(it is running)"),
    (r"<class '[^']*'> ", "that "),
    (r"\b\d{4}-\d\d-\d\d \d\d:\d\d UTC", "2026-11-25 12:00 UTC"),
    (r"\b(?:sha256:)?[0-9a-f]{64}\b", "ID"),
    (r"\b[0-9a-f]{12}\b", "ID"),
    (r"\b127\.0\.0\.1:(?!9\b)\d{4,5}\b", "127.0.0.1:PORT"),
    (r"\b(?:10|172|192)(?:\.\d{1,3}){3}\b", "192.0.2.1"),
    (r"/[^\s'\"]*/ansible_collections/", "ansible_collections/"),
    (r"\b\d{5,} bytes", "so many bytes"),
)
#: Ansible's own heading of what the specification of arguments finds.
HEADING = re.compile(r"Validation of arguments failed:\s*")
LONGEST = 420


class BadMessage(ValueError):
    """A message that is none for a person; says why."""


def tidy(message: str, names: dict[str, str], secrets: tuple[str, ...] = ()) -> str:
    """A message as it stands on the page. Raises BadMessage if it is not one clear line."""
    text = HEADING.sub("", message).strip()
    if "Traceback" in text or "\n" in text:
        raise BadMessage(f"it is not one line: {text!r}")
    if not text:
        raise BadMessage("nothing was said")
    for secret in secrets:
        if secret and secret in text:
            raise BadMessage("it tells a secret")
    for name, shown in names.items():
        text = text.replace(name, shown)
    for pattern, shown in VOLATILE:
        text = re.sub(pattern, shown, text)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


def render(groups: list[Group], messages: dict[str, dict[str, str]]) -> str:
    """The page, of the groups and their messages by title and by what is wrong."""
    parts = [TOP]
    for group in groups:
        rows = [f"| {_cell(case.wrong)} | {_cell(messages[group.title][case.wrong])} |" for case in group.cases]
        about = f"{group.about.strip()}\n\n" if group.about else ""
        parts.append(
            f"## {group.title}\n\n{about}"
            + "\n".join(["| what is wrong | what one gets |", "| --- | --- |", *rows])
            + "\n"
        )
    return "\n".join(parts)


def _cell(text: str) -> str:
    """Text that is no Markdown and no HTML."""
    return re.sub(r"([\\`*_|<>\[\]])", r"\\\1", text)
