# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a job's steps find around them: folders, variables, scripts."""

from __future__ import annotations

import platform
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

_ARCHITECTURES = {"x86_64": "X64", "aarch64": "ARM64", "armv7l": "ARM"}
_FILE_COMMANDS = ("GITHUB_ENV", "GITHUB_PATH", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_STATE")


class Place(NamedTuple):
    """Where a job works."""

    workspace: Path
    temp: Path
    variables: dict[str, str]
    tracking: str  #: marks every process of the job


def prepare(settings: Mapping[str, Any], job: Mapping[str, Any], environment: Mapping[str, str]) -> Place:
    """Make the folders of a job below the work folder; gather what its steps get as environment."""
    work = Path(settings["work"])
    owner, _slash, repository = job["repository"].partition("/")
    pipeline = work / repository
    workspace, temp, tools = pipeline / repository, work / "_temp", work / "_tool"
    for folder in (workspace, temp, tools):
        folder.mkdir(parents=True, exist_ok=True)
    tracking = f"github_{uuid.uuid4()}"
    variables = {name: value for name, value in environment.items() if not name.startswith("ACTIONS_RUNNER_INPUT_")}
    variables |= {
        "CI": "true",
        "GITHUB_ACTIONS": "true",
        "GITHUB_ACTOR": "testbed",
        "GITHUB_EVENT_NAME": "workflow_dispatch",
        "GITHUB_JOB": str(job["name"]),
        "GITHUB_REPOSITORY": job["repository"],
        "GITHUB_REPOSITORY_OWNER": owner,
        "GITHUB_RUN_ATTEMPT": "1",
        "GITHUB_RUN_ID": str(job["id"]),
        "GITHUB_RUN_NUMBER": str(job["id"]),
        "GITHUB_SERVER_URL": job["url"].removesuffix(f"/{job['repository']}"),
        "GITHUB_WORKFLOW": str(job["name"]),
        "GITHUB_WORKSPACE": str(workspace),
        "RUNNER_ARCH": _ARCHITECTURES.get(platform.machine(), "X64"),
        "RUNNER_ENVIRONMENT": "self-hosted",
        "RUNNER_NAME": settings["name"],
        "RUNNER_OS": "Linux",
        "RUNNER_TEMP": str(temp),
        "RUNNER_TOOL_CACHE": str(tools),
        "RUNNER_TRACKING_ID": tracking,
        "RUNNER_WORKSPACE": str(pipeline),
    }
    for name in _FILE_COMMANDS:
        file = temp / "_runner_file_commands" / f"{name.removeprefix('GITHUB_').lower()}_{uuid.uuid4()}"
        file.parent.mkdir(exist_ok=True)
        file.touch()
        variables[name] = str(file)
    return Place(workspace, temp, variables, tracking)


def step(place: Place, script: str) -> list[str]:
    """The command of a step, as GitHub makes it for `run:` without a `shell:`."""
    file = place.temp / f"{uuid.uuid4()}.sh"
    file.write_text(script)
    return ["bash", "-e", str(file)]


def hook(environment: Mapping[str, str], name: str) -> list[str] | None:
    """The command of ACTIONS_RUNNER_HOOK_JOB_<name>, None where there is none. Raises ValueError for a bad path."""
    path = environment.get(f"ACTIONS_RUNNER_HOOK_JOB_{name}")
    if not path:
        return None
    file = Path(path)
    if not file.is_absolute() or file.suffix != ".sh" or not file.is_file():
        raise ValueError(f"File doesn't exist: '{path}' (a hook is an absolute path that ends in .sh)")
    return ["bash", "-e", path]
