# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command line says in one line what is wrong, and never shows a traceback for it."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import VERSION, cli, signals, state
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.paths import Paths
from ansible_collections.socialgouv.actions_runner.tests.unit.plugins.module_utils.fake_engine import Engine


@pytest.fixture(autouse=True)
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Paths:
    """A host of its own, and root on it."""
    found = Paths(str(tmp_path))
    Path(found.machine_id).parent.mkdir()
    Path(found.machine_id).write_text("0123\n")
    monkeypatch.setattr(cli, "Paths", lambda: found)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    return found


def call(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["github-runner", *arguments])
    return cli.main()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["launch", "x"], 2, "'x' is not an instance"),
        (["launch", "../1"], 2, "is not an instance"),
        (["drain", "1", "default-2"], 2, "'default-2' is not an instance"),
        (["reconcile"], 1, "Docker does not answer"),
        (["hygiene", "--dry-run"], 1, "Docker does not answer"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, said: str
) -> None:
    """On standard error, with the program's name in front and an exit code that tells use from state."""
    monkeypatch.setattr(os, "spawnvp", lambda *_arguments: pytest.fail("nothing may be run"))
    assert call(monkeypatch, *arguments) == code
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("github-runner: ")
    assert said in line


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["launch"], ["drain"], ["status", "--nonsense"]])
def test_wrong_use_is_explained(monkeypatch: pytest.MonkeyPatch, arguments: list[str]) -> None:
    """Exit code 2, as everywhere."""
    with pytest.raises(SystemExit) as caught:
        call(monkeypatch, *arguments)
    assert caught.value.code == 2


@pytest.mark.parametrize(
    ("arguments", "code"), [(["launch", "1"], 2), (["drain", "1"], 2), (["reconcile"], 2), (["status"], 0)]
)
def test_only_a_look_is_allowed_to_everybody(monkeypatch: pytest.MonkeyPatch, arguments: list[str], code: int) -> None:
    """What changes something needs root, and says so."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert call(monkeypatch, *arguments) == code


def test_a_host_without_identity_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], paths: Paths
) -> None:
    """No traceback, and its instances show it: systemd would start them each second otherwise."""
    Path(paths.machine_id).unlink()
    slept: list[float] = []
    told = SimpleNamespace(drain=False, wait=slept.append)
    monkeypatch.setattr(signals, "Signals", lambda: told)
    assert call(monkeypatch, "launch", "1") == 1
    assert "systemd-machine-id-setup" in capsys.readouterr().err
    shown = state.read(paths, "1")
    assert shown is not None
    assert (shown.state, shown.kind, shown.pid, shown.until is None) == ("waiting", "host", os.getpid(), False)
    assert len(slept) == 1
    assert slept[0] >= 30
    told.drain = True
    assert call(monkeypatch, "launch", "1") == 0
    state.write(paths, state.State("1", "default", container="c"))
    assert call(monkeypatch, "launch", "1") == 1  # it may run
    assert len(slept) == 1


@pytest.mark.parametrize(
    ("arguments", "commands"),
    [
        (["drain", "1", "gpu-2"], [["stop", "github-runner@1.service", "github-runner@gpu-2.service"]]),
        (
            ["drain", "--force", "1"],
            [
                ["kill", "--kill-who=main", "--signal=SIGQUIT", "github-runner@1.service"],
                ["stop", "github-runner@1.service"],
            ],
        ),
    ],
)
def test_a_drain_is_systemds_stop(
    monkeypatch: pytest.MonkeyPatch, paths: Paths, arguments: list[str], commands: list[list[str]]
) -> None:
    """So that systemd knows that the instance shall stay away; force is said to the launcher itself."""
    for instance, of in (("1", "default"), ("gpu-2", "gpu")):
        state.write(paths, state.State(instance, of, state.IDLE))
    ran: list[list[str]] = []
    monkeypatch.setattr(os, "spawnvp", lambda _mode, _file, command: ran.append(command) or 0)
    assert call(monkeypatch, *arguments) == 0
    assert ran == [["systemctl", *command] for command in commands]


@pytest.fixture
def docker(monkeypatch: pytest.MonkeyPatch) -> Engine:
    """What is asked after systemd, which calls everything good."""
    found = Engine("c")
    monkeypatch.setattr(cli, "Engine", lambda _path: found)
    monkeypatch.setattr(os, "spawnvp", lambda *_arguments: 0)
    return found


def test_a_drain_that_gave_up_fails_and_says_why(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], paths: Paths, docker: Engine
) -> None:
    """systemctl calls every stop good; a job that was left running is not."""
    state.write(paths, state.State("1", "default", state.IDLE))
    said = "not drained within 5 s, the job was left running"
    state.write(paths, state.State("2", "default", state.FAILED, said, "drain", container="c"))
    assert call(monkeypatch, "drain", "1") == 0
    assert call(monkeypatch, "drain", "1", "2") == 1
    assert capsys.readouterr().err == f"github-runner: 2: {said}\n"
    docker.running.clear()
    assert call(monkeypatch, "drain", "1", "2") == 0


@pytest.mark.parametrize("shown", [state.BUSY, state.DRAINING])
def test_a_drain_whose_launcher_was_ended_is_none(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], paths: Paths, docker: Engine, shown: str
) -> None:
    """Nobody looks after the runner any more, and it may take jobs; force ends it."""
    state.write(paths, state.State("1", "default", shown, container="c"))
    assert call(monkeypatch, "drain", "1") == 1
    assert "1: its launcher has ended and its runner has not: start github-runner@1.service" in capsys.readouterr().err
    docker.down = True
    assert call(monkeypatch, "drain", "1") == 1
    assert "1: whether its runner still runs is not known: Docker does not answer" in capsys.readouterr().err
    docker.down = False
    assert call(monkeypatch, "drain", "--force", "1") == 0
    assert (docker.running, call(monkeypatch, "drain", "1")) == (set(), 0)


def test_a_drain_of_what_was_never_there_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], paths: Paths
) -> None:
    """systemctl calls it good: a number that was mistyped would look drained."""
    state.write(paths, state.State("1", "default", state.IDLE))
    monkeypatch.setattr(os, "spawnvp", lambda *_arguments: 0)
    assert call(monkeypatch, "drain", "1", "99") == 1
    said = "github-runner: no instance 99 has run here: look at github-runner status\n"
    assert capsys.readouterr().err == said


def test_status_is_for_people_and_for_programs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], paths: Paths
) -> None:
    """The same facts both ways."""
    state.write(paths, state.State("1", "default", state.IDLE, runner="r", pid=os.getpid()))
    assert call(monkeypatch, "status") == 0
    assert "idle" in capsys.readouterr().out
    assert call(monkeypatch, "status", "--json") == 0
    assert json.loads(capsys.readouterr().out)["instances"][0]["runner"] == "r"


def test_the_version_is_said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Which launcher a host has."""
    with pytest.raises(SystemExit) as caught:
        call(monkeypatch, "--version")
    assert (caught.value.code, capsys.readouterr().out) == (0, f"github-runner {VERSION}\n")


def test_a_full_disk_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """With the file that did not fit."""

    def full(*_arguments: object) -> int:
        raise OSError(28, "No space left on device", "/var/lib/github-runner/sightings.json")

    monkeypatch.setattr(cli, "_reconcile", full)
    assert call(monkeypatch, "reconcile") == 1
    said = "github-runner: /var/lib/github-runner/sightings.json: No space left on device\n"
    assert capsys.readouterr().err == said
