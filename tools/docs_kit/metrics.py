# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of the metrics: what the launcher makes of one example of everything that it counts."""

from __future__ import annotations

import dataclasses
import tempfile
from pathlib import Path
from typing import Any

from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import metrics, pool, state, tally
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.paths import Paths

from . import markdown

INTRODUCTION = """\
`github-runner metrics` prints them, and with `github_runner_metrics_path` they are written every minute for
node_exporter's textfile collector: [monitoring](../how-to/monitoring.md). Labels that a job can influence take only
values known beforehand."""


class _Engine:
    """As much of Docker as the metrics ask for: one micro-cipher that runs."""

    def inspect(self, _name: str) -> dict[str, Any]:
        return {"State": {"Running": True, "StartedAt": "2026-01-01T00:00:00Z"}}


def page() -> str:
    """The page."""
    rows = [
        (
            markdown.code(metrics.PREFIX + one.name),
            one.kind,
            ", ".join(map(markdown.code, dict.fromkeys(label for sample in one.samples for label in sample.labels))),
            markdown.sentence(one.help),
        )
        for one in families()
    ]
    results = ", ".join(map(markdown.code, (*tally.RESULTS, tally.UNKNOWN)))
    parts = [
        INTRODUCTION,
        markdown.table(("metric", "type", "labels", "is"), rows),
        f"`state` is one of the [states](states.md), `class` one of their kinds of reason, `result` one of {results}.",
    ]
    return markdown.page("Metrics", "the launcher's metrics", parts)


def families() -> list[metrics.Family]:
    """Every metric, with a value."""
    with tempfile.TemporaryDirectory() as root:
        paths = Paths(root)
        example = pool.Pool("default", "https://github.com/acme", "image", ("self-hosted",))
        # The process that asks lives, so that its state counts.
        one = state.State("1", "default", state.IDLE, pid=1, version="2.336.0", image="sha256:0")
        counts = tally.Tally("1", "default")
        counts.job("succeeded")
        counts.refused("unavailable")
        counts.registered({"limit": 5000.0, "remaining": 4999.0, "reset": 0.0})
        counts.gap(1.0)
        for path, document in (
            (paths.pool("default"), example),
            (paths.state("1"), one),
            (paths.tally("1"), counts),
        ):
            Path(path).parent.mkdir(parents=True)
            Path(path).write_text(_json(document), encoding="utf-8")
        return metrics.collect(paths, _Engine())


def _json(document: Any) -> str:
    import json

    return json.dumps(dataclasses.asdict(document))
