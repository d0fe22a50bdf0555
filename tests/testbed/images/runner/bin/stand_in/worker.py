# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runner.Worker: runs one job's steps for real, streams their output to GitHub, says how it ended."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

from . import surroundings, title
from .server import UNREACHABLE, Server

# ProcessInvoker's ladder: what is sent to a step, and how long it is then waited for.
_LADDER = ((signal.SIGINT, 7.5), (signal.SIGTERM, 2.5), (signal.SIGKILL, 5.0))
# How long a step's output may stay open after its end, held by a process that it left behind.
_OUTPUT_PATIENCE = 5
_LOG_EVERY = 0.2
_LOG_PIECE = 512 * 1024
_LOG_MAX = 4 * 1024 * 1024
_FINISH_PATIENCE = 120


class Log:
    """A job's log on its way to GitHub."""

    def __init__(self, server: Server, job: int):
        self._server = server
        self._job = job
        self._waiting = bytearray()
        self._sent = 0.0

    @property
    def full(self) -> bool:
        """GitHub does not take what comes: read no more from the step."""
        return len(self._waiting) > _LOG_MAX

    def add(self, text: bytes) -> None:
        """Take output."""
        self._waiting += text

    def error(self, text: str) -> None:
        """Take a line of the runner's own."""
        self._waiting += f"##[error]{text}\n".encode()

    def flush(self, force: bool = False) -> None:
        """Send what is due."""
        if not self._waiting or (not force and time.monotonic() - self._sent < _LOG_EVERY):
            return
        self._sent = time.monotonic()
        # What is not taken now is sent again with what follows.
        with contextlib.suppress(*UNREACHABLE):
            while self._waiting and self._server.append_log(self._job, bytes(self._waiting[:_LOG_PIECE])).status < 500:
                del self._waiting[:_LOG_PIECE]


