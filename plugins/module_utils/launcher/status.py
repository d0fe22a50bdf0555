# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``github-runner status``: every instance of this host, as a table or as JSON."""

from __future__ import annotations

import dataclasses
import json
import time
from typing import Any

from . import files, pool, state, tally
from .host import Host
from .paths import Paths

# In the order in which they are counted: well, on the way, in need of somebody.
_COLOURS = {
    state.IDLE: "32",
    state.BUSY: "34",
    state.STARTING: "36",
    state.DRAINING: "36",
    state.WAITING: "33",
    state.SEALED: "31",
    state.OUTDATED: "31",
    state.FAILED: "31",
    state.STOPPED: "2",
}


def collect(paths: Paths, host: Host) -> dict[str, Any]:
    """What ``status --json`` prints: the host, and its instances with their states."""
    instances = []
    counts = {one.instance: sum(one.jobs.values()) for one in tally.read_all(paths)}
    for one in state.read_all(paths):
        shown = dataclasses.asdict(one)
        for private in ("logged", "program"):
            shown.pop(private)
        if not state.alive(one):
            shown.update(state=state.STOPPED, reason="" if one.state != state.FAILED else one.reason, until=None, pid=0)
        shown["jobs"] = counts.get(one.instance, 0)
        shown["outdated"] = one.config is not None and one.config != _config(paths, one.pool)
        instances.append(shown)
    return {"host": host.name, "mark": host.mark, "instances": instances}


def table(document: dict[str, Any], now: float | None = None, colours: bool = False) -> str:
    """The table for people: one line an instance, and how many are how."""
    now = time.time() if now is None else now
    instances = document["instances"]
    if not instances:
        return "no instance has run here since the host started\n"
    rows = [("INSTANCE", "STATE", "SINCE", "JOBS", "RUNNER", "WHY"), *(_row(one, now) for one in instances)]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    lines = ["  ".join([*(cell.ljust(width) for cell, width in zip(row, widths)), row[5]]).rstrip() for row in rows]
    if colours:
        # Only the state is coloured, where it stands: the columns are as wide as without.
        start, end = widths[0] + 2, widths[0] + 2 + widths[1]
        for number, one in enumerate(instances, 1):
            line = lines[number]
            lines[number] = f"{line[:start]}\x1b[{_COLOURS[one['state']]}m{line[start:end]}\x1b[0m{line[end:]}"
    shown = [one["state"] for one in instances]
    counts = ", ".join(f"{shown.count(one)} {one}" for one in _COLOURS if one in shown)
    return "\n".join([*lines, "", f"{document['host']}: {len(shown)} instances, {counts}"]) + "\n"


def _row(one: dict[str, Any], now: float) -> tuple[str, ...]:
    why = one["reason"]
    if one["until"]:
        why += f" (tries again in {_duration(one['until'] - now)})"
    elif one["outdated"]:
        why += f"{'; ' if why else ''}another configuration waits for its next runner"
    since = _duration(now - one["since"])
    return one["instance"], one["state"], since, str(one["jobs"]), one["runner"] or "-", why


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
