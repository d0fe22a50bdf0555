# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host, its Docker and GitHub in a time of their own: what an instance's life is tried in.

Nothing here sleeps. Time goes on when the instance waits, and what a test has planned happens on the way.
"""

from __future__ import annotations

import contextlib
import dataclasses
import heapq
import io
import itertools
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import files, names, pool, state
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.engine import (
    EngineError,
    EngineUnavailable,
)
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.errors import Trouble
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.host import Host
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.life import Life
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.paths import Paths

MARK = "01234567"
START = 1_795_514_400.0
PASSWD = b"root:x:0:0::/:/bin/sh\nrunner:x:1001:1001::/home/runner:/bin/sh\n"
POOL = pool.Pool("default", "https://github.com/acme", "runner:1", ("self-hosted",), drain_timeout=3600)
LISTENER = "/home/runner/bin/Runner.Listener run"
WORKER = "/home/runner/bin/Runner.Worker spawnclient 1 2"


class Stuck(BaseException):
    """The instance waits for what will never come, or runs in a circle: no handler of its own may catch this."""


@dataclasses.dataclass
class Container:
    """A container as Docker keeps it, and what goes on in it."""

    id: str
    name: str
    labels: dict[str, str]
    image: str
    state: str = "created"
    exit_code: int = 0
    processes: list[str] = dataclasses.field(default_factory=lambda: [LISTENER])
    printed: list[tuple[int, bytes]] = dataclasses.field(default_factory=list)
    files: dict[str, bytes] = dataclasses.field(default_factory=dict)
    networks: list[str] = dataclasses.field(default_factory=lambda: ["github-runner"])
    sent: int = 0  #: packets
    paused: bool = False

    @property
    def works(self) -> bool:
        """Whether a job runs in it."""
        return self.state == "running" and WORKER in self.processes


#: What a container does once it is started.
Behaviour = Callable[["World", Container], None]


class World:
    """All of it."""

    def __init__(self, root: Path, *behaviours: Behaviour, config: pool.Pool = POOL):
        self.now = START
        self.off_by = 0.0  #: how much the host's clock is set wrong
        self.paths = Paths(str(root))
        self.engine = Engine(self)
        self.github = Registrar(self)
        self.signals = Signals(self)
        self.restarting = False  #: systemd stops the unit only to start it again
        self.rules_reload = True  #: whether the firewall's rules can be loaded again
        self.rules_reloaded = 0
        self.behaviours = list(behaviours)
        self._events: list[tuple[float, int, Callable[[], object]]] = []
        self._order = itertools.count()
        for path in (self.paths.pools, self.paths.sealed_dir, self.paths.units, Path(self.paths.program).parent):
            Path(path).mkdir(parents=True, exist_ok=True)
        Path(self.paths.firewall_loaded).mkdir(parents=True)
        self.write_pool(config)
        self.replace_program()

    def write_pool(self, config: pool.Pool) -> None:
        """What runner_unit does."""
        files.write(self.paths.pool(config.name), config.dump().encode(), 0o644)
        self.signals.tell()

    def replace_program(self) -> None:
        """What an update of the collection does."""
        files.write(self.paths.program, b"launcher", 0o755)

    def seal(self) -> None:
        """What sealed_token does."""
        files.write(self.paths.sealed("default"), b"{}", 0o600)
        self.signals.tell()

    def give_secret(self) -> None:
        """What micro_cipher does."""
        path = Path(self.paths.cipher_secret("micro-cipher"))
        path.parent.mkdir(parents=True, exist_ok=True)
        files.write(str(path), b"{}", 0o600)
        self.signals.tell()

    def reload(self, unit: str) -> Callable[[], bool]:
        """What systemd does: at its leisure."""
        assert unit == "github-runner-firewall.service"

        def reloaded() -> bool:
            self.rules_reloaded += 1
            return self.rules_reload

        return reloaded

    @property
    def state(self) -> state.State:
        """What the instance shows now."""
        found = state.read(self.paths, "1")
        assert found is not None
        return found

    def live(self) -> int:
        """Run the instance 1 as its unit does, to its end; gives the exit code."""
        life = Life(
            "1",
            Host("host", MARK),
            self.paths,
            self.engine,  # type: ignore[arg-type]
            self.github,  # type: ignore[arg-type]
            self.signals,  # type: ignore[arg-type]
            offload=Inline,  # type: ignore[arg-type]
            restarts=lambda _unit: self.restarting,
            reload=self.reload,
            clock=lambda: self.now,
            date=lambda: self.now + self.off_by,
            sleep=self.sleep,
        )
        return life.run()

    # Time.

    def at(self, moment: float, event: Callable[[], object]) -> None:
        """Plan something, so many seconds after the world's beginning."""
        heapq.heappush(self._events, (START + moment, next(self._order), event))

    def after(self, seconds: float, event: Callable[[], object]) -> None:
        """Plan something, so many seconds from now."""
        self.at(self.now - START + seconds, event)

    def sleep(self, seconds: float) -> None:
        """Let time go on."""
        end = self.now + seconds
        while self.happen(end):
            pass
        self.now = max(self.now, end)

    def happen(self, until: float) -> bool:
        """Let the next planned thing happen, if it is planned before then; whether it did."""
        if not self._events or self._events[0][0] > until:
            return False
        moment, _order, event = heapq.heappop(self._events)
        self.now = max(self.now, moment)
        event()
        return True

    @property
    def next_event(self) -> float | None:
        """When the next planned thing happens."""
        return self._events[0][0] if self._events else None


