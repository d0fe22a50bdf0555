# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sphinx's configuration. Nothing in it needs the network, neither to build the site nor to read it."""

from __future__ import annotations

import re

from sphinx.application import Sphinx

project = "socialgouv.actions_runner"
author = "SocialGouv"
copyright = "2026, SocialGouv"

extensions = ["myst_parser", "sphinx_antsibull_ext"]
myst_heading_anchors = 3
# Options begin with two hyphens, not with a dash.
smartquotes = False
# Ansible's own pages, which antsibull-docs refers to, are elsewhere.
suppress_warnings = ["ref.ref"]

html_theme = "furo"
html_title = project
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sphinx = False
html_copy_source = False
html_theme_options = {
    "source_repository": "https://github.com/SocialGouv/ansible-actions-runner",
    "source_branch": "main",
    "source_directory": "docs/",
}

_TITLE = re.compile(r"^(?:socialgouv\.actions_runner\.(\w+) (?:module|filter|role)) -- (.+)\n\++$", re.MULTILINE)
_INDEX = re.compile(r"^Socialgouv\.Actions_Runner\n=+$", re.MULTILINE)
# The theme has a table of contents beside each page.
_CONTENTS = re.compile(r"^\.\. contents::\n(?:   :.*\n)+", re.MULTILINE)


def shorten(_app: Sphinx, page: str, content: list[str]) -> None:
    """Titles of antsibull-docs' pages that fit the list of pages; what the module does is a line of its own."""
    if page.startswith("reference/collection/"):
        text = _CONTENTS.sub("", content[0])
        text = _TITLE.sub(lambda match: f"{match[1]}\n{'+' * len(match[1])}\n\n*{match[2]}*", text)
        content[0] = _INDEX.sub("Modules and role\n================", text)


def setup(app: Sphinx) -> None:
    """Sphinx calls this."""
    app.connect("source-read", shorten)
