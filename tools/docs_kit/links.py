# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Links of a page as it lies in the repository, and as the site has them. Pure but for looking whether files exist."""

from __future__ import annotations

import os
import re
from pathlib import Path

REPOSITORY = "https://github.com/SocialGouv/ansible-actions-runner"
#: Where antsibull-docs puts its pages, below docs.
COLLECTION = "reference/collection"
LINK = re.compile(r"(?<=\]\()([^)\s]+)(?=\))")
_MODULE = re.compile(r"plugins/modules/([a-z_]+)\.py")
_ROLE = re.compile(r"roles/([a-z_]+)/meta/argument_specs\.yml")
_SHOWN = (".md", ".png", ".svg")


def for_the_site(text: str, page: Path, root: Path) -> str:
    """A page's text for Sphinx: what leaves ``docs`` leads to the module's page, or to the repository."""

    def replaced(match: re.Match[str]) -> str:
        return _target(match[0], page, root)

    return LINK.sub(replaced, text)


def broken(text: str, page: Path, root: Path) -> list[str]:
    """The relative links of a page that lead nowhere in the repository."""
    targets = [one.partition("#")[0] for one in LINK.findall(text) if not _is_elsewhere(one)]
    return [one for one in targets if one and not (root / page.parent / one).exists()]


def _is_elsewhere(link: str) -> bool:
    return link.startswith("#") or ":" in link


def _target(link: str, page: Path, root: Path) -> str:
    if _is_elsewhere(link):
        return link
    path, hash_sign, anchor = link.partition("#")
    inside = Path(os.path.normpath(page.parent / path)).as_posix()
    if inside.startswith("docs/") and inside.endswith(_SHOWN):
        return link
    for pattern, kind in ((_MODULE, "module"), (_ROLE, "role")):
        if match := pattern.fullmatch(inside):
            return os.path.relpath(f"docs/{COLLECTION}/{match[1]}_{kind}.rst", page.parent)
    view = "tree" if (root / inside).is_dir() else "blob"
    return f"{REPOSITORY}/{view}/main/{inside}{hash_sign}{anchor}"
