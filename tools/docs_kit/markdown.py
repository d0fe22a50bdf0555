# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Markdown that both GitHub and Sphinx show. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

_HEAD = """\
<!--
Copyright (c) 2026, SocialGouv
GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
SPDX-License-Identifier: GPL-3.0-or-later

Written by `make docs` from {source}: change that.
-->
"""
#: Names that have no capital letter.
_NAMES = ("micro-cipher",)


def page(title: str, source: str, parts: Iterable[str]) -> str:
    """A generated page, which says what it was generated from."""
    return "\n".join([_HEAD.format(source=source), f"# {title}", *(f"\n{part.strip()}" for part in parts)]) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table."""
    lines = [f"| {' | '.join(head)} |", f"| {' | '.join('---' for _one in head)} |"]
    return "\n".join([*lines, *(f"| {' | '.join(map(_cell, row))} |" for row in rows)])


def shell(text: str) -> str:
    """A block of commands."""
    return f"```shell\n{text.strip()}\n```"


def code(text: str) -> str:
    """A word of a program's; nothing for nothing."""
    return f"`{text}`" if text else ""


def sentence(text: str) -> str:
    """Text that begins with a capital letter and ends with a full stop."""
    first = text.partition(" ")[0]
    begin = text if first in _NAMES else text[:1].upper() + text[1:]
    return f"{begin.rstrip('.')}." if text else ""


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
