# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A hook decides over a job, in its time."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from ansible_collections.socialgouv.actions_runner.plugins.module_utils._hooks import Hooks
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.paths import Paths


def run(root: Path, hooks: Hooks) -> subprocess.CompletedProcess[str]:
    """Run the started hook as the runner does."""
    for file in hooks.files(Paths(str(root)), "default"):
        path = Path(file.path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.data)
        path.chmod(file.mode)
    wrapper = Paths(str(root)).hooks("default") + "/job_started.sh"
    return subprocess.run(["bash", "-e", wrapper], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("code", [0, 1, 42])
def test_the_job_gets_the_scripts_own_answer(tmp_path: Path, code: int) -> None:
    """What it prints is in the job's log, and its exit code lets the job go on or not."""
    done = run(tmp_path, Hooks({"job_started": f"#!/bin/sh\necho asked\nexit {code}\n"}))
    assert (done.stdout, done.returncode) == ("asked\n", code)


@pytest.mark.parametrize("script", ["exec sleep 60", "trap '' TERM; sleep 1 & wait; sleep 1"])
def test_a_hook_that_does_not_end_is_ended(tmp_path: Path, script: str) -> None:
    """The runner would wait for ever."""
    done = run(tmp_path, Hooks({"job_started": f"#!/bin/bash\n{script}\n"}, timeout=1))
    assert done.returncode in (124, 137)
    assert "::error::the job-started hook of this runner was ended: it has 1 seconds" in done.stdout


def test_there_are_files_for_the_hooks_that_there_are(tmp_path: Path) -> None:
    """In the order of a job; a runner fails every job for one that is missing."""
    hooks = Hooks({"job_completed": "#!/bin/sh\n", "job_started": "#!/bin/sh\n"})
    assert hooks.moments == ("job_started", "job_completed")
    assert [Path(file.path).name for file in hooks.files(Paths(str(tmp_path)), "gpu")] == [
        "job_started",
        "job_started.sh",
        "job_completed",
        "job_completed.sh",
    ]
    assert Hooks({}).files(Paths(str(tmp_path)), "gpu") == []
