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
from pathlib import Path
from typing import NamedTuple

from . import figures, report
from .bed import ROOT, Bed, Cost
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
IMAGES = ("ghcr.io/socialgouv/actions-runner:master", "ghcr.io/socialgouv/micro-cipher:main")
RIVAL = Side(Path(__file__).resolve().parents[1] / "rival" / "site.yml", "rival_count")


class Case(NamedTuple):
    """What one side took: first runs (on fresh hosts, or the one that added instances), and unchanged ones.

    And first runs on fresh hosts that have the images.
    """

    first: list[Cost]
    stocked: list[Cost]
    unchanged: list[Cost]


Results = dict[tuple[int, int], tuple[Case, Case]]  #: by hosts and instances: ours, the rival's


def measure(bed: Bed, options: argparse.Namespace) -> str:
    """Measure; gives the section of the document."""
    fetch()
    results: Results = {}
    for hosts in options.hosts:
        # Several numbers of instances on one host only: they add nothing to what several hosts tell.
        for number, count in enumerate(options.instances if hosts == options.hosts[0] else options.instances[:1]):
            # A first run on a single host hangs on the luck of one RSA key: the median of several tells more.
            firsts = options.repeat if hosts == 1 and number == 0 else 1
            results[hosts, count] = _turns(bed, hosts, count, options.repeat, 0 if number else firsts)
            print(f"{hosts} hosts, {count} instances each: {results[hosts, count]}", file=sys.stderr)
    return section(results, bed.versions(bed.host(1)))


def _turns(bed: Bed, hosts: int, count: int, repeat: int, fresh: int) -> tuple[Case, Case]:
    """Both sides: first runs, then unchanged ones turn by turn on the same hosts, where each has its own things.

    ``fresh`` times on hosts made anew; without, the hosts are those that are there.
    """
    rival, ours = Case([], [], []), Case([], [], [])
    for _turn in range(fresh):
        for side, case in ((RIVAL, rival), (OURS, ours)):
            bed.fresh(hosts)
            case.first.append(_run(bed, side, count))
            bed.fresh(hosts)
            bed.stock(hosts, IMAGES)
            case.stocked.append(_run(bed, side, count))
    if fresh:
        _run(bed, RIVAL, count)
    else:
        ours.first.append(_run(bed, OURS, count))
        rival.first.append(_run(bed, RIVAL, count))
    for _turn in range(repeat):
        ours.unchanged.append(_run(bed, OURS, count))
        rival.unchanged.append(_run(bed, RIVAL, count))
    return ours, rival


def _run(bed: Bed, side: Side, count: int) -> Cost:
    return bed.playbook(side.playbook, "--extra-vars", f"{side.count}={count}", "--forks=10")


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


def section(results: Results, versions: dict[str, str]) -> str:
    """The section of the document. Pure but for today's date."""
    head = ["hosts, instances each", "this collection, s", "a host", "the rival, s", "ratio", "ratio of CPU"]
    first, stocked, unchanged = [], [], []
    for (hosts, count), (ours, rival) in results.items():
        first.append([f"{hosts}, {count}", *_row(ours.first, rival.first, hosts)])
        if ours.stocked:
            stocked.append([f"{hosts}, {count}", *_row(ours.stocked, rival.stocked, hosts)])
        unchanged.append([f"{hosts}, {count}", *_row(ours.unchanged, rival.unchanged, hosts)])
    today = datetime.date.today().isoformat()
    return (
        f"## Rollouts\n\n{report.versions(today, versions)}\n"
        "Over ssh with pipelining, ten forks; hosts that share one machine's processors. The rival is the same\n"
        "procedure with community.docker, ansible.builtin.template and ansible.builtin.systemd_service, one item at a\n"
        "time (`tests/benchmarks/rival`). It starts containers that sleep; this collection waits until GitHub has\n"
        "every runner. CPU is the control node's: other load on the machine moves it least.\n\n"
        "The first run, images included; where it is not the first on its host, the one that adds the instances. Both\n"
        "sides wait alike for Docker, which unpacks 190 MB on each host (six to ten seconds of a processor for the\n"
        "same images: no single pair of runs tells much), and for micro-cipher, which makes an RSA key in half a\n"
        "second to four; the more hosts share a processor, the more of the time is that. So on one host the first run\n"
        "is measured several times:\n\n"
        f"{report.table(head, first)}\nThe first run where the images are on the hosts already:\n\n"
        f"{report.table(head, stocked)}\nUnchanged, turn by turn:\n\n{report.table(head, unchanged)}"
        f"{_per_instance(results)}"
    )


def _row(ours: list[Cost], rival: list[Cost], hosts: int) -> list[str]:
    here, there = (figures.spread(one.seconds for one in side) for side in (ours, rival))
    cpu, rival_cpu = (figures.spread(one.cpu for one in side).median for side in (ours, rival))
    return [
        _spread(here),
        f"{here.median / hosts:.1f}",
        _spread(there),
        f"{here.median / there.median:.2f}",
        f"{cpu / rival_cpu:.2f}",
    ]


def _spread(one: Spread) -> str:
    return f"{one.median:.1f}" + (f" ({one.least:.1f} to {one.most:.1f})" if one.count > 1 else "")


def _per_instance(results: Results) -> str:
    hosts = min(hosts for hosts, _count in results)
    counts = sorted(count for number, count in results if number == hosts)
    if len(counts) < 2:
        return ""
    fewest, most = results[hosts, counts[0]], results[hosts, counts[-1]]
    medians = [
        [figures.spread(one.seconds for one in case.unchanged).median for case in both] for both in (fewest, most)
    ]
    # Plus nothing, which makes a plain zero of a negative one.
    each = [round((after - before) / (counts[-1] - counts[0]), 2) + 0.0 for before, after in zip(*medians)]
    return f"\nEach more instance, unchanged: {each[0]:.2f} s; the rival's: {each[1]:.2f} s.\n"
