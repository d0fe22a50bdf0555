# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line says what is meant, and refuses what cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest

from bed import cli
from bed.errors import BedError


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["503"], {"kind": "status", "status": 503}),
        (
            ["429", "--for", "20", "--retry-after", "7", "--path", "jitconfig"],
            {"kind": "status", "status": 429, "for": 20.0, "retry_after": 7, "path": "jitconfig"},
        ),
        (["slow", "--seconds", "2.5", "--count", "3"], {"kind": "slow", "seconds": 2.5, "count": 3}),
        (["drop"], {"kind": "drop"}),
        (["lie-busy", "--delete", "204"], {"kind": "lie-busy", "delete": "204"}),
    ],
)
def test_a_fault_is_told_to_github_as_it_was_typed(words: list[str], expected: dict[str, object]) -> None:
    options = cli.build_parser().parse_args(["fault", "github", *words])
    assert cli.fault_request(options) == expected


@pytest.mark.parametrize(
    "words",
    [
        ["fault", "github", "200"],
        ["fault", "github", "explode"],
        ["fault", "gitlab", "503"],
        ["up", "--hosts", "0"],
        ["up", "--suite", "bookworm,buster"],
        ["up", "--suite", ","],
        ["submit"],
        ["submit", "script", "-c", "true"],
        [],
    ],
)
def test_what_cannot_be_meant_is_refused(words: list[str]) -> None:
    with pytest.raises(SystemExit) as refusal:
        cli.build_parser().parse_args(words)
    assert refusal.value.code == 2


@pytest.mark.parametrize(
    ("words", "suites"),
    [
        ([], ("bookworm",)),
        (["--suite", "trixie"], ("trixie",)),
        (["--suite", "trixie,bookworm"], ("trixie", "bookworm")),
    ],
)
def test_hosts_are_of_the_oldest_release_unless_others_are_named(words: list[str], suites: tuple[str, ...]) -> None:
    assert cli.build_parser().parse_args(["up", *words]).suites == suites


def test_labels_are_listed_with_commas() -> None:
    options = cli.build_parser().parse_args(["submit", "--labels", "gpu, linux,", "-c", "true"])
    assert options.labels == ["gpu", "linux"]


def test_a_script_comes_from_its_file_or_from_the_command_line(tmp_path: Path) -> None:
    script = tmp_path / "job.sh"
    script.write_text("echo hello\n")
    parse = cli.build_parser().parse_args
    assert cli.read_script(parse(["submit", str(script)])) == "echo hello\n"
    assert cli.read_script(parse(["submit", "-c", "echo there"])) == "echo there"


def test_a_script_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    options = cli.build_parser().parse_args(["submit", str(tmp_path / "none")])
    with pytest.raises(BedError, match=r"cannot read .*none: No such file"):
        cli.read_script(options)


def test_a_hosts_command_keeps_its_own_options() -> None:
    options = cli.build_parser().parse_args(["shell", "bed-host1", "ls", "-l", "--all"])
    assert options.command == ["ls", "-l", "--all"]


def test_an_error_is_one_line_and_a_bad_exit(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TESTBED_STATE", str(tmp_path))
    assert cli.main(["inventory"]) == 1
    assert capsys.readouterr().err == "testbed: the bed is not up: run `testbed up`\n"


class Queue:
    """A GitHub whose jobs never start."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def call(self, method: str, path: str, body: object = None) -> dict[str, object]:
        self.calls.append(f"{method} {path}")
        return {"id": 7, "status": "queued"}


def test_a_job_that_is_waited_for_in_vain_is_cancelled(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = Queue()
    monkeypatch.setattr(cli.lifecycle, "stand_in", lambda: queue)
    assert cli.main(["submit", "--wait", "--timeout", "0", "-c", "true"]) == 1
    assert queue.calls[-1] == "POST /jobs/7/cancel"
    assert "job 7 was still queued after 0 s and is cancelled" in capsys.readouterr().err


class Working(Queue):
    """A GitHub with so many jobs that wait."""

    waiting = 0

    def call(self, method: str, path: str, body: object = None) -> dict[str, object]:
        super().call(method, path, body)
        return {"id": 7, "jobs": [{"status": "queued"}] * self.waiting + [{"status": "completed"}]}

    @property
    def given(self) -> int:
        return self.calls.count("POST /jobs")


def test_the_load_goes_on_for_as_long_as_its_file_is_there(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    github = Working()
    flag = tmp_path / "flag"
    monkeypatch.setattr(cli.lifecycle, "stand_in", lambda: github)
    monkeypatch.setattr(cli.time, "sleep", lambda _seconds: flag.unlink() if github.given == 3 else None)
    flag.touch()
    assert cli.main(["load", "--while", str(flag), "-c", "true"]) == 0
    assert (github.given, capsys.readouterr().out) == (3, "3\n")
    flag.touch()
    assert cli.main(["load", "--while", str(flag), "--most", "2", "-c", "true"]) == 0
    assert (github.given, capsys.readouterr().out) == (5, "2\n")


def test_the_load_waits_while_enough_jobs_wait(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    github = Working()
    github.waiting = 4
    flag = tmp_path / "flag"
    flag.touch()
    monkeypatch.setattr(cli.lifecycle, "stand_in", lambda: github)
    monkeypatch.setattr(cli.time, "sleep", lambda _seconds: flag.unlink() if len(github.calls) == 5 else None)
    assert cli.main(["load", "--while", str(flag), "-c", "true"]) == 0
    assert github.given == 0
