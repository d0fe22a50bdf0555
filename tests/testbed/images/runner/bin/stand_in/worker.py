# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runner.Worker: runs one job's steps for real, streams their output to GitHub, says how it ended."""

from __future__ import annotations

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

_SHUTDOWN = (
    "The runner has received a shutdown signal. This can happen when the runner service is stopped, or a manually"
    " started runner is canceled."
)
_CANCELED = "The operation was canceled."
# ProcessInvoker's ladder: what is sent to a step, and how long it is then waited for.
_LADDER = ((signal.SIGINT, 7.5), (signal.SIGTERM, 2.5), (signal.SIGKILL, 5.0))
# How long a step's output may stay open after its end, held by a process that it left behind.
_OUTPUT_PATIENCE = 5
_LOG_EVERY = 0.2
_HEARTBEAT = 2.0
_LOG_MAX = 4 * 1024 * 1024
_COMPLETE_PATIENCE = 120


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

    def flush(self, force: bool = False) -> bool:
        """Send what is due; True where GitHub answers that the job is cancelled."""
        age = time.monotonic() - self._sent
        if not force and age < (_LOG_EVERY if self._waiting else _HEARTBEAT):
            return False
        self._sent = time.monotonic()
        try:
            reply = self._server.append_log(self._job, bytes(self._waiting))
        except UNREACHABLE:
            return False
        if reply.status < 500:
            self._waiting.clear()
        return reply.document.get("cancel") is True


class Worker:
    """One job."""

    def __init__(self, order: dict[str, Any], orders: int):
        self._job = order["job"]
        self._settings = order["settings"]
        self._server = Server(self._settings["server"], order["session"])
        self._log = Log(self._server, self._job["job_id"])
        self._orders = orders
        self._cancelled: str | None = None
        timeout = self._job.get("timeout")
        self._deadline = time.monotonic() + timeout if timeout else None

    def run(self) -> str:
        """Run the job and report it; its result."""
        place = surroundings.prepare(self._settings, self._job, os.environ)
        code = self._steps(place)
        self._clean_up(place)
        result = "canceled" if self._cancelled else "succeeded" if code == 0 else "failed"
        self._complete(result, code)
        return result

    def _steps(self, place: surroundings.Place) -> int:
        """The job's script between its hooks; the first exit code that is not 0. The last hook is always run."""
        code = self._hook(place, "STARTED")
        if code == 0 and not self._cancelled:
            code = self._step(place, surroundings.step(place, self._job["script"]))
        return code or self._hook(place, "COMPLETED")

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
        self._attend(process)
        process.stdout.close()
        code = process.returncode if process.returncode >= 0 else 128 - process.returncode
        if self._cancelled:
            self._log.error(self._cancelled)
        elif code:
            self._log.error(f"Process completed with exit code {code}.")
        return code

    def _attend(self, process: subprocess.Popen) -> None:
        """Carry a step's output until it has ended; climb the ladder once the job is cancelled."""
        ladder = iter(_LADDER)
        next_rung = None
        ended: float | None = None
        output = process.stdout.fileno()
        with selectors.DefaultSelector() as selector:
            selector.register(self._orders, selectors.EVENT_READ)
            reading = self._watch_output(selector, output, False)
            open_ = True
            while True:
                for key, _events in selector.select(_LOG_EVERY / 2 if reading else _LOG_EVERY):
                    if key.fd == self._orders:
                        self._take_order(selector)
                        continue
                    piece = os.read(output, 65536)
                    self._log.add(piece)
                    if not piece:
                        open_ = False
                if self._log.flush():
                    self._cancel(_CANCELED)
                reading = self._watch_output(selector, output, reading, open_ and not self._log.full)
                now = time.monotonic()
                if process.poll() is not None:
                    ended = ended or now
                    if not open_ or now - ended > _OUTPUT_PATIENCE:
                        return
                    continue
                if self._deadline and now > self._deadline:
                    self._cancel(f"The job has exceeded the maximum execution time of {self._job['timeout']} seconds.")
                if self._cancelled and (next_rung is None or now > next_rung):
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
        # Whatever is said after the job itself means its end; so does a listener that is no more.
        if not os.read(self._orders, 65536):
            selector.unregister(self._orders)
        self._cancel(_SHUTDOWN)

    def _cancel(self, why: str) -> None:
        self._cancelled = self._cancelled or why

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

    def _complete(self, result: str, code: int) -> None:
        """Report until it is heard: a job without an end keeps its runner busy for long."""
        give_up = time.monotonic() + _COMPLETE_PATIENCE
        pause = 0.5
        self._log.flush(force=True)
        while time.monotonic() < give_up:
            try:
                if self._server.complete(self._job["job_id"], result, code).status < 500:
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
    result = Worker(_read_order(orders), orders).run()
    os.write(results, result.encode())
    return 0


def _read_order(descriptor: int) -> dict[str, Any]:
    text = b""
    while not text.endswith(b"\n"):
        piece = os.read(descriptor, 65536)
        if not piece:
            raise SystemExit("the listener has ended before it gave a job")
        text += piece
    return json.loads(text)


def _send(process: subprocess.Popen, number: int) -> None:
    # The gentle ones go to the step's shell, the last to all that it started.
    try:
        if number == signal.SIGKILL:
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)
    except ProcessLookupError:
        pass  # it has just ended
