# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From figures to docs/reference/benchmarks.md. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

EMPTY = """\
<!--
Copyright (c) 2026, SocialGouv
GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
SPDX-License-Identifier: GPL-3.0-or-later
-->

# Benchmarks

Written by `make bench`, on the test bed. Machines differ and are shared: compare what stands in one table, it is from
one run, both sides turn by turn. A figure is a median, with the least and the most in brackets.
"""


def replace(text: str, part: str, section: str) -> str:
    """The document with this section instead of the one that it had; a new section comes last."""
    begin, end = f"<!-- {part}: written by make bench -->\n", f"<!-- end of {part} -->\n"
    block = f"{begin}{section}{end}"
    found = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
    if found.search(text):
        return found.sub(lambda _match: block, text)
    return f"{text.rstrip()}\n\n{block}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table: the first column for words, the others for numbers."""
    lines = [head, ["---", *("---:" for _column in head[1:])], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def versions(date: str, found: Mapping[str, str]) -> str:
    """One line that says when and with what."""
    return f"{date}; {', '.join(f'{name} {version}' for name, version in found.items())}.\n"
