# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The runner's stand-in behaves as actions/runner does: its lines, exit codes and signals, seen from outside.

The files of its image are run as they are, in a folder of the test's; jobs really run.
"""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

IMAGE = Path(__file__).resolve().parents[1] / "testbed/images/runner"
RUNNERS = "/orgs/acme/actions/runners"
STAMP = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ: "
FILES = (".runner", ".credentials", ".credentials_rsaparams")


class Runner:
    """A runner's folder, and run.sh in it."""

    def __init__(self, folder: Path, github):
        self.folder = folder
        self.github = github
        self.id = 0
        self.environment = {"PATH": os.environ["PATH"], "RUNNER_MANUALLY_TRAP_SIG": "1"}
        self._process: subprocess.Popen | None = None

    def register(self) -> str:
        """Register; gives the JIT configuration, which leads to the server of this test."""
        wish = {"name": "one", "runner_group_id": 1, "labels": ["self-hosted"]}
        made = self.github.ask("POST", f"{RUNNERS}/generate-jitconfig", wish).document
        self.id = made["runner"]["id"]
        packed = json.loads(base64.b64decode(made["encoded_jit_config"]))
        files = {name: json.loads(base64.b64decode(content)) for name, content in packed.items()}
        files[".runner"]["ServerUrl"] = self.github.base
        return _encoded({name: _encoded(content) for name, content in files.items()})

    def start(self) -> None:
        """Start run.sh."""
        self._process = subprocess.Popen(
            [self.folder / "run.sh"],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=self.output.open("wb"),
            stderr=subprocess.STDOUT,
            start_new_session=True,
            # A shell that runs us in the background has SIGINT ignored, and no shell can trap what it inherits as such.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )

    @property
    def output(self) -> Path:
        return self.folder / "output"

    def until(self, line: str) -> None:
        """Wait for a line."""
        pattern = re.compile(f"^{STAMP}{line}$", re.MULTILINE)
        _wait(lambda: pattern.search(self.output.read_text()), lambda: f"no {line!r} in {self.output.read_text()}")

    def signal(self, number: int) -> None:
        """Send run.sh a signal."""
        self._process.send_signal(number)

    def end(self) -> tuple[int, str]:
        """The exit code, once it has ended, and all that was printed."""
        return self._process.wait(timeout=20), self.output.read_text()

    def away(self) -> None:
        """End what a failed test has left."""
        if self._process and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def shown(self) -> str | int:
        """The status that GitHub shows, or that of its refusal."""
        answer = self.github.ask("GET", f"{RUNNERS}/{self.id}")
        return answer.document["status"] if answer.status == 200 else answer.status

    def configured(self) -> set[str]:
        """The files of a configuration that are there."""
        return {name for name in FILES if (self.folder / name).exists()}

    def job(self, script: str) -> Callable[[], dict]:
        """Submit a job; what is given waits for its end."""
        number = self.github.steer("POST", "/jobs", {"script": script, "name": "build"})["id"]

        def done() -> dict:
            look = f"/jobs/{number}"
            _wait(lambda: self.github.steer("GET", look)["status"] == "completed", lambda: f"job {number} does not end")
            return self.github.steer("GET", look)

        return done


@pytest.fixture
def runner(github, tmp_path) -> Iterator[Runner]:
    """The image's files, with a library that only gives processes their names left out."""
    folder = tmp_path / "runner"
    shutil.copytree(IMAGE, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "bin/setproctitle.py").write_text("def setproctitle(title): pass\n\n\ndef setthreadtitle(title): pass\n")
    made = Runner(folder, github)
    yield made
    made.away()


@pytest.fixture
def idle(runner) -> Runner:
    """A runner that waits for a job."""
    runner.environment["ACTIONS_RUNNER_INPUT_JITCONFIG"] = runner.register()
    runner.start()
    runner.until("Listening for Jobs")
    assert runner.shown() == "online"
    return runner


def _encoded(document: object) -> str:
    return base64.b64encode(json.dumps(document).encode()).decode()


def _wait(condition: Callable[[], object], complaint: Callable[[], str]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, complaint()
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("script", "code", "result"), [("echo hello", 0, "succeeded"), ("echo hello; exit 3", 3, "failed")]
)
def test_one_job_then_the_end(idle, script, code, result):
    """Whatever its job's result is, an ephemeral runner ends with 0, and nothing is left of its configuration."""
    job = idle.job(script)()
    assert (job["result"], job["exit_code"]) == (result, code)
    assert job["log"].startswith("hello\n")
    status, output = idle.end()
    assert status == 0
    assert re.search(f"^{STAMP}Running job: build$", output, re.MULTILINE)
    assert re.search(f"^{STAMP}Job build completed with result: {result.capitalize()}$", output, re.MULTILINE)
    assert "hello" not in output
    assert (idle.shown(), idle.configured()) == (404, set())


def test_a_job_finds_githubs_surroundings(idle):
    """A step runs in the workspace, with GitHub's variables, and without the runner's credential."""
    log = idle.job('echo "$GITHUB_ACTIONS $RUNNER_NAME $GITHUB_REPOSITORY"; pwd; env')()["log"]
    first, folder, *variables = log.splitlines()
    assert first == "true one acme/widgets"
    assert folder == str(idle.folder / "_work/widgets/widgets")
    assert not [line for line in variables if line.startswith("ACTIONS_RUNNER_INPUT_")]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_an_idle_runner_that_is_stopped_stays_registered(idle, number, code):
    """Stopping does not deregister: the launcher has to."""
    idle.signal(number)
    status, output = idle.end()
    assert status == code
    assert "Exiting...\n" in output
    assert (idle.shown(), idle.configured()) == ("offline", set(FILES))


def test_a_stop_cancels_the_job(idle):
    """A signal is no drain: which is why the launcher sends none to a busy runner."""
    done = idle.job("echo begun; exec sleep 60")
    idle.until("Running job: build")
    time.sleep(0.5)
    idle.signal(signal.SIGTERM)
    assert idle.end()[0] == 143
    assert done()["result"] == "canceled"
    assert "The runner has received a shutdown signal." in done()["log"]


def test_what_a_job_leaves_running_is_ended(idle):
    """A job's processes do not outlive it."""
    log = idle.job("sleep 300 >/dev/null 2>&1 & echo left $!")()["log"]
    left = re.search(r"left (\d+)", log)[1]
    assert f"Terminate orphan process: pid ({left})" in log
    _wait(lambda: not _runs(int(left)), lambda: f"{left} still runs")


def test_a_job_cannot_keep_its_runner_by_killing_the_worker(idle):
    """GitHub hears of a job whose worker died."""
    job = idle.job('kill -9 "$PPID"; sleep 60')()
    assert job["result"] == "failed"
    assert idle.end()[0] == 0


def test_a_runner_that_github_removes_ends(idle):
    """Silently and with 0, as idle ones do since actions/runner#4726."""
    idle.github.steer("DELETE", f"/runners/{idle.id}")
    status, output = idle.end()
    assert status == 0
    assert "The runner no longer exists on the server. Cleaning up local configuration." in output
    assert idle.configured() == set()


def test_a_registration_that_is_gone(runner):
    """A configuration whose runner was deleted comes to nothing, and says so."""
    runner.environment["ACTIONS_RUNNER_INPUT_JITCONFIG"] = runner.register()
    runner.github.steer("DELETE", f"/runners/{runner.id}")
    runner.start()
    status, output = runner.end()
    assert status == 0
    assert "Failed to create a session. The runner registration has been deleted from the server" in output


@pytest.mark.parametrize(("asked", "code"), [("1", 7), ("", 0)])
def test_an_outdated_runner_tells_only_who_asks(runner, asked, code):
    """Code 7 is for those who set the variable, since 2.333.0."""
    message = "Runner version v2.336.0 is deprecated and cannot receive messages."
    fault = {"kind": "status", "status": 403, "path": "^/_runner/session$", "message": message}
    runner.github.steer("POST", "/faults", fault)
    runner.environment["ACTIONS_RUNNER_INPUT_JITCONFIG"] = runner.register()
    runner.environment["ACTIONS_RUNNER_RETURN_VERSION_DEPRECATED_EXIT_CODE"] = asked
    runner.start()
    status, output = runner.end()
    assert (status, f"An error occurred: {message}" in output) == (code, True)


def test_a_runner_without_configuration(runner):
    """The error is printed, the code is 0 all the same."""
    runner.start()
    status, output = runner.end()
    assert (status, "An error occurred: Not configured." in output) == (0, True)


def test_github_may_be_away_for_a_while(runner):
    """A runner waits for GitHub, says so once, and then goes on."""
    runner.github.steer("POST", "/faults", {"kind": "status", "status": 503, "path": "^/_runner/", "count": 2})
    runner.environment["ACTIONS_RUNNER_INPUT_JITCONFIG"] = runner.register()
    runner.start()
    runner.until("Listening for Jobs")
    runner.until("Runner reconnected.")
    assert runner.output.read_text().count("Runner connect error") == 1


def test_hooks_surround_the_job(runner, tmp_path):
    """ACTIONS_RUNNER_HOOK_JOB_STARTED and _COMPLETED are run before and after, the last after a failure too."""
    for name in ("STARTED", "COMPLETED"):
        hook = tmp_path / f"{name}.sh"
        hook.write_text(f"echo {name}\n")
        runner.environment[f"ACTIONS_RUNNER_HOOK_JOB_{name}"] = str(hook)
    runner.environment["ACTIONS_RUNNER_INPUT_JITCONFIG"] = runner.register()
    runner.start()
    job = runner.job("echo job; exit 4")()
    assert job["exit_code"] == 4
    assert [line for line in job["log"].splitlines() if not line.startswith("##")] == ["STARTED", "job", "COMPLETED"]


def test_a_registration_token_makes_a_runner(runner):
    """config.sh registers with the token that REST gives, and refuses one that is not GitHub's."""
    token = runner.github.ask("POST", f"{RUNNERS}/registration-token").document["token"]
    wish = ("--name", "by-token", "--labels", "gpu", "--ephemeral")
    tries = [
        subprocess.run(
            [
                runner.folder / "config.sh",
                "--unattended",
                "--url",
                f"{runner.github.base}/acme",
                "--token",
                word,
                *wish,
            ],
            env=runner.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=20,
        ).returncode
        for word in ("wrong", token)
    ]
    assert tries == [1, 0]
    (made,) = runner.github.ask("GET", RUNNERS).document["runners"]
    assert (made["name"], made["ephemeral"]) == ("by-token", True)
    assert [label["name"] for label in made["labels"]] == ["self-hosted", "linux", "x64", "gpu"]
    assert runner.configured() == set(FILES)


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
