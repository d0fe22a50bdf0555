# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What there is to compare the documentation with: playbooks, variables, units, as the code has them."""

from __future__ import annotations

import functools
import sys
from typing import Any

import yaml

from ansible_collections.socialgouv.actions_runner.tests.docs.blocks import ROOT

sys.path.insert(0, str(ROOT / "tools"))

from docs_kit import files, links, pages
from docs_kit import playbooks as playbook_pages

LAUNCHER = ROOT / "plugins" / "module_utils" / "launcher"
NAMESPACE = playbook_pages.NAMESPACE
generated = functools.partial(pages.generate, ROOT)
broken_links = links.broken
is_unit = files.is_unit


@functools.cache
def specification() -> dict[str, Any]:
    """The role's options."""
    document = yaml.safe_load((ROOT / "roles/github_runner/meta/argument_specs.yml").read_text(encoding="utf-8"))
    options: dict[str, Any] = document["argument_specs"]["main"]["options"]
    return options


def variables() -> set[str]:
    """The role's variables."""
    return set(specification())


@functools.cache
def playbooks() -> dict[str, playbook_pages.Playbook]:
    """The playbooks, by their names."""
    return {one.name: one for one in playbook_pages.read_all(ROOT / "playbooks")}


def playbook_variables(name: str) -> set[str]:
    """A playbook's own variables, as its comment describes them; each ends in the table, which has some too."""
    found = {variable for one in (name, "status") for variable, _text, _default in playbooks()[one].variables}
    return found | (set(playbook_pages.BATCHES) if playbooks()[name].batch else set())


@functools.cache
def journal_fields() -> set[str]:
    """The fields that lines of the journal have."""
    return set(files.fields(LAUNCHER))
