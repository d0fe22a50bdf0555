# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The life of one instance: register, start, watch, bury, again.

The process loops instead of ending after each runner, which spares a start of Python between two jobs. It ends when it
is drained, or when the program on the disk is another than the one it runs, and systemd then starts that one.
"""

from __future__ import annotations

import dataclasses
import math
import os
import time
import traceback
from typing import Any, Callable

from . import backoff, container, files, launch, names, pool, state, surroundings, systemd, tally, watch
from .board import Board
from .engine import Engine, EngineError, EngineUnavailable
from .errors import Trouble
from .host import Host
from .journal import say
from .maker import Maker
from .offload import Offloaded
from .output import Line
from .paths import Paths
from .pool import Pool
from .program import program_signature
from .remote import Remote
from .signals import Signals
from .succession import Succession
from .waiting import Rest

# A runner that ends sooner without a job counts as a failure: the next one waits. GitHub removes idle runners after
# minutes at the earliest (actions/runner#4726), and that is no failure.
SHORT_LIFE = 30.0
# How often a drain tries at least to look at the container that it is to end.
_DOCKER_LOOK = 30.0
# How often an outdated instance looks for another image, and how long it trusts GitHub's word at most, which has been
# wrong about runners that were not too old (actions/runner#4613).
_IMAGE_LOOK = 30.0
_OUTDATED = 3600.0
# A spare runner is used within so many seconds after it was registered, or not at all: GitHub forgets idle ones, and a
# job can print the line for which it is made.
SPARE_LIFE = 60.0

_CONNECTS = "the runner connects to GitHub"

EXIT_OK = 0
EXIT_JOB_LEFT_RUNNING = 1
EXIT_NOTHING_BEGUN = 1


def wait_in_vain(instance: str, paths: Paths, signals: Signals, trouble: Trouble) -> int:
    """Show why an instance cannot even begin, and wait a while before systemd tries again; gives the exit code."""
    seconds = backoff.delay(1, lasting=True)
    left = state.read(paths, instance) or state.State(instance, names.parse_instance(instance)[0])
    board = Board(paths, dataclasses.replace(left, pid=os.getpid()), time.time)
    until = time.time() + seconds
    board.show(state.WAITING, str(trouble), kind=trouble.kind, until=until, lasting=trouble.lasting)
    if not signals.drain:
        signals.wait(seconds)
    # Nobody has looked whether that container runs.
    drained = signals.drain and left.container is None
    return EXIT_OK if drained else EXIT_NOTHING_BEGUN


class Life:
    """One instance on this host."""

    def __init__(
        self,
        instance: str,
        host: Host,
        paths: Paths,
        engine: Engine,
        registrar: Remote,
        signals: Signals,
        offload: Callable[..., Offloaded] = Offloaded,
        restarts: Callable[[str], bool] = systemd.restarts,
        reload: Callable[[str], Callable[[], bool]] = systemd.reload,
        clock: Callable[[], float] = time.monotonic,
        date: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ):
        self._instance = instance
        self._host = host
        self._paths = paths
        self._engine = engine
        self._signals = signals
        self._restarts = restarts
        self._clock = clock  # for whatever lasts: nobody sets it
        self._date = date  # for what is shown
        self._sleep = sleep
        self._pool_name, _number = names.parse_instance(instance)
        self._program = program_signature(paths)
        self._troubles = 0
        self._launched_at = -math.inf
        self._owes_wait = True  # for runners that ended at once, also those of the process before
        self._ended = False  # whether the spare's turn has come
        self._tally = tally.read(paths, instance, self._pool_name)
        self._maker = Maker(instance, host, paths, engine, registrar, offload, reload, self._tally)
        self._next = Succession(self._maker, clock)
        self._waits = Rest(paths, self._pool_name, signals, clock)
        self._result: str | None = None  # of the job that has just ended
        self._free_since: float | None = None  # when it ended
        self._drain_began: float | None = None  # where Docker could not be asked what there is to be drained
        self._seen: Any = None  # what a person mends, as it was before the present attempt
        self._leftovers: list[str] = []  # containers to be removed when their successor runs
        left = state.read(paths, instance) or state.State(instance, self._pool_name)
        first = dataclasses.replace(
            left,
            state=state.STARTING,
            reason="",
            kind="",
            lasting=False,
            until=None,
            since=date(),
            pid=os.getpid(),
            program=self._program,
        )
        self._board = Board(paths, first, date)
        self._may_run = left.container is not None  # a container, as far as anybody has looked
        # The container that has yet to listen.
        self._connects = left.container if left.reason == _CONNECTS else None

    def run(self) -> int:
        """Keep the instance going until it is drained; gives the exit code."""
        while True:
            try:
                code = self._one_runner()
            except Trouble as trouble:
                code = self._wait_out(trouble)
            except EngineError as error:
                code = self._wait_out(Trouble("docker", error.sentence))
            except OSError as error:
                code = self._wait_out(Trouble("host", f"the host: {error}"))
            except Exception as error:  # ending here would start the same again a second later, for ever
                traceback.print_exc()
                said = f"a fault of the launcher ({type(error).__name__}): look at the journal"
                code = self._wait_out(Trouble("launcher", said, lasting=True))
            if code is None and self._replaced() and not self._signals.drain:
                say("the launcher was updated: starting the new one")
                code = EXIT_OK
            if code is not None:
                systemd.notify("STOPPING=1")
                self._next.discard()
                self._remove_leftovers()
                self._keep_tally()
                return code

    # One runner after another.

    def _one_runner(self) -> int | None:
        """From the left-over of before or a new container to its end; an exit code where the instance shall end."""
        self._seen = self._waits.look()
        running = self._succeed() or self._take_over()
        self._may_run = running is not None
        if running is None:
            self._back_off_after_short_lives()
            if self._signals.drain:
                return EXIT_OK
            if self._replaced():
                return None
            running = self._launch(self._read_pool())
            if running is None:
                return EXIT_OK
            self._may_run = True
            self._troubles = 0
        self._signals.take_renew()  # what was asked of the runner before
        watching = watch.Watch(
            running,
            self._board,
            self._engine,
            self._signals,
            deregister=self._deregister_present,
            outdated=self._outdated,
            replaced=self._replaced,
            restarts=lambda: self._restarts(names.unit_name(self._instance)),
            drain_timeout=self._drain_timeout,
            noticed=self._noticed,
            clock=self._clock,
            sleep=self._sleep,
        )
        outcome = watching.run()
        if outcome == watch.GAVE_UP:
            return EXIT_JOB_LEFT_RUNNING
        if outcome == watch.ENDED:
            self._may_run = False
            self._bury(running, watching.exit_code, watching.deregistered)
        return EXIT_OK if self._signals.drain else None

    def _read_pool(self) -> Pool:
        try:
            text = files.read(self._paths.pool(self._pool_name))
            if text is None:
                raise Trouble("pool", f"there is no pool {self._pool_name}: run the playbook", lasting=True)
            return pool.load(text)
        except pool.PoolError as error:
            raise Trouble("pool", str(error), lasting=True) from error
        except OSError as error:
            raise Trouble("pool", f"the pool file cannot be read: {error.strerror}", lasting=True) from error

    def _take_over(self) -> str | None:
        """The container of this instance that lives or that nobody has seen the end of; all others are removed."""
        left = self._engine.containers(container.own_labels(self._host.mark, self._instance))
        known = self._board.state.container
        living = [one for one in left if one["State"] in ("running", "paused", "restarting")]
        unseen = [one for one in left if one["State"] == "exited" and one["Id"] == known]
        taken = (living + unseen)[:1]
        for found in left:
            if found not in taken and found not in living:
                self._deregister_quietly(_name(found), self._board.state.runner_id if found["Id"] == known else None)
                self._engine.remove(found["Id"])
        self._sweep(*map(_name, [*living, *taken]))
        for found in taken:
            self._adopt(found)
        return taken[0]["Id"] if taken else None

    def _adopt(self, found: dict[str, Any]) -> None:
        name, ours = _name(found), found["Id"]
        say(f"took over the container {name}, which {'has ended' if found['State'] == 'exited' else 'runs'}")
        if self._board.state.container != ours:
            # The state was lost with /run; what was printed before is in the journal already.
            self._board.update(runner=name, runner_id=None, job=None, engine_image=None, logged=str(int(self._date())))
        config = found["Labels"].get(names.LABEL_CONFIG)
        self._board.update(container=ours, image=found["ImageID"], config=config)
        self._engine.reconnect(ours)
        # One whose job has just ended is about to end itself: it never listens again.
        busy = self._board.state.job is not None or container.has_worker(self._engine.processes(ours))
        if ours == self._connects and not busy:
            self._board.show(state.STARTING, _CONNECTS)
        else:
            self._board.show(state.BUSY if busy else state.IDLE)

    def _back_off_after_short_lives(self) -> None:
        failures = self._board.state.failures
        if failures and self._owes_wait:
            self._owes_wait = False
            seconds = backoff.delay(failures)
            reason = f"{failures} runners in a row ended at once: look at the journal"
            self._board.show(state.WAITING, reason, kind="runner", until=self._date() + seconds)
            self._waits.rest(seconds)

    # The start of a container.

    def _launch(self, config: Pool) -> str | None:
        """A new registration and its container, started; none for a drain, as where Trouble, EngineError is raised."""
        runner = self._maker.new_name(config)
        self._board.update(runner=runner, runner_id=None, container=None, config=config.config, job=None, logged="0")
        self._board.show(state.STARTING)
        making = self._maker.begin()
        # What did not serve the last runner, which ended at once, is not tried again.
        self._maker.go(making, config, runner, afresh=self._board.state.failures > 0)
        return self._start(config, runner, self._maker.result(making))

    def _start(self, config: Pool, runner: str, made: dict[str, Any]) -> str | None:
        if self._signals.drain:
            # It came while GitHub and Docker were asked, which may take long: the runner could still get a job.
            self._maker.undo(config, runner, made)
            return None
        self._board.update(
            runner=runner, url=config.url, job=None, logged="0", version=None, config=config.config, **made
        )
        try:
            launch.start(self._engine, config, made["container"])
        except EngineUnavailable:
            self._may_run = True  # Docker may have started it, and more: the next look tells
            raise
        except (EngineError, Trouble):
            self._maker.undo(config, runner, made)
            self._board.update(container=None)
            raise
        self._launched_at = self._clock()
        self._connects = made["container"]
        self._board.show(state.STARTING, _CONNECTS)
        say(f"started {runner}")
        return str(made["container"])

    # The next runner.

    def _expect_end(self) -> None:
        if not self._signals.drain:
            self._next.expect()

    def _make_spare(self) -> None:
        # A job can print the line for which this is called, again and again.
        if self._next.runner or self._signals.drain or self._replaced():
            return
        try:
            self._next.make(self._read_pool())
        except Trouble:
            pass  # the pool file is read again, when it is needed

    def _succeed(self) -> str | None:
        """Start the spare of a container that has ended, and remove that one after; None where no spare may be used."""
        ended, self._ended = self._ended, False
        if not ended:
            self._next.discard()
            return None
        try:
            return self._use_spare()
        finally:
            self._remove_leftovers()

    def _use_spare(self) -> str | None:
        spare = self._next.take()
        if spare is None or spare.config is None:
            return None
        fresh = self._clock() - spare.begun < SPARE_LIFE and not self._replaced() and not self._signals.drain
        try:
            made = self._maker.result(spare.making)
        except Trouble:
            if fresh:
                raise
            return None
        if fresh and self._would_be_made(spare.config.config, made["image"], made["engine_image"]):
            return self._start(spare.config, spare.runner, made)
        self._maker.undo(spare.config, spare.runner, made)
        return None

    # What of an ended runner is still there.

    def _insist_on_leftovers(self) -> None:
        try:
            while self._leftovers:
                self._engine.remove(self._leftovers[0])
                del self._leftovers[0]
            self._sweep()
        except EngineError:
            self._next.discard()
            raise

    def _remove_leftovers(self) -> None:
        self._leftovers = [one for one in self._leftovers if not launch.remove(self._engine, one)]
        self._sweep(self._board.state.runner or "")

    def _sweep(self, *keep: str) -> None:
        """Remove what stands around no runner any more, neither around those to keep nor around the next one."""
        spared = (*keep, self._next.runner)
        surroundings.sweep(self._engine, self._host.mark, spared, instance=self._instance)

    # What a watch says and asks.

    def _noticed(self, line: Line) -> None:
        if line.event in ("listening", "running"):
            self._connects = None
        if line.event == "listening" and self._free_since is not None:
            self._tally.gap(self._clock() - self._free_since)
            self._free_since = None
            self._keep_tally()
        elif line.event == "running":
            self._expect_end()
        elif line.event == "completed":
            self._result, self._free_since = line.subject, self._clock()
            self._make_spare()

    def _keep_tally(self) -> None:
        try:
            tally.write(self._paths, self._tally)
        except OSError as error:
            say(f"the counts could not be written: {error.strerror}")

    def _replaced(self) -> bool:
        return self._program != program_signature(self._paths)

    def _outdated(self) -> bool:
        last = self._board.state
        return not self._would_be_made(last.config, last.image, last.engine_image)

    def _would_be_made(self, config: str | None, *images: str | None) -> bool:
        """Whether a runner of this configuration and these images would be made now, as far as that can be told."""
        try:
            wanted = self._read_pool()
            now = [self._engine.image(one)["Id"] for one in wanted.images]
            return (wanted.config, now) == (config, list(images[: len(now)]))
        except (Trouble, EngineError):
            return True

    def _drain_timeout(self) -> float:
        try:
            return float(self._read_pool().drain_timeout)
        except Trouble:
            return float(Pool.drain_timeout)

    def _deregister_present(self) -> None:
        if self._board.state.runner is not None:
            self._deregister(self._board.state.runner, self._board.state.runner_id)

    # The end of a container.

    def _bury(self, ended: str, code: int | None, deregistered: bool) -> None:
        if code is None:
            code = self._exit_code(ended)
        last = self._board.state
        took_job = last.job is not None
        if took_job:
            self._tally.job(self._result)
            self._free_since = self._free_since or self._clock()
        self._result = None
        say(f"{last.runner or ended[:12]} ended (exit code {code}{'' if took_job else ', took no job'})")
        if last.runner and not took_job and not deregistered:
            self._deregister_quietly(last.runner, last.runner_id)
        # One that never listened is a failure too, however long it tried; one that somebody removes is none.
        short = last.state == state.STARTING or self._clock() - self._launched_at < SHORT_LIFE
        failed = short and not took_job and last.state != state.DRAINING and not self._somebody_removes(ended)
        # The disk of a job may be large, and its removal long: the next runner is started first. Not so where the last
        # one could not be removed: a disk that only fills up is to stop the instance, which says why.
        self._leftovers.append(ended)
        if not self._next.is_expected or len(self._leftovers) > 1:
            self._insist_on_leftovers()
        self._ended = self._next.is_expected
        self._owes_wait = failed
        self._board.update(
            container=None,
            runner=None,
            runner_id=None,
            job=None,
            config=None,
            failures=last.failures + 1 if failed else 0,
        )
        # A job can have its container end with any code.
        if code == container.EXIT_OUTDATED and not took_job and not self._signals.drain:
            self._wait_for_other_image(last.image)

    def _exit_code(self, ended: str) -> int | None:
        try:
            return self._engine.inspect(ended)["State"].get("ExitCode")
        except EngineError as error:
            if error.status != 404:
                raise
            return None

    def _somebody_removes(self, ended: str) -> bool:
        """Whether a container is gone or going without our doing."""
        try:
            return self._engine.inspect(ended)["State"].get("Status") == "removing"
        except EngineError as error:
            return error.status == 404

    def _wait_for_other_image(self, image: str | None) -> None:
        """GitHub takes no runner of this version: there is nothing to retry but its word, once in a while."""
        seconds = backoff.delay(1, retry_after=_OUTDATED)
        end = self._clock() + seconds
        self._board.update(failures=0)
        self._board.show(
            state.OUTDATED,
            "GitHub finds this runner too old: pull a newer image",
            kind="outdated",
            until=self._date() + seconds,
            lasting=True,
        )
        while self._clock() < end and not self._signals.drain and not self._replaced():
            try:
                if self._engine.image(self._read_pool().image)["Id"] != image:
                    return
            except (EngineError, Trouble):
                pass  # the next look tells
            self._waits.rest(min(_IMAGE_LOOK, max(0.0, end - self._clock())))

    def _deregister(self, runner: str, runner_id: int | None) -> None:
        config = self._read_pool()
        # At another URL that number is somebody else's runner. The name is of no other.
        known = runner_id if self._board.state.url == config.url else None
        self._maker.deregister(config, runner, known)

    def _deregister_quietly(self, runner: str, runner_id: int | None) -> None:
        """Best effort: the name carries our mark, so the reconciler finds what is left."""
        try:
            self._deregister(runner, runner_id)
        except Trouble as trouble:
            say(f"{runner} stays registered for now: {trouble}")

    # Waiting.

    def _wait_out(self, trouble: Trouble) -> int | None:
        self._troubles += 1
        if self._board.state.container is None:
            self._board.update(runner=None, runner_id=None)
        seconds = backoff.delay(self._troubles, lasting=trouble.lasting, retry_after=trouble.retry_after)
        until = self._date() + seconds
        self._board.show(trouble.state, str(trouble), kind=trouble.kind, until=until, lasting=trouble.lasting)
        self._keep_tally()
        # What was mended during the attempt counts too.
        self._waits.rest(seconds, self._seen)
        return self._drained_in_trouble(trouble, seconds) if self._signals.drain else None

    def _drained_in_trouble(self, trouble: Trouble, seconds: float) -> int | None:
        """The exit code of a drain for which nobody can look at the container; None where another look is to be had."""
        if not self._may_run or self._restarts(names.unit_name(self._instance)):
            return EXIT_OK
        self._drain_began = self._drain_began or self._clock()
        left = self._drain_began + self._drain_timeout() - self._clock()
        if left > 0 and not self._signals.force:
            self._signals.wait(min(seconds, left, _DOCKER_LOOK))
            return None
        said = "not drained" if self._signals.force else f"not drained within {self._drain_timeout():g} s"
        self._board.show(state.FAILED, f"{said}, the container may still run: {trouble}", kind="drain")
        return EXIT_JOB_LEFT_RUNNING


def _name(found: dict[str, Any]) -> str:
    return str(found["Names"][0].lstrip("/"))
