# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The life of one instance: register, run, watch, bury, again; and drain.

The process loops instead of ending after each runner, which spares a start of Python between two jobs. It ends when it
is drained, or when the program on the disk is another than the one it runs, and systemd then starts that one.
"""

from __future__ import annotations

import base64
import dataclasses
import os
import sys
import time
from typing import Any, Callable

from . import backoff, container, files, names, pool, state, systemd
from .engine import Engine, EngineError, EngineUnavailable, LogStream
from .errors import Trouble
from .host import Host
from .offload import Offloaded
from .output import Line, Output
from .paths import Paths
from .pool import Pool
from .registrar import Registrar
from .signals import Signals

# A runner that ends sooner without having listened counts as a failure: the next one waits.
SHORT_LIFE = 30.0
# GitHub may have sent a job just before the registration went: the runner starts its worker within a second or two.
CONFIRMATION = 5.0
STOP_SECONDS = 30
# How often a waiting instance looks whether a person has mended something (a stat call).
_LOOK = 2.0
# How often an outdated instance looks for another image.
_IMAGE_LOOK = 30.0

EXIT_OK = 0
EXIT_JOB_LEFT_RUNNING = 1


class Life:
    """One instance on this host."""

    def __init__(
        self,
        instance: str,
        host: Host,
        paths: Paths,
        engine: Engine,
        registrar: Registrar,
        signals: Signals,
        offload: Callable[[Callable[[], Any]], Offloaded] = Offloaded,
        clock: Callable[[], float] = time.time,
    ):
        self._instance = instance
        self._host = host
        self._paths = paths
        self._engine = engine
        self._registrar = registrar
        self._signals = signals
        self._offload = offload
        self._clock = clock
        self._pool_name, self._number = names.parse_instance(instance)
        left = state.read(paths, instance)
        self._state = dataclasses.replace(
            left or state.State(instance, self._pool_name),
            state=state.STARTING,
            reason="",
            kind="",
            lasting=False,
            until=None,
            since=clock(),
            pid=os.getpid(),
        )
        self._program = self._program_now()
        self._state = dataclasses.replace(self._state, program=self._program)
        self._failures = 0
        self._ready = False

    def run(self) -> int:
        """Keep the instance going until it is drained; gives the exit code."""
        self._publish()
        while True:
            try:
                code = self._one_runner()
            except Trouble as trouble:
                code = self._wait_out(trouble)
            except EngineError as error:
                code = self._wait_out(_from_engine(error))
            except _Replaced:
                code = None
            if code is not None:
                systemd.notify("STOPPING=1")
                return code
            if self._program != self._program_now():
                say("the launcher was updated: starting the new one")
                return EXIT_OK

    # One runner after another.

    def _one_runner(self) -> int | None:
        """From the left-over of before or a new container to its end; an exit code where the instance shall end."""
        config = self._read_pool()
        running = self._take_over()
        if running is None:
            if self._signals.drain:
                return EXIT_OK
            self._back_off_after_short_life()
            if self._signals.drain:
                return EXIT_OK
            running = self._launch(config)
            self._failures = 0
        if not self._watch(running):
            return EXIT_JOB_LEFT_RUNNING
        self._bury(running)
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
        """The container of this instance that still runs; the others that are left are buried."""
        running = None
        for found in self._engine.containers(container.own_labels(self._host.mark, self._instance)):
            name = found["Names"][0].lstrip("/")
            if found["State"] in ("running", "paused", "restarting") and running is None:
                running = found["Id"]
                say(f"took over the running container {name}")
                if self._state.container != running:
                    # The state was lost with /run; what was printed is in the journal but for the last lines.
                    self._update(runner=name, runner_id=None, logged=str(int(self._clock())))
                self._update(container=running, image=found["ImageID"], config=found["Labels"].get(names.LABEL_CONFIG))
                self._show(state.BUSY if self._has_worker(running) else state.IDLE)
            elif found["State"] in ("created", "exited", "dead"):
                known = self._state.runner_id if self._state.container == found["Id"] else None
                self._deregister_quietly(name, known)
                self._engine.remove(found["Id"])
        return running

    def _back_off_after_short_life(self) -> None:
        failures = self._state.failures
        if not failures:
            return
        seconds = backoff.delay(failures)
        reason = f"{failures} runners in a row ended before they listened for jobs: look at the journal"
        self._show(state.WAITING, reason, kind="runner", until=self._clock() + seconds)
        self._sleep(seconds)

    def _launch(self, config: Pool) -> str:
        """A new registration and its container, started. Raises Trouble, EngineError, and then leaves neither behind."""
        runner = names.runner_name(
            config.name, self._host.name, self._number, self._host.mark, names.new_nonce(os.urandom(4))
        )
        self._update(runner=runner, runner_id=None, container=None, config=config.config, job=None, logged="0")
        self._show(state.STARTING)
        registering = self._offload(lambda: self._registrar.register(config, runner))
        made, failure = None, None
        try:
            made = self._create(config, runner)
            uid, gid = self._user_of(made)
        except (EngineError, ValueError) as error:
            failure = error
        try:
            registration = registering.result()
        except Trouble:
            self._remove_quietly(made)
            raise
        self._update(runner_id=registration["runner_id"])
        try:
            if failure is not None or made is None:
                raise failure or EngineUnavailable("no container was made")
            contents = {name: base64.b64decode(data) for name, data in registration["files"].items()}
            self._engine.put_archive(made, container.HOME, container.archive(contents, uid, gid))
            self._engine.start(made)
        except (EngineError, ValueError) as error:
            self._deregister_quietly(runner, registration["runner_id"])
            self._remove_quietly(made)
            if isinstance(error, EngineError):
                raise
            raise Trouble("image", str(error), lasting=True) from error
        self._update(container=made)
        self._show(state.STARTING, "the runner connects to GitHub")
        say(f"started {runner}")
        return made

    def _create(self, config: Pool, runner: str) -> str:
        try:
            image = self._engine.image(config.image)
            self._update(image=image["Id"])
            body = container.create_body(config, self._instance, self._host.mark, runner)
            return self._engine.create(runner, body)
        except EngineError as error:
            if error.status == 404 and "network" in str(error):
                raise Trouble(
                    "docker", f"there is no network {config.network}: run the playbook", lasting=True
                ) from error
            if error.status == 404:
                raise Trouble("image", f"the host has no image {config.image}: pull it", lasting=True) from error
            raise

    def _user_of(self, made: str) -> tuple[int, int]:
        user = self._engine.inspect(made)["Config"].get("User") or ""
        return container.user_ids(user, self._engine.get_archive(made, "/etc/passwd"))

    # Watching.

    def _watch(self, running: str) -> bool:
        """Copy the output to the journal until the container ends; False: a drain gave up and left it running."""
        output = Output(self._state.logged)
        drain = _Drain(self._clock)
        while True:
            try:
                stream = self._engine.follow(running, output.since)
            except EngineError as error:
                if error.status == 404:
                    return True
                # The Engine restarts: the container may live on (live-restore) or not; both show when it is back.
                self._show(self._state.state, f"Docker does not answer: {error}", kind="docker")
                self._sleep(_LOOK)
                continue
            try:
                if not self._copy(running, stream, output, drain):
                    return False
            finally:
                stream.close()
            self._update(logged=output.since)
            try:
                if not self._engine.inspect(running)["State"]["Running"]:
                    return True
            except EngineError as error:
                if error.status == 404:
                    return True
            self._sleep(1.0)

    def _copy(self, running: str, stream: LogStream, output: Output, drain: _Drain) -> bool:
        """One connection's worth of output, and the drain meanwhile; False: the drain gave up."""
        self._take_pieces(stream.begun(), output)
        while True:
            if drain.wanted or self._wants_drain():
                if drain.begin_or_due(self._drain_timeout()) and self._signals.drain:
                    say(f"the job still runs after {self._drain_timeout()} s: left running, not drained")
                    self._show(state.FAILED, "the drain timed out, the job was left running", kind="drain")
                    return False
                if drain.try_now():
                    self._drain_step(running, drain)
            readable = self._signals.wait(drain.pause(), stream.fileno())
            if not readable:
                continue
            pieces = stream.read()
            if pieces is None:
                return True
            self._take_pieces(pieces, output)

    def _take_pieces(self, pieces: list[bytes], output: Output) -> None:
        lines = [line for line in map(output.feed, pieces) if line]
        if lines:
            sys.stdout.write("".join(line.text + "\n" for line in lines))
            sys.stdout.flush()
        for line in lines:
            self._notice(line, output)

    def _notice(self, line: Line, output: Output) -> None:
        if line.event is None:
            return
        self._update(logged=output.since)
        if line.event == "listening":
            self._update(failures=0)
            self._show(state.DRAINING if self._state.state == state.DRAINING else state.IDLE)
        elif line.event == "running":
            self._update(job=line.subject)
            self._show(state.DRAINING if self._state.state == state.DRAINING else state.BUSY, f"job {line.subject}")
        elif line.event == "completed":
            self._show(self._state.state, f"job ended: {line.subject}")

    # Draining: never a job's end but its own, unless forced.

    def _wants_drain(self) -> bool:
        """Whether the container shall go: the instance stops, or a reload finds that it would be made otherwise now."""
        if self._signals.drain:
            return True
        if not self._signals.take_reload():
            return False
        if self._program != self._program_now():
            raise _Replaced
        try:
            config = self._read_pool()
            return config.config != self._state.config or self._engine.image(config.image)["Id"] != self._state.image
        except (Trouble, EngineError):
            return False

    def _program_now(self) -> str:
        return program_signature(self._paths)

    def _drain_timeout(self) -> float:
        try:
            return float(self._read_pool().drain_timeout)
        except Trouble:
            return float(Pool.drain_timeout)

    def _drain_step(self, running: str, drain: _Drain) -> None:
        """Stop the container where it certainly has no job; otherwise look again later."""
        if self._signals.force:
            say("forced: the container is stopped, whatever it does")
            self._engine.stop(running, STOP_SECONDS)
            return
        if self._has_worker(running):
            self._show(state.DRAINING, "waits for the job to end")
            drain.again_in(_LOOK * 5)
            return
        self._show(state.DRAINING, "takes no new job")
        try:
            config, runner, runner_id = self._read_pool(), str(self._state.runner), self._state.runner_id
            self._offload(lambda: self._registrar.deregister(config, runner, runner_id)).result()
        except Trouble as trouble:
            if trouble.kind == "busy":
                drain.again_in(_LOOK)
                return
            if not trouble.lasting:
                drain.failures += 1
                self._show(state.DRAINING, f"cannot deregister yet: {trouble}", kind=trouble.kind)
                drain.again_in(backoff.delay(drain.failures, retry_after=trouble.retry_after))
                return
            say(f"not deregistered: {trouble}")
        end = self._clock() + CONFIRMATION
        while self._clock() < end:
            if self._has_worker(running):
                drain.again_in(_LOOK)
                return
            time.sleep(0.25)
        self._engine.stop(running, STOP_SECONDS)
        self._update(runner_id=None, runner=None)

    def _has_worker(self, running: str) -> bool:
        return container.has_worker(self._engine.processes(running))

    # The end of a container.

    def _bury(self, ended: str) -> None:
        try:
            description = self._engine.inspect(ended)["State"]
        except EngineError as error:
            if error.status != 404:
                raise
            description = {}
        code = description.get("ExitCode")
        took_job = self._state.job is not None
        listened = self._state.state in (*state.READY, state.DRAINING)
        say(f"{self._state.runner or ended[:12]} ended (exit code {code}{', took no job' if not took_job else ''})")
        if not took_job and self._state.runner:
            self._deregister_quietly(self._state.runner, self._state.runner_id)
        self._engine.remove(ended)
        failures = 0 if took_job or listened else self._state.failures + 1
        outdated_image = self._state.image
        self._update(container=None, runner=None, runner_id=None, job=None, config=None, failures=failures)
        if code == container.EXIT_OUTDATED and not self._signals.drain:
            self._outdated(outdated_image)

    def _outdated(self, image: str | None) -> None:
        """GitHub takes no runner of this version: wait for another image, there is nothing to retry."""
        self._show(state.OUTDATED, "GitHub finds this runner too old: pull a newer image", kind="outdated")
        while not self._signals.drain:
            try:
                if self._engine.image(self._read_pool().image)["Id"] != image:
                    return
            except (EngineError, Trouble):
                pass  # the next look tells
            self._sleep(_IMAGE_LOOK)

    def _deregister_quietly(self, runner: str, runner_id: int | None) -> None:
        """Best effort: the name carries our mark, so the reconciler finds what is left."""
        try:
            config = self._read_pool()
            self._offload(lambda: self._registrar.deregister(config, runner, runner_id)).result()
        except Trouble as trouble:
            say(f"{runner} stays registered for now: {trouble}")

    def _remove_quietly(self, made: str | None) -> None:
        if made is None:
            return
        try:
            self._engine.remove(made)
        except EngineError as error:
            say(f"a container could not be removed, it is tried again later: {error}")

    # Waiting and showing.

    def _wait_out(self, trouble: Trouble) -> int | None:
        self._failures += 1
        if self._state.container is None:
            self._state = dataclasses.replace(self._state, runner=None, runner_id=None)
        seconds = backoff.delay(self._failures, lasting=trouble.lasting, retry_after=trouble.retry_after)
        until = self._clock() + seconds
        self._show(trouble.state, str(trouble), kind=trouble.kind, until=until, lasting=trouble.lasting)
        self._sleep(seconds)
        return EXIT_OK if self._signals.drain else None

    def _sleep(self, seconds: float) -> None:
        """Sleep, but wake up for a signal and for a new pool file or sealed token."""
        watched = (self._paths.pool(self._pool_name), self._paths.sealed(self._pool_name))
        before = files.signature(*watched)
        end = self._clock() + seconds
        while not self._signals.drain and not self._signals.take_reload():
            left = end - self._clock()
            if left <= 0 or files.signature(*watched) != before:
                return
            self._signals.wait(min(left, _LOOK))

    def _update(self, **changes: Any) -> None:
        self._state = dataclasses.replace(self._state, **changes)
        self._publish()

    def _show(
        self, name: str, reason: str = "", kind: str = "", until: float | None = None, lasting: bool = False
    ) -> None:
        """Publish a state, in the file, in ``systemctl status``, and in the journal where it is news."""
        news = (name, reason) != (self._state.state, self._state.reason)
        since = self._clock() if name != self._state.state else self._state.since
        self._state = dataclasses.replace(
            self._state, state=name, reason=reason, kind=kind, until=until, lasting=lasting, since=since
        )
        self._publish()
        text = f"{name}: {reason}" if reason else name
        if news and reason:
            say(text)
        if not self._ready and name != state.STARTING:
            # Ready once it stands or shows why not: a sealed host must still finish its boot.
            self._ready = True
            systemd.notify("READY=1", f"STATUS={text}")
        else:
            systemd.notify(f"STATUS={text}")

    def _publish(self) -> None:
        try:
            state.write(self._paths, self._state)
        except OSError as error:
            say(f"the state could not be written: {error.strerror}")


