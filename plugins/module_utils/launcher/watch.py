# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Watch one container: copy its output to the journal until it ends, and drain it where that is wanted.

A drain never ends a job but by the job's own end, unless it is forced.
"""

from __future__ import annotations

import math
import time
from typing import Callable

from . import backoff, container, journal, state
from .board import Board
from .cut_off import CutOff
from .engine import Engine, EngineError, LogStream
from .errors import Trouble
from .journal import say
from .output import Line, Output
from .signals import Signals

# How a watch ends.
ENDED = "ended"  #: the container has ended
GAVE_UP = "gave up"  #: the drain's time is over, the job was left running
REPLACED = "replaced"  #: another launcher is to take the container over, which still runs

STOP_SECONDS = 30
_LOOK = 2.0
_JOB_LOOK = 10.0
# GitHub has a job for a runner that was without a network: it comes back after a while of its own.
_REJOIN_LOOK = 20.0
# A job can print the same again and again, and without an end: what each line would cost is bounded.
_SAME_AGAIN = 1.0
_JOURNAL_BYTES = 16 * 2**20
_ENTRY_BYTES = 256  # what an entry of the journal takes besides the line
# The end of a container's output comes this much before its end at most; otherwise it is the Engine that has ended.
_DEATH = 0.3


class Watch:
    """One container of an instance, running or ended.

    ``deregister`` removes its registration (raises Trouble, kind ``busy`` where it has a job), ``outdated`` says after
    a reload whether it would be made otherwise now, ``replaced`` whether the launcher was, ``restarts`` whether systemd
    stops the instance only to start it again, ``drain_timeout`` gives seconds. ``noticed`` is called with each
    line in which the runner may say how it is.
    """

    def __init__(
        self,
        watched: str,
        board: Board,
        engine: Engine,
        signals: Signals,
        deregister: Callable[[], object],
        outdated: Callable[[], bool],
        replaced: Callable[[], bool],
        restarts: Callable[[], bool],
        drain_timeout: Callable[[], float],
        noticed: Callable[[Line], object],
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ):
        self._watched = watched
        self._board = board
        self._engine = engine
        self._signals = signals
        self._deregister = deregister
        self._outdated = outdated
        self._replaced = replaced
        self._restarts = restarts
        self._drain_timeout = drain_timeout
        self._noticed = noticed
        self._clock = clock
        self._output = Output(board.state.logged)
        self._room = _JOURNAL_BYTES
        self._end_shown = -math.inf  # when the end of a job was
        self._renew = False  # the container goes when it has no job, however long that takes
        self._hand_over = False  # a job that runs is left to the launcher that systemd starts next
        self._drain_began: float | None = None
        self._next_step = 0.0
        self._failures = 0
        self._cut_off = CutOff(engine, watched, clock, sleep)
        self._stopped = False
        self.exit_code: int | None = None  #: the container's, where it was seen
        self.deregistered = False  #: whether the drain has removed the registration

    def run(self) -> str:
        """Watch to the end; gives ENDED, GAVE_UP or REPLACED."""
        while True:
            outcome = self._follow()
            if outcome is not None:
                return outcome
            if self._is_to_be_replaced():
                return REPLACED
            if self._draining():
                lost = self._board.state.kind == "docker"
                if lost and self._hand_over:
                    return REPLACED
                if (lost and self._forced_in_vain()) or self._gave_up(lost):
                    return GAVE_UP
            self._signals.wait(1.0)

    def _follow(self) -> str | None:
        """One connection's worth of output; None where the container may still run."""
        try:
            stream = self._engine.follow(self._watched, self._output.since)
        except EngineError as error:
            return self._engine_lost(error)
        if self._board.state.kind == "docker":
            self._board.show(self._board.state.state)
        try:
            outcome = self._copy(stream)
        finally:
            stream.close()
            self._board.update(logged=self._output.since)
        if outcome is not None:
            return outcome
        self.exit_code = self._death()
        if self.exit_code is not None:
            return ENDED
        try:
            return None if self._engine.runs(self._watched) else ENDED
        except EngineError as error:
            return self._engine_lost(error)

    def _death(self) -> int | None:
        try:
            return self._engine.death(self._watched, self._output.since, _DEATH)
        except EngineError:
            return None  # the container itself is asked next

    def _engine_lost(self, error: EngineError) -> str | None:
        """The Engine restarts: the container may live on (live-restore) or not; both show when it is back."""
        if error.status == 404 or (error.status and self._has_ended()):
            return ENDED
        self._board.show(self._board.state.state, error.sentence, kind="docker")
        return None

    def _has_ended(self) -> bool:
        """Whether the container is known not to run: Docker gives no output of one that it could not remove."""
        try:
            return not self._engine.runs(self._watched)
        except EngineError:
            return False

    def _copy(self, stream: LogStream) -> str | None:
        self._take(stream.begun())
        while True:
            if self._is_to_be_replaced():
                return REPLACED
            if self._draining():
                if self._gave_up():
                    return GAVE_UP
                if not self._stopped and self._clock() >= self._next_step and self._step():
                    return REPLACED
            if self._signals.wait(self._pause(), stream.fileno()):
                pieces = stream.read()
                if pieces is None:
                    return None
                self._take(pieces)

    def _is_to_be_replaced(self) -> bool:
        """Hear what was asked for: whether a reload found another launcher, and whether another container is wanted."""
        if self._signals.take_reload():
            # A drain that has begun is brought to its end by the process that systemd waits for.
            if self._replaced() and not self._signals.drain:
                return True
            self._renew = self._renew or self._outdated()
        self._renew = self._signals.take_renew() or self._renew
        return False

    # The output.

    def _take(self, pieces: list[bytes]) -> None:
        lines = [line for line in map(self._output.feed, pieces) if line]
        self._journal(lines)
        for line in lines:
            if line.event is not None:
                self._notice(line)

    def _journal(self, lines: list[Line]) -> None:
        """Copy lines as long as there is room: what one job prints must not drive out what the host has to tell."""
        if self._room <= 0:
            return
        taken = []
        for line in lines:
            self._room -= len(line.text.encode(errors="replace")) + _ENTRY_BYTES
            if self._room > 0:
                taken.append(line.text)
        journal.runner(taken)
        if self._room <= 0:
            say(f"{self._board.state.runner} prints without end: what follows is not copied", journal.WARNING)

    def _notice(self, line: Line) -> None:
        now = self._board.state
        draining = now.state == state.DRAINING
        # A job can print all of this too. It is the runner that is heard first, and a runner listens for one job only.
        busy = now.state == state.BUSY or now.job is not None
        if line.event == "listening" and not busy:
            self._board.update(logged=self._output.since)
            if not draining:
                self._board.show(state.IDLE)
        elif line.event == "running" and now.job is None:
            self._board.update(job=line.subject, logged=self._output.since)
            self._board.show(state.DRAINING if draining else state.BUSY, f"job {line.subject}")
        elif line.event == "completed" and (busy or draining):
            if self._clock() - self._end_shown >= _SAME_AGAIN:
                self._end_shown = self._clock()
                self._board.update(logged=self._output.since)
                self._board.show(now.state, f"job ended: {line.subject}")
        elif line.event == "version" and now.job is None and now.version != line.subject:
            self._board.update(version=line.subject, logged=self._output.since)
        else:
            return
        self._noticed(line)

    # The drain.

    def _draining(self) -> bool:
        if self._signals.drain and self._drain_began is None:
            self._drain_began = self._clock()
            self._next_step = 0.0
            self._hand_over = self._restarts()
        return self._signals.drain or self._renew

    def _gave_up(self, lost: bool = False) -> bool:
        # One that is cut off has no job, and is stopped with the next step, unless Docker is lost.
        if self._clock() < self._deadline() or self._stopped or (self._cut_off.done and not lost):
            return False
        timeout = self._drain_timeout()
        self._board.show(state.FAILED, f"not drained within {timeout:g} s, the job was left running", kind="drain")
        return True

    def _forced_in_vain(self) -> bool:
        """Whether the container was to be ended at once, which cannot be done without Docker."""
        if self._signals.force:
            said = f"not drained, the container may still run: {self._board.state.reason}"
            self._board.show(state.FAILED, said, kind="drain")
        return self._signals.force

    def _deadline(self) -> float:
        """Until when a drain waits for a job."""
        if self._drain_began is None or self._signals.force:
            return math.inf
        return self._drain_began + self._drain_timeout()

    def _pause(self) -> float | None:
        """How long to wait for output: for ever, asleep in the kernel, but while a drain has something to do."""
        if not self._draining() or self._stopped:
            return None
        moment = self._next_step if self._cut_off.done else min(self._next_step, self._deadline())
        return max(0.05, moment - self._clock())

    def _step(self) -> bool:
        """One try to end the container; what cannot be done now is tried again. Whether it is to be handed over."""
        try:
            return self._job_in_the_way() and self._hand_over
        except EngineError as error:
            say(error.sentence)
            self._again_in(_LOOK)
            return False

    def _job_in_the_way(self) -> bool:
        """Stop the container, unless a job is in the way or is to be asked for again later."""
        if self._signals.force:
            say("forced: the container is stopped, whatever it does")
            self._stop()
            return False
        if self._has_worker():
            self._board.show(state.DRAINING, "waits for the job to end")
            self._leave_to_the_job(_JOB_LOOK)
            return True
        # First of all the network: neither GitHub's word nor its refusal of our token can let a job slip in between.
        # DELETE has been seen to end a job that had just begun.
        if not self._cut_off.done:
            self._board.show(state.DRAINING, "looks whether a job is on its way")
            if not self._cut_off.attempt():
                # Only a worker, or GitHub's own word, tells a job from a runner that merely talks.
                self._leave_to_the_job(0)
                return False
        self._board.show(state.DRAINING, "takes no new job")
        try:
            self._deregister()
            self.deregistered = True
        except Trouble as trouble:
            if trouble.kind == "busy":
                self._leave_to_the_job(_REJOIN_LOOK)
                return True
            if not trouble.lasting and self._clock() < self._deadline():
                self._failures += 1
                self._board.show(state.DRAINING, f"cannot deregister yet: {trouble}", kind=trouble.kind)
                self._again_in(backoff.delay(self._failures, retry_after=trouble.retry_after))
                return False
            say(f"not deregistered: {trouble}")
        self._stop()
        return False

    def _leave_to_the_job(self, seconds: float) -> None:
        """Give the container its networks back, and ask again later."""
        self._cut_off.give_back()
        self._again_in(seconds)

    def _stop(self) -> None:
        self._engine.stop(self._watched, STOP_SECONDS)
        self._stopped = True

    def _has_worker(self) -> bool:
        return container.has_worker(self._engine.processes(self._watched))

    def _again_in(self, seconds: float) -> None:
        now = self._clock()
        self._next_step = min(now + seconds, max(self._deadline(), now + _LOOK))
