# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runner.Listener: comes online, hands its job to a worker, ends."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import threading
from typing import Any, NamedTuple

from . import VERSION, configuration, terminal, title
from .configuration import NotConfigured, Settings
from .poller import OUTDATED, TERMINATED, Cancel, Job, Over, Poller
from .server import UNREACHABLE

_WORKER = configuration.ROOT / "bin/Runner.Worker"
# .NET's unloading handler, which answers SIGTERM, waits no longer (ExitOnUnloadTimeout).
_TERM_PATIENCE = 30
_SHUTDOWN = (
    "The runner has received a shutdown signal. This can happen when the runner service is stopped, or a manually"
    " started runner is canceled."
)
_CANCELED = "The operation was canceled."
# TaskResult, in its order.
_RESULTS = ("succeeded", "succeededWithIssues", "failed", "canceled", "skipped", "abandoned")


class Stop(NamedTuple):
    """A signal has come."""

    patience: float | None  #: seconds that a running job is waited for; None: as long as it takes


class Finished(NamedTuple):
    """The worker has ended; ``result`` is None where it died without a word."""

    result: str | None


class Listener:
    """One run of the listener: what happens comes through one queue, what follows is decided in one thread."""

    def __init__(self, settings: Settings):
        self._settings = settings
        # SimpleQueue may be used in a signal's handler.
        self._events: queue.SimpleQueue = queue.SimpleQueue()
        self._poller = Poller(settings, self._events)
        self._job: dict[str, Any] | None = None
        self._worker: subprocess.Popen | None = None
        self._orders = -1
        self._over: Over | None = None
        self._stopping = False

    def run(self) -> int:
        """Wait for a job and see it done; the exit code."""
        signal.signal(signal.SIGINT, lambda *_: self._events.put(Stop(None)))
        signal.signal(signal.SIGTERM, lambda *_: self._events.put(Stop(_TERM_PATIENCE)))
        self._poller.start()
        while True:
            code = self._react(self._events.get())
            if code is not None:
                return code

    def _react(self, event: Job | Cancel | Over | Stop | Finished) -> int | None:
        if isinstance(event, Job):
            if self._job is None and not self._stopping:
                self._start(event.number)
            self._poller.go_on()
        elif isinstance(event, Cancel):
            self._order({"cancel": _CANCELED})
        elif isinstance(event, Finished):
            return self._finish(event.result)
        elif isinstance(event, Stop):
            return self._stop(event.patience)
        else:
            self._over = event
            # With a job at work its end comes first, whatever GitHub says of the runner meanwhile.
            return self._end(event) if self._job is None else None
        return None

    def _start(self, number: int) -> None:
        server = self._poller.server.twin()
        try:
            reply = server.acquire(number)
        except UNREACHABLE:
            return
        finally:
            server.close()
        if reply.status != 200:
            # Upstream listens on as well, even where the registration went with the job: actions/runner#4617.
            return
        message = reply.document
        self._job = message
        terminal.stamped(f"Running job: {message['name']}")
        orders, self._orders = os.pipe()
        results, worker_results = os.pipe()
        self._worker = subprocess.Popen(
            [_WORKER, "spawnclient", str(orders), str(worker_results)],
            pass_fds=(orders, worker_results),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        os.close(orders)
        os.close(worker_results)
        self._order({"job": message, "session": server.session, "settings": _plain(self._settings)})
        threading.Thread(target=self._watch, args=(self._worker, results), daemon=True).start()

    def _watch(self, worker: subprocess.Popen, results: int) -> None:
        with os.fdopen(results, "r") as stream:
            said = stream.read().strip()
        worker.wait()
        self._events.put(Finished(said if said in _RESULTS else None))

    def _order(self, order: dict[str, Any]) -> None:
        if self._job is None:
            return
        # A worker that has ended is told by its own event.
        with contextlib.suppress(BrokenPipeError):
            os.write(self._orders, json.dumps(order).encode() + b"\n")

    def _stop(self, patience: float | None) -> int | None:
        if self._job is None:
            terminal.line("Exiting...")
            self._poller.leave()
            return 0
        if not self._stopping:
            self._stopping = True
            terminal.line("Exiting...")
            self._order({"cancel": _SHUTDOWN})
        if patience is not None:
            timer = threading.Timer(patience, os._exit, (0,))
            timer.daemon = True
            timer.start()
        return None

    def _finish(self, result: str | None) -> int | None:
        job, self._job = self._job, None
        os.close(self._orders)
        if result is None:
            result = "failed"
            self._report_for_the_dead(job["id"])
        terminal.stamped(f"Job {job['name']} completed with result: {result[0].upper()}{result[1:]}")
        if not self._settings.ephemeral and not self._stopping:
            return self._end(self._over) if self._over else None
        self._poller.leave()
        if self._settings.ephemeral:
            configuration.clean_up()
        if _asked("ACTIONS_RUNNER_RETURN_JOB_RESULT_FOR_HOSTED") and not self._stopping:
            return 100 + _RESULTS.index(result)
        return 0

    def _report_for_the_dead(self, job: int) -> None:
        server = self._poller.server.twin()
        try:
            server.append_log(job, b"##[error]The worker died.\n")
            server.finish(job, "failed", None)
        except UNREACHABLE:
            pass  # GitHub abandons the job by itself after a while

    def _end(self, over: Over) -> int:
        if over.removed:
            terminal.line("The runner no longer exists on the server. Cleaning up local configuration.")
            configuration.clean_up()
        if over.code == OUTDATED and not _asked("ACTIONS_RUNNER_RETURN_VERSION_DEPRECATED_EXIT_CODE"):
            return TERMINATED
        return over.code


def main(arguments: list[str]) -> int:
    """Runner.Listener's command line: ``run [--jitconfig X]``, ``configure``, ``remove``, ``--version``."""
    title.show(arguments)
    configuration.load_environment(os.environ)
    if "--version" in arguments:
        print(VERSION)
        return 0
    if arguments[:1] in (["configure"], ["remove"]):
        # Not needed, and not paid for in memory, by a listener that waits.
        from . import registration

        return registration.main(arguments)
    if arguments[:1] != ["run"]:
        terminal.error(f"Unrecognized command-line input arguments: '{' '.join(arguments)}'.")
        return TERMINATED
    try:
        encoded = configuration.jit_config(arguments, os.environ)
        if encoded is not None:
            configuration.unpack(encoded)
        settings = configuration.load()
    except NotConfigured as problem:
        terminal.error(str(problem))
        return TERMINATED
    return Listener(settings).run()


def _plain(settings: Settings) -> dict[str, Any]:
    return {**settings._asdict(), "work": str(settings.work), "secret": ""}


def _asked(variable: str) -> bool:
    return os.environ.get(variable, "").lower() in ("1", "true")
