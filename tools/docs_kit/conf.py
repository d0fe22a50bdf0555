# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sphinx's configuration. Nothing in it needs the network, neither to build the site nor to read it."""

project = "socialgouv.actions_runner"
author = "SocialGouv"
copyright = "2026, SocialGouv"

extensions = ["myst_parser", "sphinx_antsibull_ext"]
myst_heading_anchors = 3
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
pygments_style = "ansible"
pygments_dark_style = "monokai"
