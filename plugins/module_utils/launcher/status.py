# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``github-runner status``: every instance of this host, as a table or as JSON."""

from __future__ import annotations

import dataclasses
import json
import time
from typing import Any

from . import files, pool, state
from .host import Host
from .paths import Paths


def collect(paths: Paths, host: Host) -> dict[str, Any]:
    """What ``status --json`` prints: the host, and its instances with their states."""
    instances = []
    for one in state.read_all(paths):
        shown = dataclasses.asdict(one)
        for private in ("logged", "program"):
            shown.pop(private)
        if not state.alive(one):
            shown.update(state="stopped", reason="" if one.state != state.FAILED else one.reason, until=None, pid=0)
        shown["outdated"] = one.config is not None and one.config != _config(paths, one.pool)
        instances.append(shown)
    return {"host": host.name, "mark": host.mark, "instances": instances}


def table(document: dict[str, Any], now: float | None = None) -> str:
    """The table for people."""
    now = time.time() if now is None else now
    rows = [("INSTANCE", "STATE", "SINCE", "RUNNER", "WHY")]
    for one in document["instances"]:
        why = one["reason"]
        if one["until"]:
            why += f" (tries again in {_duration(one['until'] - now)})"
        rows.append((one["instance"], one["state"], _duration(now - one["since"]), one["runner"] or "-", why))
    if len(rows) == 1:
        return "no instance has run here since the host started\n"
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = ("  ".join([*(cell.ljust(width) for cell, width in zip(row, widths)), row[4]]).rstrip() for row in rows)
    return "\n".join(lines) + "\n"


def as_json(document: dict[str, Any]) -> str:
    """The same for programs."""
    return json.dumps(document, indent=2) + "\n"


def _config(paths: Paths, name: str) -> str | None:
    try:
        text = files.read(paths.pool(name))
        return pool.load(text).config if text else None
    except (OSError, pool.PoolError):
        return None


def _duration(seconds: float) -> str:
    whole = max(0, int(seconds))
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if whole >= 2 * size:
            return f"{whole // size} {unit}"
    return f"{whole} s"
