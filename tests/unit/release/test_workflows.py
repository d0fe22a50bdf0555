# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What GitHub would run is what one runs here; make tells of all that it can do, and pre-commit fetches nothing."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = set(re.findall(r"^([a-z-]+):(?!=)", MAKEFILE, re.MULTILINE))
#: For people alone; in another target, as sanity is in lint; in the list of scenarios; in the other workflow.
ELSEWHERE = {
    *("help", "venv", "clean", "demo", "format", "screenshots", "recording", "support", "bench", "changelog"),
    *("test", "sanity", "build"),
    *("molecule", "release"),
}


def workflow(path: Path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text())


def steps(path: Path) -> list[dict[str, Any]]:
    return [step for job in workflow(path)["jobs"].values() for step in job["steps"]]


def test_the_workflow_runs_every_target_that_tests_something() -> None:
    """Each, as each scenario, in a job of its own; a new target goes to the workflow, or is named above."""
    jobs = workflow(ROOT / ".github" / "workflows" / "tests.yml")["jobs"]
    assert set(jobs["list"]["env"]["TARGETS"].split()) == TARGETS - ELSEWHERE
    assert jobs["run"]["steps"][-1]["run"].endswith(" make $TARGET")


def test_the_list_of_the_workflow_is_the_list_of_the_scenarios(tmp_path: Path) -> None:
    """Its commands, run here; jq is all that GitHub has and this machine may lack."""
    (listing,) = [
        step["run"] for step in steps(ROOT / ".github" / "workflows" / "tests.yml") if step.get("id") == "list"
    ]
    lines = listing.split("} |")[0] + "}"
    done = subprocess.run(
        ["bash", "-ec", lines],
        cwd=ROOT,
        env={"TARGETS": "lint unit", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        check=True,
    )
    scenarios = sorted(path.parent.name for path in ROOT.glob("molecule/*/molecule.yml"))
    assert done.stdout.decode().splitlines() == ["lint", "unit", *(f"molecule SCENARIO={name}" for name in scenarios)]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_may_read_and_no_more(path: Path) -> None:
    """But for the one job that makes a release of GitHub's; no credential is left for what a step starts."""
    told = workflow(path)
    assert told["permissions"] == {"contents": "read"}
    assert {name for name, job in told["jobs"].items() if "permissions" in job} <= {"publish"}
    checkouts = [step for step in steps(path) if step.get("uses", "").startswith("actions/checkout@")]
    assert [step["with"]["persist-credentials"] for step in checkouts] == [False] * len(checkouts)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_actions_are_pinned_to_a_whole_version(path: Path) -> None:
    """dependabot raises it; GitHub's own actions only."""
    used = [step["uses"] for step in steps(path) if "uses" in step]
    assert not [name for name in used if not re.fullmatch(r"actions/[a-z-]+@v\d+\.\d+\.\d+", name)]


def test_make_help_tells_of_every_target_in_one_line_each() -> None:
    """And of nothing else."""
    told = subprocess.run(
        ["make", "--no-print-directory", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    lines = [re.fullmatch(r"  make ([a-z-]+) +(\S.*)", line) for line in told.stdout.splitlines()]
    assert {line[1] for line in lines if line} == TARGETS
    assert None not in lines
    assert max(map(len, told.stdout.splitlines())) <= 120
    assert set(re.findall(r"\S+", MAKEFILE.partition(".PHONY:")[2].partition("\n")[0])) == TARGETS


def test_hooks_use_the_programs_of_the_environment() -> None:
    """pre-commit has nothing to fetch, and no version of its own of anything."""
    repos = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    assert [repo["repo"] for repo in repos] == ["local"]
    assert not [
        hook for hook in repos[0]["hooks"] if hook["language"] != "system" or not hook["entry"].startswith(".venv/bin/")
    ]