class Signals:
    """As the launcher's Signals, but in the world's time."""

    def __init__(self, world: World):
        self.drain = False
        self.force = False
        self._world = world
        self.tells = True  #: the kernel says what changes in a directory
        self._reload = False
        self._renew = False
        self._told = False
        self._woken = False
        self._waits = 0

    def terminate(self) -> None:
        """SIGTERM."""
        self.drain = self._woken = True

    def quit(self) -> None:
        """SIGQUIT."""
        self.drain = self.force = self._woken = True

    def hang_up(self) -> None:
        """SIGHUP."""
        self._reload = self._woken = True

    def user(self) -> None:
        """SIGUSR1."""
        self._renew = self._woken = True

    def restart(self) -> None:
        """A new process has heard nothing yet."""
        self.drain = self.force = self._reload = self._renew = self._woken = False

    def tell(self) -> None:
        """SIGIO: something has changed in a directory."""
        self._woken = self._woken or self._told

    @contextlib.contextmanager
    def changes_in(self, *directories: str) -> Iterator[bool]:
        self._told = self.tells
        yield self.tells
        self._told = False

    def take_reload(self) -> bool:
        asked, self._reload = self._reload, False
        return asked

    def take_renew(self) -> bool:
        asked, self._renew = self._renew, False
        return asked

    def wait(self, timeout: float | None, descriptor: int | None = None) -> bool:
        self._waits += 1
        if self._waits > 50_000:
            raise Stuck("the instance runs in a circle")
        end = None if timeout is None else self._world.now + timeout
        while True:
            if descriptor is not None and self._world.engine.streams[descriptor].readable:
                return True
            if self._woken:
                self._woken = False
                return False
            following = self._world.next_event
            if end is not None and (following is None or following > end):
                self._world.sleep(end - self._world.now)
                return False
            if following is None:
                raise Stuck("nothing will ever wake the instance up")
            self._world.happen(following)


class Inline:
    """A child process that is none."""

    waiting = 0  #: how many were told neither to go nor to end

    def __init__(self, call: Callable[..., Any], warm: Callable[[], object] | None = None):
        self._call = call
        self._value: Any = None
        self._trouble: Trouble | None = None
        Inline.waiting += 1
        if warm is None:
            self.go()

    def go(self, *arguments: Any) -> None:
        Inline.waiting -= 1
        try:
            self._value = self._call(*arguments)
        except Trouble as trouble:
            self._trouble = trouble

    def abandon(self) -> None:
        Inline.waiting -= 1

    def result(self) -> Any:
        if self._trouble:
            raise self._trouble
        return self._value


