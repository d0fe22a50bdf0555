# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fleet as one HTML page that needs nothing else: no other file, no network.

Whatever a host or a job calls itself is text: jinja2 escapes every value, and the page's own policy lets no script run
but the one that it came with.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ._fleet import SERVING, span
from ._fleet_table import duration

# The worst first: the order in which states are drawn, counted and sorted.
STATES = ("failed", "outdated", "sealed", "waiting", "stopped", "draining", "starting", "busy", "idle")


def render(document: Mapping[str, Any], title: str) -> str:
    """The page's text."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["duration"] = duration
    environment.filters["digest"] = _short_digest
    environment.filters["span"] = span
    style, script = _part("style.css"), _part("script.js")
    return environment.from_string(_part("page.html.j2")).render(
        title=title,
        fleet=document,
        states=STATES,
        serving=SERVING,
        style=style,
        script=script,
        policy=f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; base-uri 'none'; "
        "form-action 'none'",
    )


def _part(name: str) -> str:
    return (Path(__file__).parent / "fleet_page" / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """A source of the page's policy: https://www.w3.org/TR/CSP3/#framework-directive-source-list."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _short_digest(digest: str | None) -> str:
    return digest.partition(":")[2][:12] if digest else ""
