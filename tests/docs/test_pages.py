# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pages that are made from the code are as the code is now, and links lead somewhere."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import pytest

from ansible_collections.socialgouv.actions_runner.plugins.plugin_utils import _fleet
from ansible_collections.socialgouv.actions_runner.tests.docs import blocks, kit

GENERATED = kit.generated()


@pytest.mark.parametrize("page", GENERATED, ids=str)
def test_a_generated_page_is_as_the_code_says(page: Path) -> None:
    """Where this fails: `make docs`, and commit what it changes."""
    assert (blocks.ROOT / page).read_text(encoding="utf-8") == GENERATED[page]


@pytest.mark.parametrize("page", [*blocks.pages(), Path("CONTRIBUTING.md")], ids=str)
def test_every_link_leads_somewhere(page: Path) -> None:
    """In the repository, as GitHub shows it; in the site, Sphinx and test_site.py look."""
    text = (blocks.ROOT / page).read_text(encoding="utf-8")
    assert kit.broken_links(text, page, blocks.ROOT) == []


def test_every_word_for_a_host_is_explained() -> None:
    """The page of the states has those that the fleet's table can show, and no others."""
    from docs_kit import states

    returned = [one for one in ast.walk(ast.parse(inspect.getsource(_fleet._status))) if isinstance(one, ast.Return)]
    pairs = [one for node in returned for one in ast.walk(node) if isinstance(one, ast.Tuple) and len(one.elts) == 2]
    words = {one.elts[0].value for one in pairs if isinstance(one.elts[0], ast.Constant)}
    assert len(pairs) >= len(words) > 5
    assert words == set(states.HOSTS)
