# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an instance shows of itself: one small file in /run, read by ``status``, the modules and the reconciler."""

from __future__ import annotations

import dataclasses
import json
import os

from . import files
from .paths import Paths

STARTING = "starting"
IDLE = "idle"
BUSY = "busy"
DRAINING = "draining"
SEALED = "sealed"
WAITING = "waiting"
OUTDATED = "outdated"
FAILED = "failed"
STOPPED = "stopped"  #: in no file: what is shown of an instance whose launcher has ended

READY = (IDLE, BUSY)


@dataclasses.dataclass(frozen=True)
class State:
    """One instance, now. Moments are Unix time in seconds."""

    instance: str
    pool: str
    state: str = STARTING
    reason: str = ""  #: a sentence, where the state alone does not say it
    kind: str = ""  #: the trouble's kind, a word for programs
    lasting: bool = False  #: waiting alone will not help, a person has to mend something
    since: float = 0.0  #: when the instance came into this state
    until: float | None = None  #: when it tries again by itself
    pid: int = 0
    program: str = ""  #: which launcher runs, as ``program.program_signature`` writes it
    runner: str | None = None
    runner_id: int | None = None
    url: str | None = None  #: where at GitHub it is registered, and where its number is its own
    container: str | None = None
    image: str | None = None  #: the image's id
    engine_image: str | None = None  #: that of the Engine beside it, where it has one
    version: str | None = None  #: the runner's, as it says itself
    config: str | None = None  #: the pool's configuration that the container was made of
    job: str | None = None  #: the name that the workflow gave to the job that runs
    logged: str = "0"  #: how far the container's output is in the journal
    failures: int = 0  #: runners in a row that ended before they listened


def load(text: str) -> State:
    """The state in a state file's text. Raises ValueError."""
    document = json.loads(text)
    known = {field.name for field in dataclasses.fields(State)}
    try:
        return State(**{key: value for key, value in document.items() if key in known})
    except (AttributeError, TypeError) as error:
        raise ValueError("the state file is damaged") from error


def read(paths: Paths, instance: str) -> State | None:
    """An instance's state; None where it has shown none since the host started, or none that can be read."""
    try:
        text = files.read(paths.state(instance))
        return load(text) if text is not None else None
    except (OSError, ValueError):
        return None


def read_all(paths: Paths) -> list[State]:
    """The states of all instances that have shown one since the host started."""
    try:
        found = os.listdir(paths.states)
    except FileNotFoundError:
        return []
    states = (read(paths, name[: -len(".json")]) for name in found if name.endswith(".json"))
    return sorted((one for one in states if one), key=lambda one: (one.pool, len(one.instance), one.instance))


def write(paths: Paths, state: State) -> None:
    """Publish a state. Raises OSError."""
    os.makedirs(paths.states, mode=0o755, exist_ok=True)
    text = json.dumps(dataclasses.asdict(state)) + "\n"
    files.write(paths.state(state.instance), text.encode(), 0o644)


def alive(state: State, proc: str = "/proc") -> bool:
    """Whether the launcher that wrote this state still runs."""
    return state.pid > 0 and os.path.exists(os.path.join(proc, str(state.pid)))