class Registrar:
    """GitHub, behind a registrar: who is registered, who has a job, and what it answers instead."""

    def __init__(self, world: World):
        self._world = world
        self._ids = itertools.count(1)
        self.registered: dict[str, int] = {}
        self.busy: set[str] = set()  #: runners that GitHub has given a job
        self.lies = False  #: DELETE of a runner with a job succeeds all the same, and ends the job
        self.register_troubles: list[Trouble] = []
        self.deregister_troubles: list[Trouble] = []
        self.registrations: list[tuple[float, str]] = []  #: successful ones, with their moments
        self.attempts: list[float] = []
        self.asked: list[tuple[str, bool]] = []  #: the directory of each, and whether with nothing used before
        self.deregistrations: list[tuple[float, str, int | None]] = []

    def warm(self) -> None:
        """Nothing to load."""

    def register(self, config: pool.Pool, runner: str, directory: str, work: str, afresh: bool) -> dict[str, Any]:
        self.attempts.append(self._world.now - START)
        self.asked.append((directory, afresh))
        if self.register_troubles:
            raise self.register_troubles.pop(0)
        assert runner not in self.registered, "GitHub answers 409"
        self.registered[runner] = next(self._ids)
        self.registrations.append((self._world.now - START, runner))
        files = {".runner": "e30=", ".credentials": "e30="}
        return {
            "runner_id": self.registered[runner],
            "files": files,
            "quota": {"limit": 5000, "remaining": 4000, "reset": 0},
        }

    def deregister(self, config: pool.Pool, runner: str, runner_id: int | None) -> bool:
        self.deregistrations.append((self._world.now - START, runner, runner_id))
        if self.deregister_troubles:
            raise self.deregister_troubles.pop(0)
        if runner_id is not None:
            assert self.registered.get(runner, runner_id) == runner_id, "another runner's registration"
        if runner in self.busy and not self.lies:
            raise Trouble("busy", f'Runner "{runner}" is still running a job')
        if runner in self.busy:
            self._world.engine.killed_jobs.append(runner)
        return self.registered.pop(runner, None) is not None


class Stream:
    """A connection that follows one container's output."""

    def __init__(self, number: int, container: Container, since: int):
        self._number = number
        self._container = container
        self._since = since
        self.broken = False
        self.closed = False

    @property
    def readable(self) -> bool:
        return self.broken or self._container.state != "running" or bool(self._unread())

    def fileno(self) -> int:
        return self._number

    def begun(self) -> list[bytes]:
        return []

    def read(self) -> list[bytes] | None:
        found = self._unread()
        if not found or self.broken:
            return None
        self._since = found[-1][0] + 1
        return [piece for _moment, piece in found]

    def close(self) -> None:
        self.closed = True

    def _unread(self) -> list[tuple[int, bytes]]:
        return [one for one in self._container.printed if one[0] >= self._since]


