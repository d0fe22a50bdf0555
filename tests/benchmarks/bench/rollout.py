# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long a rollout takes: this collection's site playbook beside the same procedure written one item at a time."""

from __future__ import annotations

import argparse
import datetime
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from . import figures, report
from .bed import ROOT, Bed
from .figures import Spread

COLLECTIONS = ROOT / ".build" / "rival"
#: Holds community.docker in its wheel; Galaxy is not asked.
PACKAGE = "ansible==14.5.0"
FOLDERS = tuple(f"ansible_collections/community/{name}/" for name in ("docker", "library_inventory_filtering_v1"))


class Side(NamedTuple):
    """A playbook and the variable of its number of instances."""

    playbook: Path
    count: str


OURS = Side(ROOT / "playbooks" / "site.yml", "github_runner_count")
RIVAL = Side(Path(__file__).resolve().parents[1] / "rival" / "site.yml", "rival_count")


class Case(NamedTuple):
    """What one side took: the first run on fresh hosts (or the one that added instances), and unchanged ones."""

    first: float
    unchanged: Spread


Results = dict[tuple[int, int], tuple[Case, Case]]  #: by hosts and instances: ours, the rival's


def measure(bed: Bed, options: argparse.Namespace) -> str:
    """Measure; gives the section of the document."""
    fetch()
    results: Results = {}
    for hosts in options.hosts:
        # Several numbers of instances on one host only: they add nothing to what several hosts tell.
        counts = options.instances if hosts == options.hosts[0] else options.instances[:1]
        ours = _cases(bed, OURS, hosts, counts, options.repeat)
        rival = _cases(bed, RIVAL, hosts, counts, options.repeat)
        for count, one, other in zip(counts, ours, rival):
            results[hosts, count] = one, other
            print(f"{hosts} hosts, {count} instances: {one} {other}", file=sys.stderr)
    return section(results, bed.versions(bed.host(1)))


def fetch() -> None:
    """Have community.docker in a folder of its own."""
    if all((COLLECTIONS / folder).exists() for folder in FOLDERS):
        return
    COLLECTIONS.mkdir(parents=True, exist_ok=True)
    pip = [sys.executable, "-m", "pip"] if Path(sys.prefix).name == ".venv" else [ROOT / ".venv" / "bin" / "pip"]
    subprocess.run([*pip, "download", "-q", "--no-deps", "--dest", COLLECTIONS, PACKAGE], check=True)
    for wheel in COLLECTIONS.glob("ansible-*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(COLLECTIONS, [name for name in archive.namelist() if name.startswith(FOLDERS)])
        wheel.unlink()


def _cases(bed: Bed, side: Side, hosts: int, counts: Sequence[int], repeat: int) -> list[Case]:
    bed.fresh(hosts)
    cases = []
    for count in counts:
        arguments = ["--extra-vars", f"{side.count}={count}", "--forks=10"]
        first = bed.playbook(side.playbook, *arguments)
        unchanged = figures.spread(bed.playbook(side.playbook, *arguments) for _run in range(repeat))
        cases.append(Case(first, unchanged))
    return cases


def section(results: Results, versions: dict[str, str]) -> str:
    """The section of the document. Pure but for today's date."""
    head = ["hosts, instances each", "this collection, s", "a host", "the rival, s", "ratio"]
    first, unchanged = [], []
    for (hosts, count), (ours, rival) in results.items():
        name = f"{hosts}, {count}"
        first.append([name, *_row(ours.first, rival.first, hosts)])
        row = _row(ours.unchanged.median, rival.unchanged.median, hosts)
        row[0] = _spread(ours.unchanged)
        row[2] = _spread(rival.unchanged)
        unchanged.append([name, *row])
    today = datetime.date.today().isoformat()
    return (
        f"## Rollouts\n\n{report.versions(today, versions)}\n"
        "Over ssh with pipelining, ten forks; hosts that share one machine's processors. The rival is the same\n"
        "procedure with community.docker, ansible.builtin.template and ansible.builtin.systemd_service, one item at a\n"
        "time (`tests/benchmarks/rival`). It starts containers that sleep; this collection waits until GitHub has\n"
        "every runner.\n\n"
        "The first run, images included; where it is not the first on its host, the one that adds the instances:\n\n"
        f"{report.table(head, first)}\nUnchanged:\n\n{report.table(head, unchanged)}{_per_instance(results)}"
    )


def _row(ours: float, rival: float, hosts: int) -> list[str]:
    return [f"{ours:.1f}", f"{ours / hosts:.1f}", f"{rival:.1f}", f"{ours / rival:.2f}"]


def _spread(one: Spread) -> str:
    return f"{one.median:.1f} ({one.least:.1f} to {one.most:.1f})"


def _per_instance(results: Results) -> str:
    counts = sorted(count for hosts, count in results if hosts == min(hosts for hosts, _count in results))
    if len(counts) < 2:
        return ""
    hosts, fewest, most = min(hosts for hosts, _count in results), counts[0], counts[-1]
    each = [
        (results[hosts, most][side].unchanged.median - results[hosts, fewest][side].unchanged.median) / (most - fewest)
        for side in (0, 1)
    ]
    return f"\nEach more instance, unchanged: {each[0]:.2f} s; the rival's: {each[1]:.2f} s.\n"
