# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fleet as a table for a terminal; instances that are alike share a row. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ._fleet import SERVING, span

_HEAD = ("HOST", "POOL", "INSTANCES", "STATE", "SINCE", "WHY")
_WHY_MAX = 160


class Row(NamedTuple):
    """A line, and whether it is ``good``, ``warn`` or ``bad``."""

    text: str
    level: str


def rows(document: Mapping[str, Any]) -> list[Row]:
    """The table's lines: a head, the hosts with their instances, the sum."""
    cells = [(_HEAD, "good"), *(row for host in document["hosts"] for row in _host(host))]
    widths = [max(len(row[column]) for row, _level in cells) for column in range(len(_HEAD) - 1)]
    lines = [
        Row("  ".join([*(cell.ljust(width) for cell, width in zip(row, widths)), row[-1]]).rstrip(), level)
        for row, level in cells
    ]
    return [*lines, Row("", "good"), Row(_sum(document), "good")]


def duration(seconds: float | None) -> str:
    """A time as people say it, in one unit."""
    if seconds is None:
        return "-"
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds >= 2 * size:
            return f"{int(seconds // size)} {unit}"
    return f"{int(seconds)} s"


def _host(host: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], str]]:
    name = host["name"]
    if host["status"] not in ("serving", "troubled"):
        level = "warn" if host["status"] in ("drained", "empty") else "bad"
        yield (name, "-", "-", host["status"], "-", _short(host["reason"])), level
    for group in _groups(host["instances"]):
        first = group[0]
        seconds = [one["seconds"] for one in group if one["seconds"] is not None]
        why = f"job {first['job']}" if first["job"] else first["reason"]
        if first["retry_seconds"]:
            why += f" (tries again in {duration(first['retry_seconds'])})"
        state = first["state"]
        level = "good" if state in SERVING else "warn" if state != "failed" else "bad"
        names = span([one["name"] for one in group])
        yield (name, first["pool"], names, state, duration(max(seconds, default=None)), _short(why)), level


def _groups(instances: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Instances of one pool with the same state and reason; one with a job stands alone."""
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for one in instances:
        alone = one["name"] if one["job"] else None
        groups.setdefault((one["pool"], one["state"], one["reason"], alone), []).append(one)
    return list(groups.values())


def _short(text: str) -> str:
    return text if len(text) <= _WHY_MAX else text[: _WHY_MAX - 1] + "…"


def _sum(document: Mapping[str, Any]) -> str:
    """One line that says how it is: ``4 hosts (3 serving, 1 drained), 16 instances (12 idle, 4 busy)``."""
    counts = document["counts"]

    def total(kind: str, noun: str) -> str:
        number = sum(counts[kind].values())
        parts = ", ".join(f"{many} {what}" for what, many in sorted(counts[kind].items()))
        return f"{number} {noun}{'' if number == 1 else 's'}" + (f" ({parts})" if parts else "")

    return f"{total('hosts', 'host')}, {total('instances', 'instance')}"
