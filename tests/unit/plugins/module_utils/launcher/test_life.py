# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An instance keeps one runner after another, never loses track of one, never storms, and never ends a job."""

from __future__ import annotations

import dataclasses
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import (
    files,
    life,
    names,
    state,
    systemd,
    tally,
)
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.engine import (
    EngineError,
    EngineUnavailable,
)
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.errors import Trouble
from ansible_collections.socialgouv.actions_runner.tests.unit.plugins.module_utils.launcher.world import (
    MARK,
    POOL,
    START,
    WORKER,
    Container,
    World,
    ends,
    idle,
    job,
    say,
)

OTHER = dataclasses.replace(POOL, image="runner:2")


@pytest.fixture(autouse=True)
def _no_fault_of_the_launcher(monkeypatch: pytest.MonkeyPatch) -> None:
    """The launcher lives through its own faults; here they, and those of the world, end the test."""

    def fail() -> None:
        raise AssertionError("the launcher met a fault of its own") from sys.exc_info()[1]

    monkeypatch.setattr(life.traceback, "print_exc", fail)


@pytest.fixture(autouse=True)
def notified(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What systemd is told."""
    told: list[str] = []
    monkeypatch.setattr(systemd, "notify", lambda *assignments: told.extend(assignments))
    return told


def nothing_is_left(world: World) -> bool:
    return not world.engine.all and not world.github.registered


# From nothing to an idle runner.


def test_every_runner_finds_the_firewalls_rules_as_they_were(tmp_path: Path) -> None:
    """Whoever has flushed them meanwhile: they are loaded again before its container starts."""
    world = World(tmp_path, ends(42, listens=True))
    made: list[tuple[int, int]] = []
    for moment in (30, 90):
        world.at(moment, lambda: made.append((world.rules_reloaded, len(world.engine.made))))
    world.at(100, world.signals.terminate)
    assert world.live() == 0
    assert made == [(1, 1), (2, 2)]


@pytest.mark.parametrize("loaded", [True, False])
def test_nothing_runs_without_the_firewall(tmp_path: Path, loaded: bool) -> None:
    """Be its unit down or its file no rules: no runner stands or stays registered, until the rules are there."""
    world = World(tmp_path)
    mark = Path(world.paths.firewall_loaded)
    world.rules_reload = False
    if not loaded:
        mark.rmdir()
    seen: list[tuple[str, str, int, int]] = []

    def look() -> None:
        shown = world.state
        seen.append((shown.state, shown.kind, len(world.engine.all), len(world.github.registered)))

    world.at(20, look)

    def mend() -> None:
        world.rules_reload = True
        mark.mkdir(exist_ok=True)
        world.signals.tell()

    world.at(30, mend)
    world.at(200, look)
    world.at(210, world.signals.terminate)
    assert world.live() == 0
    assert seen == [("waiting", "firewall", 0, 0), ("idle", "", 1, 1)]
    assert world.engine.count("start") == 1


def test_a_runner_is_registered_and_stands_ready(tmp_path: Path, notified: list[str]) -> None:
    """One container with the marks and GitHub's files in it, shown with all its facts."""
    world = World(tmp_path)
    seen: list[tuple[state.State, dict[str, bytes]]] = []
    world.at(60, lambda: seen.append((world.state, world.engine.running[0].files)))
    world.at(61, world.signals.terminate)
    assert world.live() == 0
    [(shown, contents)] = seen
    assert contents == {".runner": b"{}", ".credentials": b"{}"}
    assert (shown.state, shown.reason, shown.failures, shown.runner_id) == ("idle", "", 0, 1)
    assert (shown.image, shown.config, shown.since) == ("sha256:1", POOL.config, START + 2)
    assert shown.runner is not None
    assert names.is_ours(shown.runner, MARK)
    assert world.engine.made[0].name == shown.runner
    assert world.engine.made[0].labels[names.LABEL_MARK] == MARK
    assert notified.count("READY=1") == 1
    assert notified[-1] == "STOPPING=1"


def test_an_instance_is_ready_when_its_container_stands(tmp_path: Path, notified: list[str]) -> None:
    """Before it listens, which it may never do: systemd reloads nothing that is not ready."""
    world = World(tmp_path, lambda _world, _container: None)
    ready: list[bool] = []
    world.at(1, lambda: ready.append("READY=1" in notified))
    world.at(2, world.signals.terminate)
    assert world.live() == 0
    assert ready == [True]


def test_the_runners_output_is_in_the_journal_line_by_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``journalctl -u github-runner@1`` shows what the container prints, and the launcher's own words beside it."""
    world = World(tmp_path)
    world.at(10, world.signals.terminate)
    world.live()
    shown = capsys.readouterr()
    assert shown.out.splitlines()[:2] == ["√ Connected to GitHub", "2026-11-24 10:00:02Z: Listening for Jobs"]
    assert all(line.startswith("github-runner: ") for line in shown.err.splitlines())


def test_a_job_that_speaks_like_the_runner_fools_nobody(tmp_path: Path) -> None:
    """What it prints is shown, but the instance is busy with the job that the runner named, until it ends."""
    world = World(tmp_path, job(10, 60))
    spoof = ("Listening for Jobs", "Running job: another", "Job build completed with result: Succeeded")
    seen: list[tuple[str, str | None]] = []

    def speak() -> None:
        for text in spoof:
            say(world, world.engine.made[0], 0, text)

    world.at(30, speak)
    world.at(40, lambda: seen.append((world.state.state, world.state.job)))
    world.at(100, world.signals.terminate)
    world.live()
    assert seen == [("busy", "build")]


def test_a_job_that_speaks_without_end_costs_little(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The words of a runner, over and over: neither disk nor journal pays for each, and the counts stay true."""
    world = World(tmp_path, job(10, 60))
    written: list[str] = []
    write = files.write
    monkeypatch.setattr(files, "write", lambda path, *rest: written.append(path) or write(path, *rest))
    words = ("Job build completed with result: Failed", "Listening for Jobs", "Running job: x")

    def speak() -> None:
        one = world.engine.made[0]
        for number in range(2000):
            for text in words:
                world.engine.emit(one, f"2026-11-24 10:00:30Z: {text}{number % 7}")
        for _ in range(300):
            world.engine.emit(one, "\N{SNOWMAN}" * 21_000)

    def show_off(number: int) -> None:
        world.engine.emit(
            world.engine.made[0], f"2026-11-24 10:00:30Z: Job x completed with result: {number}{'y' * 60_000}"
        )

    world.at(20, written.clear)
    world.at(30, speak)
    for moment in range(40, 55):
        world.at(moment, lambda number=moment: show_off(number))
    world.at(60, lambda: written.append("-"))
    world.at(200, world.signals.terminate)
    assert world.live() == 0
    assert len(written[: written.index("-")]) < 60
    shown = capsys.readouterr()
    assert 14 * 2**20 < len(shown.out.encode()) < 17 * 2**20
    assert shown.err.count("prints without end") == 1
    assert len(shown.err) < 10_000
    counts = tally.read(world.paths, "1", "default")
    assert (counts.jobs, sum(counts.gaps)) == ({"succeeded": 1}, 1)


def test_after_a_job_another_runner_stands(tmp_path: Path) -> None:
    """The used container is gone, the next one has a name of its own, and nobody deregisters the used one."""
    world = World(tmp_path, job(10, 60), job(10, 60))
    busy: list[state.State] = []
    world.at(30, lambda: busy.append(world.state))
    world.at(200, world.signals.terminate)
    assert world.live() == 0
    assert [(one.state, one.job) for one in busy] == [("busy", "build")]
    assert len({one.name for one in world.engine.made}) == 3
    assert {runner for _moment, runner, _id in world.github.deregistrations} == {world.engine.made[2].name}
    assert [round(moment) for moment, _runner in world.github.registrations] == [0, 71, 143]
    assert nothing_is_left(world)


def test_a_runner_that_github_removed_is_replaced(tmp_path: Path) -> None:
    """Idle runners end after minutes without a job (actions/runner#4726): deregistered, removed, replaced at once."""
    world = World(tmp_path, ends(300, listens=True), ends(300, listens=True))
    world.at(700, world.signals.terminate)
    assert world.live() == 0
    assert [round(moment) for moment, _runner in world.github.registrations] == [0, 300, 600]
    assert {runner for _moment, runner, _id in world.github.deregistrations} == {one.name for one in world.engine.made}
    assert nothing_is_left(world)


# What was left from before.


@pytest.mark.parametrize("works", [True, False])
@pytest.mark.parametrize("known", [True, False])
def test_a_running_container_is_taken_over(tmp_path: Path, works: bool, known: bool) -> None:
    """After an update or a crash of the launcher: no new registration, and its job ends in peace."""
    world = World(tmp_path)
    one = world.engine.add(state="running")
    world.github.registered[one.name] = 7
    if works:
        one.processes.append(WORKER)
    if known:
        before = state.State("1", "default", runner=one.name, runner_id=7, container=one.id, job="x" if works else None)
        state.write(world.paths, before)
    shown: list[state.State] = []
    world.at(50, lambda: shown.append(world.state))
    world.at(60, world.signals.terminate)
    if works:
        world.at(300, lambda: world.engine.end(one))
    assert world.live() == 0
    assert (shown[0].state, shown[0].runner) == ("busy" if works else "idle", one.name)
    assert (shown[0].container, shown[0].config) == (one.id, POOL.config)
    assert world.github.attempts == []
    assert world.engine.all == {}


def test_a_runner_that_had_its_job_is_not_idle_again(tmp_path: Path) -> None:
    """Its job ends while the launcher starts anew: nobody is told that it waits for one, before its successor does."""
    world = World(tmp_path, job(10, 100))
    world.at(50, world.replace_program)
    world.at(50, world.signals.hang_up)
    assert world.live() == 0
    [one] = world.engine.running
    one.processes.remove(WORKER)
    world.at(105, lambda: one.processes.append(WORKER))  # for the world, which takes it away at the end
    world.signals.restart()
    shown: list[tuple[str, bool]] = []
    for second in range(1, 100):
        world.at(50 + second, lambda: shown.append((world.state.state, one.id in world.engine.all)))
    world.at(200, world.signals.terminate)
    assert world.live() == 0
    assert ("busy", True) in shown
    assert ("idle", False) in shown
    assert ("idle", True) not in shown


def test_no_line_is_lost_or_printed_twice_over_a_restart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The new launcher goes on where the old one stopped, to the line."""

    def talks(world: World, one: Any) -> None:
        idle(world, one)
        for second in range(5, 95, 5):
            say(world, one, second, f"line {second}")

    world = World(tmp_path, talks)
    world.at(42, world.replace_program)
    world.at(42, world.signals.hang_up)
    assert world.live() == 0
    assert len(world.engine.running) == 1
    assert len(world.github.registered) == 1
    world.signals.restart()
    world.at(100, world.signals.terminate)
    assert world.live() == 0
    printed = [line.partition(": ")[2] for line in capsys.readouterr().out.splitlines() if "line" in line]
    assert printed == [f"line {second}" for second in range(5, 95, 5)]


def test_the_end_that_nobody_saw_is_in_the_journal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A job ends while the launcher is dead: its last lines are shown, its registration is not asked for."""
    world = World(tmp_path, job(10, 100))
    world.at(50, world.replace_program)
    world.at(50, world.signals.hang_up)
    assert world.live() == 0
    world.sleep(200)
    [one] = list(world.engine.all.values())
    assert one.state == "exited"
    capsys.readouterr()
    world.signals.restart()
    world.after(10, world.signals.terminate)
    assert world.live() == 0
    shown = capsys.readouterr()
    assert "Job build completed with result: Succeeded" in shown.out.splitlines()[0]
    assert f"took over the container {one.name}, which has ended" in shown.err
    assert one.name not in [runner for _moment, runner, _id in world.github.deregistrations]
    assert one.id not in world.engine.all


@pytest.mark.parametrize("left", ["created", "exited", "dead"])
def test_dead_containers_of_this_instance_are_buried(tmp_path: Path, left: str) -> None:
    """With their registrations, by their exact names."""
    world = World(tmp_path)
    one = world.engine.add(state=left)
    world.github.registered[one.name] = 7
    world.at(10, world.signals.terminate)
    assert world.live() == 0
    assert world.github.deregistrations[0] == (0, one.name, None)
    assert nothing_is_left(world)


@pytest.mark.parametrize(
    "labels",
    [
        {names.LABEL_MARK: "76543210", names.LABEL_INSTANCE: "1"},
        {names.LABEL_MARK: MARK, names.LABEL_INSTANCE: "2"},
        {},
    ],
    ids=["another host's", "another instance's", "somebody's"],
)
@pytest.mark.parametrize("left", ["running", "exited", "created"])
def test_nothing_else_is_touched(tmp_path: Path, labels: dict[str, str], left: str) -> None:
    """Only what carries this host's mark and this instance's name is ours."""
    world = World(tmp_path)
    foreign = world.engine.add(name="foreign", labels=labels, state=left)
    world.at(60, world.signals.terminate)
    assert world.live() == 0
    assert list(world.engine.all.values()) == [foreign]
    assert foreign.state == left
    assert "foreign" not in [runner for _moment, runner, _id in world.github.deregistrations]


# Troubles.


@pytest.mark.parametrize(
    "trouble",
    [
        Trouble("sealed", "seal it again", state="sealed", lasting=True),
        Trouble("refused", "GitHub refused the token (401)", lasting=True),
        Trouble("limited", "used up", retry_after=600.0),
        Trouble("unavailable", "GitHub cannot serve now (503)"),
        Trouble("conflict", "GitHub already has a runner of that name (409)"),
    ],
    ids=lambda trouble: trouble.kind,
)
def test_a_trouble_is_shown_and_waited_out(tmp_path: Path, notified: list[str], trouble: Trouble) -> None:
    """State, reason and moment of the next try are published; the half-made container goes; then it works."""
    world = World(tmp_path)
    world.github.register_troubles = [trouble]
    shown: list[state.State] = []
    left: list[int] = []
    world.at(0.5, lambda: shown.append(world.state))
    world.at(0.5, lambda: left.append(len(world.engine.all)))
    world.at(2000, world.signals.terminate)
    assert world.live() == 0
    [one] = shown
    assert (one.state, one.reason, one.kind, one.lasting) == (
        trouble.state,
        str(trouble),
        trouble.kind,
        trouble.lasting,
    )
    assert (one.runner, one.container, left) == (None, None, [0])
    first, second = world.github.attempts
    assert second - first >= (trouble.retry_after or 1.0)
    assert one.until == pytest.approx(START + second, abs=0.1)
    # systemd must not wait with the boot for a host that is sealed.
    assert notified.index("READY=1") < notified.index(next(one for one in notified if one.startswith("STATUS=idle")))
    assert nothing_is_left(world)


@pytest.mark.parametrize("step", [-86_400.0, 86_400.0])
def test_a_clock_that_is_set_changes_no_wait(tmp_path: Path, step: float) -> None:
    """An instance comes back in its time, a drain neither gives up on a job nor asks for ever: what is shown moves."""
    world = World(tmp_path, job(300, 1000))
    world.github.register_troubles = [Trouble("unreachable", "api.github.com cannot be reached", retry_after=100)]

    def set_clock() -> None:
        world.off_by += step

    shown: list[state.State] = []
    world.at(10, set_clock)
    world.at(200, lambda: shown.append(world.state))
    world.at(500, world.signals.terminate)
    world.at(510, set_clock)
    assert world.live() == 0
    [idling] = shown
    assert (idling.state, idling.since) == ("idle", pytest.approx(START + step + 110, abs=15))
    assert world.engine.killed_jobs == []
    assert 1400 <= world.now - START <= 1430


def test_troubles_in_a_row_wait_longer_and_longer(tmp_path: Path) -> None:
    """An outage of a day costs GitHub some three hundred requests of an instance, not a storm."""
    world = World(tmp_path)
    world.github.register_troubles = [Trouble("unavailable", "GitHub cannot serve now (503)")] * 2000
    world.at(86_400, world.signals.terminate)
    assert world.live() == 0
    assert 86_400 / 300 <= len(world.github.attempts) <= 86_400 / 150 + 10


@pytest.mark.parametrize(
    "mends",
    [World.seal, World.give_secret, lambda world: world.write_pool(OTHER), lambda world: world.signals.hang_up()],
)
def test_what_a_person_mends_wakes_the_instance_up(tmp_path: Path, mends: Any) -> None:
    """A new token, secret or pool file counts within seconds, not at the end of the back-off."""
    world = World(tmp_path)
    world.github.register_troubles = [Trouble("sealed", "seal it again", state="sealed", lasting=True)] * 3
    for moment in (5, 10, 15):
        world.at(moment, lambda: mends(world))
    world.at(60, world.signals.terminate)
    assert world.live() == 0
    assert len(world.github.attempts) == 4
    assert world.github.attempts[-1] <= 18


def test_what_is_mended_during_an_attempt_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The attempt has read the token of before, and the next one must not wait out the back-off."""
    world = World(tmp_path)
    register = world.github.register

    def register_late(*arguments: Any) -> dict[str, Any]:
        if not world.github.attempts:
            world.seal()
            world.github.register_troubles = [Trouble("sealed", "seal it again", state="sealed", lasting=True)]
        return register(*arguments)

    monkeypatch.setattr(world.github, "register", register_late)
    world.at(60, world.signals.terminate)
    world.live()
    first, second = world.github.attempts
    assert second - first < 5


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        ("image", EngineError(404, "No such image: runner:1"), "no image runner:1: pull it"),
        ("image", EngineError(500, "oops"), "oops"),
        ("create", EngineError(404, "network github-runner not found"), "no network github-runner: run the playbook"),
        ("create", EngineError(500, "no space left on device"), "no space left on device"),
        ("create", EngineError(409, "Conflict. The container name is already in use"), "name is already in use"),
        ("create", EngineUnavailable("Docker does not answer"), "Docker does not answer"),
        ("inspect", EngineError(500, "oops"), "oops"),
        ("get_archive", EngineError(500, "oops"), "oops"),
        (
            "get_archive",
            EngineError(404, "Could not find the file /etc/passwd in container 1"),
            "the image runner:1 has no /etc/passwd: use one made of GitHub's actions-runner",
        ),
        ("put_archive", EngineError(404, "Could not find the file /home/runner"), "/home/runner"),
        ("start", EngineError(500, "oci runtime error"), "oci runtime error"),
        (
            "start",
            EngineError(400, 'exec: "/home/runner/run.sh": stat /home/runner/run.sh: no such file or directory'),
            "the image runner:1 has no /home/runner/run.sh: use one made of GitHub's actions-runner",
        ),
        ("start", EngineError(404, "network github-runner not found"), "network github-runner"),
    ],
)
def test_a_start_that_fails_leaves_nothing_behind(tmp_path: Path, call: str, error: EngineError, said: str) -> None:
    """Neither a container nor a registration, wherever it failed; the reason is shown and the next try works."""
    world = World(tmp_path)
    world.engine.failures[call] = [error]
    seen: list[tuple[str, str, bool]] = []
    world.at(0.5, lambda: seen.append((world.state.state, world.state.reason, nothing_is_left(world))))
    world.at(200, world.signals.terminate)
    assert world.live() == 0
    [(shown, reason, clean)] = seen
    assert (shown, clean) == ("waiting", True)
    assert said in reason
    assert len(world.engine.made) >= 1
    assert nothing_is_left(world)


def test_a_runner_that_somebody_removes_is_no_failure(tmp_path: Path) -> None:
    """``docker rm --force`` kills it first, and Docker tells of that before it is gone: the next one comes at once."""
    world = World(tmp_path)

    def remove() -> None:
        [one] = world.engine.running
        world.engine.end(one, 137)
        one.state = "removing"

    for moment in (10, 20, 30, 40):
        world.at(moment, remove)
    failures: list[int] = []
    world.at(50, lambda: failures.append(world.state.failures))
    world.at(60, world.signals.terminate)
    assert world.live() == 0
    assert failures == [0]
    assert [round(moment) for moment, _runner in world.github.registrations] == [0, 10, 20, 30, 40]


def test_a_runner_that_never_listens_is_a_failure_however_long_it_tries(tmp_path: Path) -> None:
    """A session that another one blocks ends after minutes, and must not be asked for without end."""
    world = World(tmp_path, *[ends(45)] * 30)
    world.at(3000, world.signals.terminate)
    assert world.live() == 0
    assert len(world.github.registrations) <= 20


def test_a_fault_of_the_launcher_is_waited_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Rather than ended and begun again each second: shown with its kind, tried again, slower and slower."""
    monkeypatch.setattr(life.traceback, "print_exc", lambda: None)
    world = World(tmp_path)
    world.engine.failures["containers"] = [TypeError("x")] * 3  # type: ignore[list-item]
    shown: list[state.State] = []
    world.at(20, lambda: shown.append(world.state))
    world.at(2000, world.signals.terminate)
    assert world.live() == 0
    assert (shown[0].state, shown[0].kind) == ("waiting", "launcher")
    assert "a fault of the launcher (TypeError): look at the journal" in capsys.readouterr().err
    assert len(world.engine.made) == 1


@pytest.mark.parametrize("listens", [False, True])
def test_runners_that_end_at_once_are_slowed(tmp_path: Path, listens: bool) -> None:
    """A broken image or a GitHub that removes idle runners quickly makes no storm of registrations."""
    world = World(tmp_path, *[ends(1, code=1, listens=listens)] * 500)
    shown: list[state.State] = []
    world.at(1500, lambda: shown.append(world.state))
    world.at(3600, world.signals.terminate)
    assert world.live() == 0
    assert len(world.github.registrations) < 40
    assert (shown[0].state, shown[0].kind) == ("waiting", "runner")
    assert "look at the journal" in shown[0].reason
    assert nothing_is_left(world)


def test_a_runner_that_is_too_old_waits_for_another_image(tmp_path: Path) -> None:
    """Exit code 7: GitHub is asked again at once where there is another image."""
    world = World(tmp_path, ends(5, code=7))
    shown: list[state.State] = []
    world.at(3000, lambda: shown.append(world.state))
    world.at(3500, lambda: world.engine.images.update({"runner:1": "sha256:new"}))
    world.at(4000, world.signals.terminate)
    assert world.live() == 0
    assert (shown[0].state, shown[0].lasting) == ("outdated", True)
    _first, second = world.github.attempts
    assert 3500 <= second <= 3540
    assert world.engine.made[1].image == "sha256:new"


def test_a_runner_that_was_called_too_old_is_tried_again_each_hour(tmp_path: Path) -> None:
    """GitHub has said so of runners that were not: actions/runner#4613. When that is, is shown."""
    world = World(tmp_path, ends(5, code=7), ends(5, code=7))
    shown: list[state.State] = []
    for moment in (100, 8800):
        world.at(moment, lambda: shown.append(world.state))
    world.at(8900, world.signals.terminate)
    assert world.live() == 0
    first, second, third = world.github.attempts
    assert all(3600 <= pause <= 4330 for pause in (second - first, third - second))
    assert [one.state for one in shown] == ["outdated", "idle"]
    assert shown[0].until is not None
    assert abs(shown[0].until - START - second) < 1


def test_an_outdated_instance_lets_a_new_launcher_take_over(tmp_path: Path) -> None:
    """Waiting for an image does not keep an old launcher for ever."""
    world = World(tmp_path, ends(5, code=7))
    world.at(100, world.replace_program)
    world.at(100, world.signals.hang_up)
    world.at(5000, world.signals.terminate)
    assert world.live() == 0
    assert world.now - START < 200


@pytest.mark.parametrize("text", [None, b"", b"{", b"\xff\xfe", b'{"name": "default"}'])
def test_a_pool_file_that_cannot_be_read_is_waited_for(tmp_path: Path, text: bytes | None) -> None:
    """The remedy is shown, nothing is registered, and a good file counts within seconds."""
    world = World(tmp_path)
    path = Path(world.paths.pool("default"))
    path.unlink()
    if text is not None:
        path.write_bytes(text)
    shown: list[state.State] = []
    world.at(1, lambda: shown.append(world.state))
    world.at(10, lambda: world.write_pool(POOL))
    world.at(30, world.signals.terminate)
    assert world.live() == 0
    assert (shown[0].state, shown[0].kind, shown[0].lasting) == ("waiting", "pool", True)
    assert [10 <= moment <= 13 for moment in world.github.attempts] == [True]


def test_a_runner_whose_pool_file_is_gone_lives_on(tmp_path: Path) -> None:
    """What runs needs no file: the job ends in peace, also where the launcher starts anew meanwhile."""
    world = World(tmp_path)
    one = world.engine.add(state="running")
    one.processes.append(WORKER)
    Path(world.paths.pool("default")).unlink()
    world.at(100, world.signals.terminate)
    world.at(200, lambda: world.engine.end(one))
    assert world.live() == 0
    assert world.now - START >= 200
    assert world.engine.killed_jobs == []


# Docker goes and comes back.


def test_a_runner_is_renewed_on_demand(tmp_path: Path) -> None:
    """What the reconciler asks for where GitHub has lost a runner: once, and not again for its successor."""
    world = World(tmp_path)
    world.at(100, world.github.registered.clear)
    world.at(200, world.signals.user)
    world.at(1000, world.signals.terminate)
    assert world.live() == 0
    assert [round(moment) for moment, _runner in world.github.registrations] == [0, 205]
    assert nothing_is_left(world)


def test_a_restart_of_docker_is_lived_through(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With live-restore the container lives on: it is watched on, no line is lost, and Docker is not stormed."""
    world = World(tmp_path, job(10, 500))
    world.at(50, world.engine.go_down)
    world.at(90, lambda: world.engine.emit(world.engine.made[0], "printed meanwhile"))
    world.at(150, world.engine.come_back)
    shown: list[state.State] = []
    for moment in (100, 200):
        world.at(moment, lambda: shown.append(world.state))
    world.at(600, world.signals.terminate)
    assert world.live() == 0
    assert [(one.state, one.kind, one.reason) for one in shown] == [
        ("busy", "docker", "Docker does not answer"),
        ("busy", "", ""),
    ]
    assert world.engine.killed_jobs == []
    assert capsys.readouterr().out.count("printed meanwhile") == 1
    assert len(world.github.registrations) == 2
    assert len([one for one in world.engine.calls if 50 <= one[0] <= 150]) <= 300


# Reloading.


@pytest.mark.parametrize("behaviour", [idle, job(10, 500)], ids=["idle", "busy"])
def test_an_outdated_runner_is_renewed_when_it_has_no_job(tmp_path: Path, behaviour: Any) -> None:
    """A reload with another image in the pool file: an idle one goes at once, a busy one after its job."""
    world = World(tmp_path, behaviour)
    world.at(100, lambda: world.write_pool(OTHER))
    world.at(100, world.signals.hang_up)
    world.at(800, world.signals.terminate)
    assert world.live() == 0
    assert [one.image for one in world.engine.made] == ["sha256:1", "sha256:2"]
    assert world.engine.killed_jobs == []
    second = world.github.registrations[1][0]
    assert 100 <= second <= 112 if behaviour is idle else 511 <= second <= 530
    assert nothing_is_left(world)


def test_a_moved_image_renews_an_idle_runner(tmp_path: Path) -> None:
    """The same name, another image behind it."""
    world = World(tmp_path)
    world.at(100, lambda: world.engine.images.update({"runner:1": "sha256:moved"}))
    world.at(100, world.signals.hang_up)
    world.at(200, world.signals.terminate)
    assert world.live() == 0
    assert [one.image for one in world.engine.made] == ["sha256:1", "sha256:moved"]


@pytest.mark.parametrize("damage", [None, b"{"])
def test_a_reload_without_a_change_disturbs_nobody(tmp_path: Path, damage: bytes | None) -> None:
    """Nor does one with a file that cannot be read."""
    world = World(tmp_path)
    if damage:
        world.at(99, lambda: Path(world.paths.pool("default")).write_bytes(damage))
        world.at(101, lambda: world.write_pool(POOL))
    world.at(100, world.signals.hang_up)
    world.at(200, world.signals.terminate)
    assert world.live() == 0
    assert len(world.engine.made) == 1
    assert min(moment for moment, _runner, _id in world.github.deregistrations) == 205


# Draining.


def test_an_idle_runner_is_drained_in_seconds(tmp_path: Path) -> None:
    """Watched for a moment; cut off, so that no job can come; deregistered; stopped; removed. Each once."""
    world = World(tmp_path)
    world.at(100, world.signals.terminate)
    assert world.live() == 0
    name = world.engine.made[0].name
    [(deregistered, *who)] = world.github.deregistrations
    assert who == [name, 1]
    calls = [(call, moment) for moment, call, _one in world.engine.calls if call in ("disconnect", "connect", "stop")]
    assert [call for call, _moment in calls] == ["disconnect", "stop"]
    assert 105 <= calls[0][1] <= deregistered <= calls[1][1] <= 106
    assert world.now - START <= 107
    assert nothing_is_left(world)
    assert (world.state.runner, world.state.container) == (None, None)


def test_a_busy_runner_is_drained_by_its_jobs_end(tmp_path: Path) -> None:
    """It is neither stopped nor deregistered, shows that it drains, and no successor is made."""
    world = World(tmp_path, job(10, 1000))
    shown: list[state.State] = []
    world.at(100, world.signals.terminate)
    world.at(500, lambda: shown.append(world.state))
    assert world.live() == 0
    assert (shown[0].state, shown[0].reason) == ("draining", "waits for the job to end")
    assert world.engine.count("stop") == 0
    assert world.github.deregistrations == []
    assert len(world.engine.made) == 1
    assert 1011 <= world.now - START <= 1015


@settings(max_examples=150)
@given(
    drain=st.floats(0, 60),
    begins=st.floats(2, 60),
    lasts=st.floats(0.1, 120),
    spawn=st.floats(0, 4.9),
    answered=st.floats(0, 4.9),
    lies=st.booleans(),
    refused=st.booleans(),
    wish=st.sampled_from(["drain", "reload", "renew", "restart"]),
)
def test_no_drain_ever_ends_a_job(
    drain: float, begins: float, lasts: float, spawn: float, answered: float, lies: bool, refused: bool, wish: str
) -> None:
    """Whenever it comes, also between the request for a job, its answer and the worker, and where DELETE does not know.

    Nor where the token is refused for good, so that GitHub cannot be kept from giving jobs to the runner.
    """
    with tempfile.TemporaryDirectory() as root:
        world = World(Path(root), job(begins, lasts, spawn, answered))
        world.github.lies = lies
        if refused:
            world.github.deregister_troubles = [Trouble("refused", "GitHub refused the token", lasting=True)] * 1000
        world.restarting = wish == "restart"
        if wish == "reload":
            world.at(drain, lambda: world.write_pool(OTHER))
        if wish in ("reload", "renew"):
            world.at(drain, world.signals.hang_up if wish == "reload" else world.signals.user)
        else:
            world.at(drain, world.signals.terminate)
        if wish != "drain":
            world.at(1000, world.signals.terminate)
        while world.live() == 0 and world.now - START < 1000 and wish != "drain":
            world.restarting = False
            world.signals.restart()
        assert world.engine.killed_jobs == []
        assert world.engine.lost_jobs == []
        assert not world.engine.all
        assert refused or not world.github.registered


def test_a_job_that_comes_in_the_last_moment_is_not_cut_off(tmp_path: Path) -> None:
    """Between the last look and the moment in which the runner stands still, it may have sent its request."""
    world = World(tmp_path)

    def take_a_job(one: Container) -> None:
        world.engine.before_pause = lambda one: None
        job(0, 50, answered=2)(world, one)
        world.sleep(0.001)

    world.engine.before_pause = take_a_job
    world.at(100, world.signals.terminate)
    assert world.live() == 0
    assert (world.engine.lost_jobs, world.engine.killed_jobs) == ([], [])
    assert world.engine.count("unpause") >= 1
    assert all(moment > 155 for moment, call, _one in world.engine.calls if call == "disconnect")
    assert 155 <= world.now - START <= 180
    assert nothing_is_left(world)


@pytest.mark.parametrize("restart", [True, False])
@pytest.mark.parametrize("still", [True, False])
def test_a_runner_that_is_never_quiet_is_drained_all_the_same(tmp_path: Path, still: bool, restart: bool) -> None:
    """It sends something all the time, or Docker cannot hold it still: it is cut off after half a minute.

    Also where systemd restarts its unit: no job is there that the next launcher would have to be left with.
    """
    world = World(tmp_path)
    world.restarting = restart
    if still:

        def chat() -> None:
            for one in world.engine.all.values():
                one.sent += 1
            if world.now - START < 200:
                world.after(1, chat)

        world.at(0, chat)
    else:
        world.engine.failures["pause"] = [EngineError(500, "cannot freeze")] * 10
    world.at(100, world.signals.terminate)
    assert world.live() == 0
    assert 10 <= world.now - START - 100 <= 40
    assert nothing_is_left(world)


@pytest.mark.parametrize("call", ["pause", "unpause", "disconnect", "sent"])
def test_a_runner_is_never_left_held_still(tmp_path: Path, call: str) -> None:
    """Docker does not answer in the middle of it: what was begun is brought to its end when it does."""
    world = World(tmp_path, job(110, 10))
    world.engine.failures[call] = [EngineUnavailable("Docker does not answer")]
    world.at(100, world.signals.terminate)
    assert world.live() == 0
    assert not world.engine.made[0].paused
    assert nothing_is_left(world)


def test_a_network_is_given_back_though_nobody_heard_that_it_was_taken(tmp_path: Path) -> None:
    """Docker has cut the runner off and its answer got lost; then a job shows."""
    world = World(tmp_path)
    world.engine.failures["disconnect"] = [EngineUnavailable("Docker does not answer")]
    world.engine.loses_answers = True
    world.at(100, world.signals.terminate)
    world.at(106, lambda: world.engine.made[0].processes.append(WORKER))
    networks: list[str] = []
    world.at(130, lambda: networks.extend(world.engine.made[0].networks))
    world.at(140, lambda: world.engine.end(world.engine.made[0]))
    assert world.live() == 0
    assert world.engine.count("disconnect") == 1
    assert networks == ["github-runner"]


def test_a_runner_that_github_calls_busy_is_asked_for_again(tmp_path: Path) -> None:
    """422: a job is on its way. It is neither stopped nor forgotten, and gets its network back to fetch it."""
    world = World(tmp_path)
    world.github.deregister_troubles = [Trouble("busy", "still running a job")] * 10
    world.at(100, world.signals.terminate)
    assert world.live() == 0
    moments = [moment for moment, _runner, _id in world.github.deregistrations]
    assert 250 <= moments[10] - moments[0] <= 255
    assert world.engine.count("reconnect") == 10
    assert world.engine.count("pause") == world.engine.count("disconnect") == 11


@pytest.mark.parametrize(
    ("trouble", "waits"),
    [
        (Trouble("unavailable", "GitHub cannot serve now (503)"), True),
        (Trouble("limited", "used up", retry_after=60.0), True),
        (Trouble("refused", "GitHub refused the token (401)", lasting=True), False),
    ],
    ids=lambda one: getattr(one, "kind", None),
)
def test_a_drain_waits_for_github_but_not_for_a_person(tmp_path: Path, trouble: Trouble, waits: bool) -> None:
    """An outage is waited out with a back-off; a token that nobody accepts must not keep a host from stopping."""
    world = World(tmp_path)
    world.github.deregister_troubles = [trouble] * 3
    world.at(100, world.signals.terminate)
    assert world.live() == 0
    moments = [moment for moment, _runner, _id in world.github.deregistrations]
    [stopped] = [moment for moment, call, _container in world.engine.calls if call == "stop"]
    assert stopped >= moments[3 if waits else 0] >= 105
    assert stopped - 100 >= (3 * (trouble.retry_after or 1) if waits else 5)
    assert waits or stopped <= 107
    assert world.engine.all == {}


def test_a_drain_gives_up_without_ending_the_job(tmp_path: Path) -> None:
    """After drain_timeout the instance ends with an error; the job runs on and is adopted by the next start."""
    world = World(tmp_path, job(10, 10_000))
    world.at(100, world.signals.terminate)
    assert world.live() == 1
    assert 3700 <= world.now - START <= 3715
    assert (world.state.state, world.state.kind) == ("failed", "drain")
    assert [one.works for one in world.engine.running] == [True]
    world.signals.restart()
    world.at(5000, world.signals.terminate)
    world.at(6000, lambda: world.engine.end(world.engine.made[0]))
    assert world.live() == 0
    assert len(world.github.registrations) == 1


def test_a_drain_gives_up_at_its_time(tmp_path: Path) -> None:
    """To the second, also where that is sooner than the next look for the job."""
    world = World(tmp_path, job(10, 10_000), config=dataclasses.replace(POOL, drain_timeout=2))
    world.at(100, world.signals.terminate)
    assert world.live() == 1
    assert 102 <= world.now - START <= 103


def test_the_time_of_a_drain_begins_with_the_drain(tmp_path: Path) -> None:
    """A renewal that has long waited for the job to end takes nothing from a later drain's time."""
    world = World(tmp_path, job(10, 6000))
    world.at(100, lambda: world.write_pool(OTHER))
    world.at(100, world.signals.hang_up)
    world.at(5000, world.signals.terminate)
    assert world.live() == 0
    assert world.now - START >= 6011


def test_a_drain_that_was_killed_halfway_gives_the_network_back(tmp_path: Path) -> None:
    """The next launcher takes over a runner that can work."""
    world = World(tmp_path)
    one = world.engine.add(state="running", networks=[])
    world.at(10, lambda: networks.extend(one.networks))
    world.at(20, world.signals.terminate)
    networks: list[str] = []
    assert world.live() == 0
    assert networks == ["github-runner"]


def test_a_new_launcher_is_let_in_while_docker_is_away(tmp_path: Path) -> None:
    """Whatever keeps the old one from its container, it does not keep the new one from coming."""
    world = World(tmp_path, job(10, 500))
    world.at(50, world.engine.go_down)
    world.at(60, world.replace_program)
    world.at(60, world.signals.hang_up)
    assert world.live() == 0
    assert world.now - START <= 62
    assert [one.works for one in world.engine.running] == [True]


def test_a_container_that_cannot_be_removed_is_tried_again(tmp_path: Path) -> None:
    """Docker gives no more output of it: that is shown, no second one is made beside it, it is gone in the end."""
    world = World(tmp_path, ends(42, listens=True))
    world.engine.failures["remove"] = [EngineError(500, "unable to remove filesystem: device or resource busy")] * 3
    world.at(45, lambda: world.engine.failures.update(follow=[EngineError(409, "dead or marked for removal")] * 3))
    shown: list[tuple[state.State, int]] = []
    world.at(44, lambda: shown.append((world.state, len(world.engine.all))))
    world.at(300, world.signals.terminate)
    assert world.live() == 0
    [(waits, containers)] = shown
    assert (waits.state, containers) == ("waiting", 1)
    assert waits.reason == "Docker: unable to remove filesystem: device or resource busy"
    assert len(world.engine.made) == 2
    assert nothing_is_left(world)


@pytest.mark.parametrize("works", [True, False])
def test_a_restart_leaves_a_job_to_the_next_launcher(tmp_path: Path, works: bool) -> None:
    """``systemctl restart`` does not wait for hours: a job that runs is handed over, an idle runner is made anew."""
    world = World(tmp_path, job(10, 5000) if works else idle)
    world.at(100, world.signals.terminate)
    world.restarting = True
    assert world.live() == 0
    assert world.now - START <= 110
    assert [one.works for one in world.engine.running] == ([True] if works else [])
    world.signals.restart()
    world.restarting = False
    world.at(5500, world.signals.terminate)
    assert world.live() == 0
    assert world.engine.killed_jobs == []
    assert len(world.engine.made) == 2


def test_a_job_that_begins_without_a_network_gets_it_back(tmp_path: Path) -> None:
    """It was taken in the second before, by a runner that could not be held still: the drain waits for its end."""
    world = World(tmp_path, job(129.5, 60, spawn=3))
    world.engine.failures["pause"] = [EngineError(500, "cannot freeze")] * 10
    world.at(100, world.signals.terminate)
    networks: list[list[str]] = []
    for moment in (131, 140):
        world.at(moment, lambda: networks.append(list(world.engine.made[0].networks)))
    assert world.live() == 0
    assert networks == [[], ["github-runner"]]
    assert world.engine.killed_jobs == []
    assert all(moment > 190 for moment, call, _one in world.engine.calls if call == "stop")


def test_force_ends_a_job_at_once(tmp_path: Path) -> None:
    """The one exception, and it is asked for by name."""
    world = World(tmp_path, job(10, 1000))
    world.at(100, world.signals.terminate)
    world.at(150, world.signals.quit)
    assert world.live() == 0
    assert world.now - START <= 155
    assert world.engine.killed_jobs == [world.engine.made[0].name]
    assert world.engine.all == {}


@pytest.mark.parametrize("call", ["processes", "stop", "follow", "inspect"])
def test_a_hiccup_of_docker_does_not_end_a_drain(tmp_path: Path, call: str) -> None:
    """Drained means drained: one failed call is tried again."""
    world = World(tmp_path, job(10, 300))
    world.at(100, world.signals.terminate)
    for moment in (105, 200):
        world.at(moment, lambda: world.engine.failures.setdefault(call, []).append(EngineError(500, "hiccup")))
    assert world.live() == 0
    assert world.engine.killed_jobs == []
    assert world.now - START >= 311
    assert nothing_is_left(world)


@pytest.mark.parametrize("back", [True, False])
def test_a_drain_outlives_docker_and_ends_in_its_time(tmp_path: Path, back: bool) -> None:
    """While dockerd is away the drain waits without a storm; where it stays away the drain gives up as it says."""
    world = World(tmp_path)
    world.at(100, world.engine.go_down)
    world.at(110, world.signals.terminate)
    if back:
        world.at(500, world.engine.come_back)
    assert world.live() == (0 if back else 1)
    assert world.now - START <= (520 if back else 3720)
    assert len([one for one in world.engine.calls if one[0] >= 100]) <= world.now - START
    assert (world.engine.all == {}) is back


@pytest.mark.parametrize("back", [True, False])
def test_a_drain_waits_for_docker_to_look_for_what_was_left(tmp_path: Path, back: bool) -> None:
    """A launcher that has not found its container yet does not say that nothing runs."""
    world = World(tmp_path)
    left = world.engine.add(state="running")
    world.github.registered[left.name] = 7
    state.write(world.paths, state.State("1", "default", runner=left.name, runner_id=7, container=left.id))
    world.engine.go_down()
    world.at(10, world.signals.terminate)
    if back:
        world.at(500, world.engine.come_back)
    assert world.live() == (0 if back else 1)
    assert world.now - START <= (550 if back else 3720)
    assert world.engine.count("containers") <= 200
    assert (world.engine.all == {}) is back
    if not back:
        assert (world.state.state, world.state.kind) == ("failed", "drain")
        assert world.state.reason == "not drained within 3600 s, the container may still run: Docker does not answer"


@pytest.mark.parametrize("ask", ["quit", "restarting"])
def test_a_drain_that_is_not_to_wait_does_not_wait_for_docker_either(tmp_path: Path, ask: str) -> None:
    """Whoever forces it is told the truth; the launcher that systemd starts next takes the container over."""
    world = World(tmp_path)
    left = world.engine.add(state="running")
    state.write(world.paths, state.State("1", "default", runner=left.name, runner_id=7, container=left.id))
    world.engine.go_down()
    world.restarting = ask == "restarting"
    world.at(10, world.signals.quit if ask == "quit" else world.signals.terminate)
    assert world.live() == (1 if ask == "quit" else 0)
    assert world.now - START <= 12


def test_a_new_launcher_does_not_cut_a_drain_short(tmp_path: Path) -> None:
    """A reload while a drain waits for the job leaves nobody without a watcher."""
    world = World(tmp_path, job(10, 1000))
    world.at(100, world.signals.terminate)
    world.at(200, world.replace_program)
    world.at(200, world.signals.hang_up)
    assert world.live() == 0
    assert world.now - START >= 1011
    assert world.engine.all == {}


@pytest.mark.parametrize("moment", [0.0, 0.5, 1.5])
def test_a_drain_right_at_the_start_leaves_nothing_behind(tmp_path: Path, moment: float) -> None:
    """Before, while and just after the runner connects."""
    world = World(tmp_path)
    if moment:
        world.at(moment, world.signals.terminate)
    else:
        world.signals.terminate()
    assert world.live() == 0
    assert nothing_is_left(world)


def test_a_start_that_docker_did_not_answer_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Docker has started it and gone away, and a drain comes meanwhile: it finds the runner."""
    world = World(tmp_path)
    start = world.engine.start

    def lose(container: str) -> None:
        start(container)
        monkeypatch.setattr(world.engine, "start", start)
        world.engine.go_down()
        raise EngineUnavailable("Docker does not answer")

    monkeypatch.setattr(world.engine, "start", lose)
    world.at(5, world.signals.terminate)
    world.at(300, world.engine.come_back)
    assert world.live() == 0
    assert world.now - START >= 300
    assert len(world.engine.made) == 1
    assert nothing_is_left(world)


def test_a_runner_that_has_yet_to_listen_is_not_taken_over_as_idle(tmp_path: Path) -> None:
    """Another launcher knows no more of it than the one before; it is idle when it says so."""
    world = World(tmp_path, lambda world, one: say(world, one, 40, "Listening for Jobs"))
    world.at(10, world.replace_program)
    world.at(10, world.signals.hang_up)
    assert world.live() == 0
    world.signals.restart()
    seen: list[str] = []
    for moment in (20, 50):
        world.at(moment, lambda: seen.append(world.state.state))
    world.at(60, world.signals.terminate)
    assert world.live() == 0
    assert seen == ["starting", "idle"]


def test_a_drain_while_a_runner_is_registered_starts_none(tmp_path: Path) -> None:
    """GitHub may take half a minute, and a queue there would give the runner a job at once: for hours, perhaps."""
    world = World(tmp_path, job(2.5, 5000))
    register = world.github.register

    def slow(*asked: Any) -> Any:
        world.signals.terminate()
        world.sleep(8)
        return register(*asked)

    world.github.register = slow
    assert world.live() == 0
    assert world.now - START < 15
    assert world.engine.count("start") == 0
    assert nothing_is_left(world)


def test_a_state_that_cannot_be_written_stops_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full /run costs what is shown, not the runners."""

    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    world = World(tmp_path, job(10, 60))
    monkeypatch.setattr(files, "write", full)
    world.at(200, world.signals.terminate)
    assert world.live() == 0
    assert len(world.github.registrations) == 2


BY_TOKEN = dataclasses.replace(POOL, registration="token")


@pytest.mark.parametrize("directory", ["/home/runner", "/actions-runner"])
def test_a_container_that_registers_itself_gets_its_files_where_it_looks(tmp_path: Path, directory: str) -> None:
    """An image with an entrypoint of its own keeps it, and its folder."""
    world = World(tmp_path, config=BY_TOKEN)
    own = directory != "/home/runner"
    world.engine.image_config = {"Entrypoint": ["/entrypoint.sh"] if own else None, "WorkingDir": directory}
    world.at(60, world.signals.terminate)
    assert world.live() == 0
    [body] = world.engine.bodies
    assert body["Entrypoint"] == (["/entrypoint.sh"] if own else [])
    assert world.github.asked == [(directory, False)]


def test_a_runner_that_ended_at_once_is_not_given_the_same_again(tmp_path: Path) -> None:
    """A registration token that GitHub has withdrawn would end every runner of the hour."""
    world = World(tmp_path, ends(1), ends(1), config=BY_TOKEN)
    world.at(600, world.signals.terminate)
    world.live()
    assert [afresh for _directory, afresh in world.github.asked] == [False, True, True]


def test_without_its_image_nothing_is_registered(tmp_path: Path) -> None:
    """There would be nobody to take the registration."""
    world = World(tmp_path)
    del world.engine.images["runner:1"]
    world.at(100, world.signals.terminate)
    world.live()
    assert world.github.attempts == []


ELSEWHERE = dataclasses.replace(POOL, url="https://github.com/other")


def test_a_number_is_not_taken_to_another_url(tmp_path: Path) -> None:
    """There it is somebody else's runner: ours is looked for by its name."""
    world = World(tmp_path, idle, idle)
    world.at(100, lambda: world.write_pool(ELSEWHERE))
    world.at(100, world.signals.hang_up)
    world.at(200, world.signals.terminate)
    world.live()
    (_then, first, elsewhere), (_later, second, known) = world.github.deregistrations[:2]
    assert (elsewhere, known) == (None, 2)
    assert first != second


def test_a_job_cannot_have_its_runner_called_too_old(tmp_path: Path) -> None:
    """It may write what its container runs, and so end it with any code: the instance goes on."""

    def ends_as_too_old(world: World, one: Container) -> None:
        job(10, 60)(world, one)
        world.after(65, lambda: world.engine.end(one, 7))

    world = World(tmp_path, ends_as_too_old, idle)
    world.at(300, world.signals.terminate)
    assert world.live() == 0
    assert len(world.github.registrations) == 2


def test_a_runner_that_is_cut_off_is_ended_in_the_drains_time(tmp_path: Path) -> None:
    """Without a network and without a job it would stand for ever; whoever can reach GitHub again deregisters it."""
    world = World(tmp_path, idle)
    world.github.deregister_troubles = [Trouble("unavailable", "GitHub has trouble (503)")] * 10_000
    world.at(100, world.signals.terminate)
    assert world.live() == 0
    assert world.engine.all == {}
    assert 3700 <= world.now - START <= 3760


@pytest.mark.parametrize("ask", ["quit", "restarting"])
def test_a_watched_runner_without_docker_is_not_waited_for_where_nobody_is_to_wait(tmp_path: Path, ask: str) -> None:
    """The container may still run: whoever forces it is told so, and the next launcher takes it over."""
    world = World(tmp_path, job(10, 10_000))
    world.at(100, world.engine.go_down)
    world.restarting = ask == "restarting"
    world.at(200, world.signals.quit if ask == "quit" else world.signals.terminate)
    assert world.live() == (1 if ask == "quit" else 0)
    assert world.now - START <= 202
    if ask == "quit":
        assert world.state.reason == "not drained, the container may still run: Docker does not answer"


def test_a_drain_without_docker_is_not_done_because_the_launcher_was_replaced(tmp_path: Path) -> None:
    """The job still runs: it is looked for until Docker is back."""
    world = World(tmp_path)
    left = world.engine.add(state="running", processes=[WORKER])
    state.write(world.paths, state.State("1", "default", runner=left.name, runner_id=7, container=left.id))
    world.engine.go_down()
    world.at(10, world.signals.terminate)
    world.at(20, world.replace_program)
    world.at(100, world.engine.come_back)
    world.at(1000, lambda: world.engine.end(left))
    assert world.live() == 0
    assert world.now - START >= 1000


def test_a_runner_that_is_cut_off_is_not_waited_for_without_docker(tmp_path: Path) -> None:
    """Nobody can end it then: the drain ends in its time all the same."""
    world = World(tmp_path, idle)
    world.github.deregister_troubles = [Trouble("unavailable", "GitHub has trouble (503)")] * 10_000
    world.at(100, world.signals.terminate)
    world.at(200, world.engine.go_down)
    assert world.live() == 1
    assert 3700 <= world.now - START <= 3760