class Worker:
    """One job."""

    def __init__(self, order: dict[str, Any], orders: int, cancelled: str | None = None):
        self._job = order["job"]
        self._settings = order["settings"]
        self._server = Server(self._settings["server"], order["session"])
        self._log = Log(self._server, self._job["id"])
        self._orders = orders
        self._cancelled = cancelled

    def run(self) -> str:
        """Run the job and report it; its result."""
        place = surroundings.prepare(self._settings, self._job, os.environ)
        code = self._steps(place)
        self._clean_up(place)
        result = "canceled" if self._cancelled else "succeeded" if code == 0 else "failed"
        self._finish(result, code)
        return result

    def _steps(self, place: surroundings.Place) -> int:
        """The job's script between its hooks; the first exit code that is not 0. The last hook is always run."""
        code = self._hook(place, "STARTED")
        if code == 0 and not self._cancelled:
            code = self._step(place, surroundings.step(place, self._job["script"]))
        completed = self._hook(place, "COMPLETED")
        return code or completed

    def _hook(self, place: surroundings.Place, name: str) -> int:
        try:
            command = surroundings.hook(place.variables, name)
        except ValueError as problem:
            self._log.error(str(problem))
            return 1
        return self._step(place, command) if command else 0

    def _step(self, place: surroundings.Place, command: list[str]) -> int:
        process = subprocess.Popen(
            command,
            cwd=place.workspace,
            env=place.variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        # What runs after a cancellation, the last hook, is not its victim.
        spared = self._cancelled is not None
        self._attend(process, spared)
        process.stdout.close()
        code = process.returncode if process.returncode >= 0 else 128 - process.returncode
        if self._cancelled and not spared:
            self._log.error(self._cancelled)
        elif code:
            self._log.error(f"Process completed with exit code {code}.")
        return code

    def _attend(self, process: subprocess.Popen, spared: bool) -> None:
        """Carry a step's output until it has ended; climb the ladder where the job is cancelled."""
        ladder = iter(_LADDER)
        next_rung = None
        ended: float | None = None
        output = process.stdout.fileno()
        with selectors.DefaultSelector() as selector:
            selector.register(self._orders, selectors.EVENT_READ)
            reading = self._watch_output(selector, output, False)
            open_ = True
            while True:
                # A step whose output has ended is about to end itself.
                for key, _events in selector.select(_LOG_EVERY if open_ else _LOG_EVERY / 10):
                    if key.fd == self._orders:
                        self._take_order(selector)
                        continue
                    piece = os.read(output, 65536)
                    self._log.add(piece)
                    if not piece:
                        open_ = False
                self._log.flush()
                reading = self._watch_output(selector, output, reading, open_ and not self._log.full)
                now = time.monotonic()
                if process.poll() is not None:
                    ended = ended or now
                    if not open_ or now - ended > _OUTPUT_PATIENCE:
                        return
                    continue
                if self._cancelled and not spared and (next_rung is None or now > next_rung):
                    number, patience = next(ladder, _LADDER[-1])
                    next_rung = now + patience
                    _send(process, number)

    @staticmethod
    def _watch_output(selector: selectors.BaseSelector, output: int, reading: bool, wanted: bool = True) -> bool:
        if wanted and not reading:
            selector.register(output, selectors.EVENT_READ)
        elif reading and not wanted:
            selector.unregister(output)
        return wanted

    def _take_order(self, selector: selectors.BaseSelector) -> None:
        """The job is to end; also where there is no listener any more that could say so."""
        order = os.read(self._orders, 65536)
        if not order:
            selector.unregister(self._orders)
        self._cancelled = self._cancelled or (_why(order) if order else "The runner's listener has ended.")

    def _clean_up(self, place: surroundings.Place) -> None:
        """End what the job has left running, told by RUNNER_TRACKING_ID as upstream does."""
        mark = f"RUNNER_TRACKING_ID={place.tracking}".encode()
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (folder / "environ").read_bytes().split(b"\0"):
                    self._log.add(f"Terminate orphan process: pid ({folder.name})\n".encode())
                    os.kill(int(folder.name), signal.SIGKILL)
            except OSError:
                continue  # gone meanwhile, or another user's

    def _finish(self, result: str, code: int) -> None:
        """Report until it is heard: a job without an end keeps its runner busy for long."""
        give_up = time.monotonic() + _FINISH_PATIENCE
        pause = 0.5
        while time.monotonic() < give_up:
            self._log.flush(force=True)
            try:
                if self._server.finish(self._job["id"], result, code).status < 500:
                    return
            except UNREACHABLE:
                pass  # asked again below
            time.sleep(pause)
            pause = min(2 * pause, 10)


def main(arguments: list[str]) -> int:
    """``Runner.Worker spawnclient ORDERS RESULTS``: two inherited descriptors, as the listener starts it."""
    title.show(arguments)
    # The listener, in the same process group, is who decides what a signal means.
    # Not SIG_IGN, which the job's steps would inherit.
    signal.signal(signal.SIGINT, lambda *_: None)
    orders, results = int(arguments[1]), int(arguments[2])
    order, rest = _first_order(orders)
    result = Worker(order, orders, _why(rest) if rest else None).run()
    os.write(results, result.encode())
    return 0


def _first_order(descriptor: int) -> tuple[dict[str, Any], bytes]:
    """The line with the job, and what has come behind it already."""
    text = b""
    while b"\n" not in text:
        piece = os.read(descriptor, 65536)
        if not piece:
            raise SystemExit("the listener has ended before it gave a job")
        text += piece
    line, _newline, rest = text.partition(b"\n")
    return json.loads(line), rest


def _why(order: bytes) -> str:
    return json.loads(order.splitlines()[0])["cancel"]


def _send(process: subprocess.Popen, number: int) -> None:
    # The gentle ones go to the step's shell, the last to all that it started.
    try:
        if number == signal.SIGKILL:
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)
    except ProcessLookupError:
        pass  # it has just ended