class Engine:
    """Docker: its containers, and what it answers instead."""

    def __init__(self, world: World):
        self._world = world
        self._ids = itertools.count(1)
        self.all: dict[str, Container] = {}
        self.images = {"runner:1": "sha256:1", "runner:2": "sha256:2", "docker:dind": "sha256:3"}
        self.image_config: dict[str, Any] = {"Entrypoint": None, "WorkingDir": "/home/runner"}
        self.bodies: list[dict[str, Any]] = []  #: what containers were made of
        self.beside: dict[str, dict[str, dict[str, str]]] = {"networks": {}, "volumes": {}}  #: labels by kind and name
        self.down = False
        self.tells_of_deaths = True  #: its memory of events goes back far enough
        self.failures: dict[str, list[EngineError]] = {}  #: by call, raised one after the other
        self.calls: list[tuple[float, str, str]] = []
        self.streams: dict[int, Stream] = {}
        self.killed_jobs: list[str] = []
        self.lost_jobs: list[str] = []  #: runners whose request for a job GitHub has answered, and the answer got lost
        self.loses_answers = False  #: what fails is done all the same, where that matters
        self.before_pause: Callable[[Container], object] = lambda one: None
        self.made: list[Container] = []  #: every one that there ever was

    # What a test does.

    def add(self, **facts: Any) -> Container:
        """A container that is there from before, this instance's unless its labels say otherwise."""
        number = next(self._ids)
        labels = {names.LABEL_MARK: MARK, names.LABEL_INSTANCE: "1", names.LABEL_CONFIG: POOL.config}
        facts = {"name": f"default-host-1-{MARK}{number:06x}", "labels": labels, "image": "sha256:1", **facts}
        one = Container(f"id{number}", **facts)
        self.all[one.id] = one
        self.made.append(one)
        return one

    def emit(self, one: Container, text: str) -> None:
        """Print a line in a container."""
        moment = max(int(self._world.now * 10**9), one.printed[-1][0] + 1 if one.printed else 0)
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(moment // 10**9))
        one.printed.append((moment, f"{stamp}.{moment % 10**9:09d}Z {text}\n".encode()))

    def end(self, one: Container, code: int = 0) -> None:
        """A container's main process ends."""
        one.state, one.exit_code, one.processes = "exited", code, []

    def go_down(self) -> None:
        """dockerd stops; containers live on."""
        self.down = True
        for stream in self.streams.values():
            stream.broken = True

    def come_back(self) -> None:
        """dockerd is started again."""
        self.down = False

    def count(self, call: str) -> int:
        """How often something was called."""
        return len([one for one in self.calls if one[1] == call])

    @property
    def running(self) -> list[Container]:
        """The containers that run."""
        return [one for one in self.all.values() if one.state == "running"]

    # What the launcher calls.

    def containers(self, labels: dict[str, str]) -> list[dict[str, Any]]:
        self._called("containers", "")
        return [
            {"Id": one.id, "Names": [f"/{one.name}"], "State": one.state, "ImageID": one.image, "Labels": one.labels}
            for one in self.all.values()
            if labels.items() <= one.labels.items()
        ]

    def inspect(self, container: str) -> dict[str, Any]:
        one = self._called("inspect", container)
        shown = {"Running": one.state == "running", "Status": one.state, "ExitCode": one.exit_code}
        networks = {name: {} for name in one.networks}
        return {
            "Image": one.image,
            "State": shown,
            "Config": {"User": "runner"},
            "NetworkSettings": {"Networks": networks},
        }

    def runs(self, container: str) -> bool:
        one = self._called("inspect", container) if container in self.all else None
        return one is not None and one.state == "running"

    def image(self, reference: str) -> dict[str, Any]:
        self._called("image", "")
        if reference not in self.images:
            raise EngineError(404, f"No such image: {reference}")
        return {"Id": self.images[reference], "Config": self.image_config}

    def cgroup_driver(self) -> str:
        self._called("cgroup_driver", "")
        return "systemd"

    def create(self, name: str, body: dict[str, Any]) -> str:
        self._called("create", "")
        self.bodies.append(body)
        assert name not in [one.name for one in self.all.values()], "Docker answers 409"
        return self.add(name=name, labels=body["Labels"], image=self.images[body["Image"]]).id

    def put_archive(self, container: str, directory: str, archive: bytes) -> None:
        one = self._called("put_archive", container)
        assert one.state == "created"
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            found = {Path(entry.name).name: tar.extractfile(entry).read() for entry in tar if entry.isreg()}  # type: ignore[union-attr]
        # The work folder may lie elsewhere; whatever is read by the runner lies where it runs.
        assert not found or directory == self.image_config["WorkingDir"]
        one.files.update(found)

    def get_archive(self, container: str, path: str) -> bytes:
        self._called("get_archive", container)
        assert path == "/etc/passwd"
        stream = io.BytesIO()
        with tarfile.open(fileobj=stream, mode="w") as tar:
            member = tarfile.TarInfo("passwd")
            member.size = len(PASSWD)
            tar.addfile(member, io.BytesIO(PASSWD))
        return stream.getvalue()

    def start(self, container: str) -> None:
        one = self._called("start", container)
        one.state = "running"
        if names.LABEL_BESIDE in one.labels:
            return
        behaviour = self._world.behaviours.pop(0) if self._world.behaviours else idle
        behaviour(self._world, one)

    def stop(self, container: str, seconds: int) -> None:
        one = self._called("stop", container)
        if one.works:
            self.killed_jobs.append(one.name)
        if one.state == "running":
            self.emit(one, "Exiting...")
            self.end(one, 143)

    def remove(self, container: str) -> None:
        if container not in self.all:
            return
        one = self._called("remove", container)
        assert one.state != "running" or names.LABEL_BESIDE in one.labels, "a running container is never removed"
        del self.all[one.id]

    def marked_networks(self, labels: dict[str, str]) -> list[dict[str, Any]]:
        return self._beside("networks", "Id", labels)

    def create_network(self, name: str, options: dict[str, str], labels: dict[str, str]) -> None:
        self._called("create_network", "")
        assert name not in self.beside["networks"], "Docker answers 409"
        self.beside["networks"][name] = labels

    def discard_network(self, network: str) -> None:
        self._called("discard_network", "")
        del self.beside["networks"][network]

    def marked_volumes(self, labels: dict[str, str]) -> list[dict[str, Any]]:
        return self._beside("volumes", "Name", labels)

    def create_volume(self, name: str, labels: dict[str, str]) -> str:
        self._called("create_volume", "")
        self.beside["volumes"][name] = labels
        return f"/var/lib/docker/volumes/{name}/_data"

    def discard_volume(self, volume: str) -> None:
        self._called("discard_volume", "")
        assert volume not in [one.name for one in self.all.values()], "Docker answers 409: volume is in use"
        del self.beside["volumes"][volume]

    def _beside(self, kind: str, key: str, labels: dict[str, str]) -> list[dict[str, Any]]:
        self._called(kind, "")
        return [
            {key: name, "Labels": marks} for name, marks in self.beside[kind].items() if labels.items() <= marks.items()
        ]

    def death(self, container: str, since: str, patience: float) -> int | None:
        one = self._called("death", container)
        return one.exit_code if one.state == "exited" and self.tells_of_deaths else None

    def untag(self, reference: str) -> None:
        self._called("untag", "")
        self.images.pop(reference, None)

    def pause(self, container: str) -> None:
        one = self._called("pause", container)
        self.before_pause(one)
        one.paused = True

    def unpause(self, container: str) -> None:
        self._called("unpause", container).paused = False

    def sent(self, container: str) -> int:
        return self._called("sent", container).sent if container in self.all else 0

    def disconnect(self, container: str) -> None:
        """Where its answer is to be lost, Docker has done it all the same."""
        if self.loses_answers and container in self.all:
            self.all[container].networks = []
        self._called("disconnect", container).networks = []

    def reconnect(self, container: str) -> None:
        one = self._called("reconnect", container)
        one.paused = False
        if one.state == "running" and not one.networks:
            one.networks.append("github-runner")

    def processes(self, container: str) -> list[str]:
        one = self.all.get(container)
        self._called("processes", container if one else "")
        return list(one.processes) if one and one.state == "running" else []

    def follow(self, container: str, since: str) -> Stream:
        one = self._called("follow", container)
        seconds, _dot, fraction = since.partition(".")
        stream = Stream(len(self.streams) + 1, one, int(seconds) * 10**9 + int(fraction.ljust(9, "0")))
        self.streams[stream.fileno()] = stream
        return stream

    def _called(self, call: str, container: str) -> Any:
        self.calls.append((self._world.now - START, call, container))
        if self.count(call) > 5000:
            raise Stuck(f"{call} is called again and again")
        if self.down:
            raise EngineUnavailable("Docker does not answer")
        if self.failures.get(call):
            raise self.failures[call].pop(0)
        if container and container not in self.all:
            raise EngineError(404, f"No such container: {container}")
        return self.all.get(container)


# What containers do.


def later(world: World, one: Container, seconds: float, event: Callable[[], object]) -> None:
    """Something in a container, if it still runs then."""
    world.after(seconds, lambda: event() if one.state == "running" else None)


def say(world: World, one: Container, seconds: float, text: str) -> None:
    """A line of the runner's own, with its time."""
    moment = time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime(world.now + seconds))
    later(world, one, seconds, lambda: world.engine.emit(one, f"{moment}: {text}"))