class _Replaced(Exception):
    """The program on the disk is another: this process ends, the container stays, the new process takes it over."""


class _Drain:
    """When a drain of one container looks next, and when it gives up."""

    def __init__(self, clock: Callable[[], float]):
        self._clock = clock
        self._began: float | None = None
        self._next = 0.0
        self.failures = 0

    @property
    def wanted(self) -> bool:
        """Whether this container is to be drained: once wanted, it is to the end."""
        return self._began is not None

    def begin_or_due(self, timeout: float) -> bool:
        """Begin, if it has not begun; whether its time is over."""
        if self._began is None:
            self._began = self._clock()
        return self._clock() - self._began >= timeout

    def try_now(self) -> bool:
        """Whether it is time to look."""
        return self._clock() >= self._next

    def again_in(self, seconds: float) -> None:
        """Look again after this time."""
        self._next = self._clock() + seconds

    def pause(self) -> float | None:
        """How long to wait for output meanwhile; None: no drain is wanted, sleep in the kernel."""
        return None if self._began is None else max(0.05, self._next - self._clock())


def program_signature(paths: Paths) -> str:
    """What changes when the launcher or its unit is replaced."""
    return repr(files.signature(paths.program, paths.unit))


def say(text: str) -> None:
    """A line of the launcher's own for the journal."""
    sys.stderr.write(f"github-runner: {text}\n")
    sys.stderr.flush()


def _from_engine(error: EngineError) -> Trouble:
    if isinstance(error, EngineUnavailable):
        return Trouble("docker", str(error))
    return Trouble("docker", f"Docker: {error}")
