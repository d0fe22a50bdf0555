# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a standing instance costs, and how long there is no runner between two jobs: beside the seed's unit."""

from __future__ import annotations

import argparse
import datetime
import json
import time
from pathlib import Path
from typing import Any

from . import figures, report
from .bed import ROOT, Bed
from .figures import Spread

SEED = Path(__file__).resolve().parents[1] / "seed" / "seed-runner@.service"
INSTANCES = (1, 2, 3, 4)
OURS = [f"github-runner@{number}.service" for number in INSTANCES]
SEEDS = [f"seed-runner@{number}.service" for number in INSTANCES]
IMAGE = "ghcr.io/socialgouv/actions-runner:master"


def measure(bed: Bed, options: argparse.Namespace) -> str:
    """Measure; gives the section of the document."""
    host = bed.host(1)
    bed.up()
    bed.playbook(ROOT / "playbooks" / "site.yml")
    bed.on_host(host, "cat > /etc/systemd/system/seed-runner@.service; systemctl daemon-reload", SEED.read_text())
    bed.on_host(host, f"systemctl start {' '.join(SEEDS)}")
    # A runner that has had a job is what a host has most of the time; a first one weighs the same or less.
    turns = _turns(bed, host, options.rounds)
    memory = {unit: _memory(bed, host, units) for unit, units in (("ours", OURS), ("seed", SEEDS))}
    calm = {"idle": bed.probe(host, "calm", str(options.calm), *OURS)}
    calm["seed"] = bed.probe(host, "calm", str(options.calm), *SEEDS)
    _seal_off(bed, host)
    calm["sealed"] = bed.probe(host, "calm", str(options.calm), *OURS)
    bed.playbook(ROOT / "playbooks" / "site.yml", "--tags=seal")
    bed.wait_for(host, "idle")
    # Its containers do not listen to SIGTERM; and it starts none anew once it is being stopped.
    names = " ".join(f"runner-{number}" for number in INSTANCES)
    bed.on_host(
        host,
        f"systemctl stop --no-block {' '.join(SEEDS)}; docker kill {names}; systemctl stop {' '.join(SEEDS)};"
        " rm /etc/systemd/system/seed-runner@.service; systemctl daemon-reload",
    )
    return section(turns, memory, calm, bed.versions(host), options.calm)


def _turns(bed: Bed, host: str, rounds: int) -> dict[str, Spread]:
    """Turn by turn: a bare ``docker run``, a container of the seed's that ends, a job of ours."""
    bare = []
    began = bed.on_host(host, "date +%s.%N").strip()
    for _round in range(rounds):
        bare.append(bed.probe(host, "run", IMAGE)["seconds"])
        bed.probe(host, "replace", "runner-1")
        before = bed.wait_for(host, "idle")
        bed.job("true")
        used = _used(bed, host, before)
        bed.wait_for(host, "idle", gone=[used])
    lines = bed.on_host(
        host,
        f"docker events --since {began} --until $(date +%s.%N) --filter type=container"
        " --filter event=die --filter event=start --format '{{json .}}'",
    )
    events = [json.loads(line) for line in lines.splitlines()]
    ours = [event for event in events if figures.LABEL_INSTANCE in event["Actor"]["Attributes"]]
    seeds = [event for event in events if event["Actor"]["Attributes"].get("name") == "runner-1"]
    return {
        "bare": figures.spread(bare),
        "seed": figures.spread(figures.replacements(seeds, "name")),
        "ours": figures.spread(figures.replacements(ours, figures.LABEL_INSTANCE)),
    }


def _used(bed: Bed, host: str, before: list[dict[str, Any]]) -> str:
    """The runner that a job has used up."""
    names = {one["runner"] for one in before}
    while True:
        gone = names - {one["runner"] for one in bed.instances(host)}
        if gone:
            return gone.pop()
        time.sleep(0.1)


def _memory(bed: Bed, host: str, units: list[str]) -> dict[str, float]:
    found = bed.probe(host, "memory", *units)
    return {key: figures.spread(one[key] for one in found).median for key in found[0]}


def _seal_off(bed: Bed, host: str) -> None:
    """Give micro-cipher a new key and let every instance find that out, as after a reboot."""
    bed.on_host(host, f"docker restart micro-cipher; systemctl restart {' '.join(OURS)}")
    bed.wait_for(host, "sealed")


def section(
    turns: dict[str, Spread],
    memory: dict[str, dict[str, float]],
    calm: dict[str, list[dict[str, float]]],
    versions: dict[str, str],
    seconds: float,
) -> str:
    """The section of the document. Pure but for today's date."""
    ours, seed = memory["ours"], memory["seed"]
    resident = report.table(
        ["resident for each standing runner, MB", "this collection", "the seed's unit", "ratio"],
        [
            _row("PSS, four instances", ours["pss"], seed["pss"]),
            _row("of that its own alone (anonymous)", ours["anonymous"], seed["anonymous"]),
            _row("RSS: the same if nobody shared a page with it", ours["rss"], seed["rss"]),
        ],
    )
    asleep = report.table(
        [f"per instance in {seconds:g} s", "wake-ups", "CPU, ms"],
        [
            _calm(name, calm[key])
            for key, name in (("idle", "idle"), ("sealed", "sealed"), ("seed", "the seed's, idle"))
        ],
    )
    bare = turns["bare"].median
    between = report.table(
        ["seconds", "median", "least", "most", "times", "ratio"],
        [
            [name, *(f"{value:.2f}" for value in one[:3]), str(one.count), f"{one.median / bare:.2f}"]
            for name, one in (
                ("a bare `docker run -d` of the same image", turns["bare"]),
                ("this collection: from a runner's end to its successor's start", turns["ours"]),
                ("the seed's unit: the same", turns["seed"]),
            )
        ],
    )
    today = datetime.date.today().isoformat()
    return (
        f"## A standing instance\n\n{report.versions(today, versions)}\n{resident}\n"
        "The seed keeps an attached `docker run` for each runner, without which nothing would restart it.\n\n"
        f"{asleep}\nA wake-up is a context switch, whether voluntary or not.\n\n{between}\n"
        "From Docker's own events, `die` to `start`. GitHub's stand-in answers at once, and what time it takes is not\n"
        "subtracted. Of the three, only the first shows no container that ends.\n"
    )


def _row(name: str, ours: float, seed: float) -> list[str]:
    return [name, f"{ours / 1024:.1f}", f"{seed / 1024:.1f}", f"{ours / seed:.2f}"]


def _calm(name: str, found: list[dict[str, float]]) -> list[str]:
    wakes = figures.spread(one["switches"] for one in found)
    cpu = figures.spread(one["cpu_ms"] for one in found)
    return [
        name,
        f"{wakes.median:g} ({wakes.least:g} to {wakes.most:g})",
        f"{cpu.median:.0f} ({cpu.least:.0f} to {cpu.most:.0f})",
    ]