def idle(world: World, one: Container) -> None:
    """Connects, listens, and waits for a job that does not come."""
    later(world, one, 1, lambda: world.engine.emit(one, "√ Connected to GitHub"))
    say(world, one, 2, "Listening for Jobs")


def ends(seconds: float, code: int = 0, listens: bool = False) -> Behaviour:
    """Ends by itself, without a job."""

    def behave(world: World, one: Container) -> None:
        if listens:
            say(world, one, seconds / 2, "Listening for Jobs")
        later(world, one, seconds, lambda: world.engine.end(one, code))

    return behave


def job(begins: float, lasts: float, spawn: float = 1.0, answered: float = 0.0) -> Behaviour:
    """Listens, asks for a job, has it ``answered`` seconds later, its worker ``spawn`` after that, and ends after it.

    A runner that is not registered any more, or has no network, asks for none.
    """

    def behave(world: World, one: Container) -> None:
        def assign() -> None:
            if one.name not in world.github.registered or not one.networks:
                return
            world.github.busy.add(one.name)
            one.sent += 1
            later(world, one, answered, take)

        def take() -> None:
            if not one.networks:
                world.engine.lost_jobs.append(one.name)
                return
            one.sent += 1
            later(world, one, spawn, lambda: one.processes.append(WORKER))
            say(world, one, spawn, "Running job: build")
            later(world, one, spawn + lasts, finish)

        def finish() -> None:
            one.processes.remove(WORKER)
            world.github.busy.discard(one.name)
            world.github.registered.pop(one.name, None)
            say(world, one, 0, "Job build completed with result: Succeeded")
            later(world, one, 1, lambda: world.engine.end(one))

        idle(world, one)
        later(world, one, begins, assign)

    return behave
