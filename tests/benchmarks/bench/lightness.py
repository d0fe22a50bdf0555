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
#: Docker's default one, and the runners': a container on a network of one's own takes longer to start.
NETWORKS = ("bridge", "github-runner")
#: Seconds in which nobody looks how far a replacement is: looking takes of the processors that make it.
UNWATCHED = 2.0
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
    bare: dict[str, list[float]] = {network: [] for network in NETWORKS}
    ours: list[float] = []
    seeds: list[float] = []
    for _round in range(rounds):
        # Docker remembers its last 256 events only: each turn asks for its own.
        began = bed.on_host(host, "date +%s.%N").strip()
        for network in NETWORKS:
            bare[network].append(bed.probe(host, "run", network, IMAGE)["seconds"])
        bed.probe(host, "replace", "runner-1")
        before = bed.wait_for(host, "idle")
        bed.job("true")
        time.sleep(UNWATCHED)
        bed.wait_for(host, "idle", gone=[_used(bed, host, before)])
        events = _events(bed, host, began)
        ours += figures.replacements(events, figures.LABEL_INSTANCE)
        seeds += figures.replacements([one for one in events if _name(one) == "runner-1"], "name")
    return {
        **{network: figures.spread(times) for network, times in bare.items()},
        "seed": figures.spread(seeds),
        "ours": figures.spread(ours),
    }


def _events(bed: Bed, host: str, began: str) -> list[dict[str, Any]]:
    lines = bed.on_host(
        host,
        f"docker events --since {began} --until $(date +%s.%N) --filter type=container"
        " --filter event=die --filter event=start --format '{{json .}}'",
    )
    return [json.loads(line) for line in lines.splitlines()]


def _name(event: dict[str, Any]) -> str:
    return str(event["Actor"]["Attributes"].get("name"))


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
    bare = turns["bridge"].median
    same = turns["github-runner"].median
    between = report.table(
        ["seconds", "median", "least", "most", "times", "ratio", "on that network"],
        [
            [
                name,
                *(f"{value:.2f}" for value in one[:3]),
                str(one.count),
                f"{one.median / bare:.2f}",
                f"{one.median / same:.2f}",
            ]
            for name, one in (
                ("a bare `docker run -d` of the same image", turns["bridge"]),
                ("the same on a network of its own, as runners are", turns["github-runner"]),
                ("this collection: from a runner's end to its successor's start", turns["ours"]),
                ("the seed's unit: the same", turns["seed"]),
            )
        ],
    )
    today = datetime.date.today().isoformat()
    return (
        f"## A standing instance\n\n{report.versions(today, versions)}\n"
        "The seed is the procedure by hand of the README of\n"
        "[SocialGouv/actions-runner](https://github.com/SocialGouv/actions-runner).\n\n"
        f"{resident}\n"
        "The seed keeps an attached `docker run` for each runner, without which nothing would restart it.\n\n"
        f"{asleep}\nA wake-up is a context switch, whether voluntary or not.\n\n{between}\n"
        "From Docker's own events, `die` to `start`. GitHub's stand-in answers at once, and what time it takes is not\n"
        "subtracted. In the first two, no container ends meanwhile.\n"
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
