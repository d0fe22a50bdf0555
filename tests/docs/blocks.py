# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The code blocks of the documentation, and the commands in them. Pure but for reading the pages."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt

ROOT = Path(__file__).resolve().parents[2]
_DIRECTIVE = re.compile(r"<!-- walk: (.+?) -->")
_TITLE = re.compile(r"# (\S+\.\S+)\n")


@dataclass(frozen=True)
class Block:
    """One block of a page."""

    page: str  #: below the checkout
    line: int
    language: str
    text: str
    #: What a comment before it tells whoever walks the page: ``<!-- walk: shows 6 idle -->``.
    directive: str = ""

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def title(self) -> str:
        """The file that it is to be written to, which its first line names; or nothing."""
        match = _TITLE.match(self.text)
        return match[1] if match else ""

    def commands(self) -> list[list[str]]:
        """The words of each command of a block of shell, without comments."""
        joined = self.text.replace("\\\n", " ")
        lines = (shlex.split(line, comments=True) for line in joined.splitlines())
        return [part for line in lines if line for part in _parts(line)]


def pages() -> list[Path]:
    """README and everything in docs, below the checkout."""
    return [Path("README.md"), *(path.relative_to(ROOT) for path in sorted((ROOT / "docs").rglob("*.md")))]


def read(page: Path) -> list[Block]:
    """The blocks of a page, in its order."""
    found, directive = [], ""
    for token in MarkdownIt().parse((ROOT / page).read_text(encoding="utf-8")):
        if match := _DIRECTIVE.search(token.content if token.type == "html_block" else ""):
            directive = match[1]
        elif token.type in ("fence", "code_block"):
            language = token.info.strip() if token.type == "fence" else ""
            line = (token.map or [0])[0] + 1
            found.append(Block(page.as_posix(), line, language, token.content, directive))
            directive = ""
    return found


def all_blocks(language: str | None = None) -> list[Block]:
    """The blocks of all pages; of one language, or of all."""
    found = [block for page in pages() for block in read(page)]
    return found if language is None else [block for block in found if block.language == language]


def _parts(words: list[str]) -> Iterator[list[str]]:
    """What stands between ``&&``."""
    part: list[str] = []
    for word in words:
        if word == "&&":
            yield part
            part = []
        else:
            part.append(word)
    yield part
