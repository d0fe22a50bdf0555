# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command line: run the parts, put each part's figures into its section of docs/reference/benchmarks.md."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence

from . import lightness, report, rollout
from .bed import ROOT, Bed

DOCUMENT = ROOT / "docs" / "reference" / "benchmarks.md"
PARTS: dict[str, Callable[[Bed, argparse.Namespace], str]] = {
    "lightness": lightness.measure,
    "rollout": rollout.measure,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is asked for; the exit code is 0 when everything could be measured, whatever the figures are."""
    options = parser().parse_args(arguments)
    bed = Bed()
    for part in options.parts or list(PARTS):
        section = PARTS[part](bed, options)
        print(section)
        if options.write:
            text = DOCUMENT.read_text() if DOCUMENT.exists() else report.EMPTY
            DOCUMENT.write_text(report.replace(text, part, section))
            print(f"written to {DOCUMENT.relative_to(ROOT)}")
    return 0


def parser() -> argparse.ArgumentParser:
    """The options of all parts."""
    made = argparse.ArgumentParser(prog="run", description=__doc__)
    made.add_argument("parts", nargs="*", choices=[*PARTS, []], metavar="PART", help=f"{', '.join(PARTS)} (all)")
    made.add_argument("--no-write", dest="write", action="store_false", help="only print the figures")
    made.add_argument("--rounds", type=int, default=15, metavar="N", help="jobs, and runs of each rival (15)")
    made.add_argument("--calm", type=float, default=20, metavar="S", help="seconds to watch sleeping instances (20)")
    made.add_argument("--repeat", type=int, default=3, metavar="N", help="unchanged rollouts of each kind (3)")
    made.add_argument(
        "--hosts",
        type=_numbers,
        default=[1, 2, 4, 8],
        metavar="A,B",
        help="hosts that are rolled out side by side (1,2,4,8)",
    )
    made.add_argument(
        "--instances", type=_numbers, default=[4, 16], metavar="A,B", help="instances on a host of its own (4,16)"
    )
    return made


def _numbers(text: str) -> list[int]:
    return [int(one) for one in text.split(",")]
