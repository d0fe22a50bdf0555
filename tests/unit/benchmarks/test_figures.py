# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The benchmarks' arithmetic, and that their programs work; what they measure is nobody's test."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from bench import cli, figures, report

PROBE = Path(__file__).resolve().parents[2] / "benchmarks" / "on_host" / "probe.py"


def event(action: str, second: float, **attributes: str) -> dict[str, Any]:
    return {"Action": action, "timeNano": int(second * 10**9), "Actor": {"Attributes": attributes}}


@pytest.fixture(scope="module")
def probe() -> ModuleType:
    """The program that is sent to a host."""
    spec = importlib.util.spec_from_file_location("probe", PROBE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_an_end_is_paired_with_the_start_in_its_place() -> None:
    """Slots are told apart, first starts count for nothing, and events may come in any order."""
    events = [
        event("start", 1, slot="a"),
        event("start", 4.25, slot="a"),
        event("die", 4, slot="a"),
        event("die", 3, slot="b"),
        event("start", 3.5, slot="b"),
        event("die", 9, slot="a"),
        event("start", 9.5, other="a"),
    ]
    assert figures.replacements(events, "slot") == [0.5, 0.25]


def test_a_spread_is_the_median_and_its_surroundings() -> None:
    """One slow turn on a shared machine moves the most, not the median."""
    assert figures.spread([1.0, 90.0, 2.0]) == (2.0, 1.0, 90.0, 3)
    with pytest.raises(ValueError, match="nothing was measured"):
        figures.spread([])


def test_a_section_is_replaced_and_the_others_stay() -> None:
    """Each part of the benchmarks can be run alone."""
    text = report.replace(report.EMPTY, "one", "first\n")
    text = report.replace(text, "two", "second \\1\n")
    text = report.replace(text, "one", "third\n")
    assert "first" not in text
    assert text.index("third\n") < text.index("second \\1\n")
    assert text.count("written by make bench -->") == 2


def test_the_probe_sees_this_process(probe: ModuleType) -> None:
    """Memory in kB, context switches and CPU, from what the kernel shows of every process."""
    found = probe.memory(os.getpid())
    assert 0 < found["anonymous"] <= found["pss"] <= found["rss"]
    [calm] = probe.calm(0.01, [os.getpid()])
    assert calm["switches"] >= 1  # it slept
    assert calm["cpu_ms"] >= 0


def test_a_probe_that_is_asked_for_nonsense_says_so(probe: ModuleType) -> None:
    """No empty figure."""
    with pytest.raises(SystemExit, match="there is no nonsense"):
        probe.main(["nonsense"])


def test_the_options_are_what_the_parts_read() -> None:
    """All parts by default, lists of numbers where several are compared."""
    options = cli.parser().parse_args(["--hosts=1,2", "--instances=4"])
    assert (options.parts, options.hosts, options.instances, options.write) == ([], [1, 2], [4], True)
    assert cli.parser().parse_args(["lightness", "--no-write"]).parts == ["lightness"]


@pytest.mark.parametrize("arguments", [["nonsense"], ["--hosts=x"]])
def test_wrong_use_is_explained(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2, as everywhere."""
    with pytest.raises(SystemExit) as caught:
        cli.parser().parse_args(arguments)
    assert caught.value.code == 2
    assert "usage:" in capsys.readouterr().err
