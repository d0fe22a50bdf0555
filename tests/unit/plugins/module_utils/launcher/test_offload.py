# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A call in a child process gives what it would have given here, and its end is never this process's end."""

from __future__ import annotations

import errno
import os
import signal
import time
from pathlib import Path
from typing import Any, Callable

import pytest

from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import offload
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.errors import Trouble
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.offload import Offloaded


def raises(error: BaseException) -> Callable[[], Any]:
    def call() -> None:
        raise error

    return call


@pytest.mark.parametrize(
    "value", [None, True, 5, "é\n", [], {"runner_id": 7, "files": {".runner": "AA=="}}, ["x" * 1000] * 1000]
)
def test_a_result_crosses_the_pipe(value: Any) -> None:
    """Also one that is larger than the pipe."""
    assert Offloaded(lambda: value).result() == value


def test_the_call_runs_in_another_process_at_the_same_time() -> None:
    """The plaintext never is in the memory of the process that stays."""
    began = time.monotonic()
    calls = [Offloaded(lambda: (time.sleep(1), os.getpid())[1]) for _unused in range(3)]
    pids = {call.result() for call in calls}
    assert len(pids) == 3
    assert os.getpid() not in pids
    assert time.monotonic() - began < 2.8


def test_a_trouble_crosses_the_pipe() -> None:
    """How to wait is decided by what happened in the child."""
    with pytest.raises(Trouble, match="used up") as caught:
        Offloaded(raises(Trouble("limited", "used up", state="waiting", retry_after=7.5))).result()
    assert (caught.value.kind, caught.value.retry_after, caught.value.lasting) == ("limited", 7.5, False)


@pytest.mark.parametrize("error", [RuntimeError("ghp_secret"), SystemExit(0), KeyboardInterrupt(), MemoryError()])
def test_a_crash_is_a_trouble_that_shows_no_secret(error: BaseException, capfd: pytest.CaptureFixture[str]) -> None:
    """The type is enough for the journal: a message could hold the token."""
    with pytest.raises(Trouble) as caught:
        Offloaded(raises(error)).result()
    assert caught.value.kind == "launcher"
    shown = capfd.readouterr()
    assert type(error).__name__ in shown.err
    assert "ghp_secret" not in shown.out + shown.err + str(caught.value)


def test_a_call_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever answers a byte at a time meets no time limit of a single answer's; waiting for the call costs no time."""
    monkeypatch.setattr(offload, "_LONGEST", 1)
    waiting = Offloaded(lambda: 5, warm=lambda: time.sleep(1.2))
    with pytest.raises(Trouble, match="not answered to the end within 1 s") as caught:
        Offloaded(lambda: time.sleep(30)).result()
    assert (caught.value.kind, caught.value.lasting) == ("launcher", False)
    waiting.go()
    assert waiting.result() == 5


def test_what_cannot_cross_the_pipe_is_a_trouble() -> None:
    """A result that is no JSON is a fault of ours, and does not end the launcher."""
    with pytest.raises(Trouble):
        Offloaded(object).result()


@pytest.mark.parametrize("value", ["x", "x" * 10**6])
def test_a_killed_child_is_a_trouble(value: str) -> None:
    """Out of memory, before the result or in the middle of it: half a result is none."""

    def call() -> str:
        if len(value) == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        return value

    offloaded = Offloaded(call)
    if len(value) > 1:
        time.sleep(0.3)  # the child blocks in the middle of writing: a pipe takes 64 KiB
        os.kill(offloaded._pid, signal.SIGKILL)
    with pytest.raises(Trouble):
        offloaded.result()


def test_a_host_without_room_for_a_process_is_a_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    """A full PID table passes: it is waited out, and no descriptor leaks meanwhile."""

    def full() -> int:
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", full)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _unused in range(3):
        with pytest.raises(Trouble, match="no more processes: Resource temporarily unavailable") as caught:
            Offloaded(lambda: None)
        assert (caught.value.kind, caught.value.lasting) == ("host", False)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGQUIT, signal.SIGINT])
def test_a_drain_does_not_lose_a_request_under_way(number: signal.Signals) -> None:
    """systemd signals the whole group: the answer of GitHub must still come back."""

    def call() -> str:
        os.kill(os.getpid(), number)
        time.sleep(0.05)
        return "registered"

    assert Offloaded(call).result() == "registered"


def test_nothing_is_left_of_a_call() -> None:
    """No zombie and no open pipe, for the launcher runs for years."""
    before = len(list(Path("/proc/self/fd").iterdir()))
    offloaded = Offloaded(lambda: 1)
    offloaded.result()
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    with pytest.raises(ChildProcessError):
        os.waitpid(offloaded._pid, 0)


def test_crashes_do_not_add_up_in_memory() -> None:
    """Each trouble is a new one: a shared exception would keep every stack that it went through."""

    def depth() -> int:
        with pytest.raises(Trouble) as caught:
            Offloaded(raises(RuntimeError())).result()
        count, traceback = 0, caught.value.__traceback__
        while traceback:
            count, traceback = count + 1, traceback.tb_next
        return count

    assert depth() == depth()


def test_a_call_may_wait_until_it_is_told(tmp_path: Path) -> None:
    """What it will need is loaded meanwhile; what it works on comes with the word."""
    offloaded = Offloaded(lambda name, number: [name, number, os.getpid()], warm=(tmp_path / "warm").touch)
    deadline = time.monotonic() + 30
    while not (tmp_path / "warm").exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    offloaded.go("é", 5)
    name, number, pid = offloaded.result()
    assert (name, number) == ("é", 5)
    assert pid != os.getpid()


def test_a_call_that_is_not_wanted_any_more_is_not_made(tmp_path: Path) -> None:
    """The child ends, and nothing has happened."""
    Offloaded((tmp_path / "called").touch, warm=lambda: None).abandon()
    assert not (tmp_path / "called").exists()


def test_a_waiting_child_does_not_outlive_its_parent(tmp_path: Path) -> None:
    """A launcher that was killed leaves nobody behind who might still register a runner."""
    pid = os.fork()
    if pid == 0:
        child = Offloaded((tmp_path / "called").touch, warm=lambda: None)
        (tmp_path / "child").write_text(str(child._pid))
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(pid, 0)
    child_pid = int((tmp_path / "child").read_text())
    deadline = time.monotonic() + 30
    while Path(f"/proc/{child_pid}/status").exists() and "zombie" not in Path(f"/proc/{child_pid}/status").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert not (tmp_path / "called").exists()


def test_a_child_that_died_while_it_waited_is_a_trouble() -> None:
    """Killed for want of memory, say: the parent lives on."""
    offloaded = Offloaded(lambda: None, warm=lambda: os.kill(os.getpid(), signal.SIGKILL))
    time.sleep(0.1)
    offloaded.go()
    with pytest.raises(Trouble, match="without a result"):
        offloaded.result()
