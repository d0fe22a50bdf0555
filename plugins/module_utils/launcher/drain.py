# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a drain leaves. systemd calls a stop good, however the launcher ended, and whether or not there was one."""

from __future__ import annotations

from . import names, state
from .engine import Engine, EngineError
from .paths import Paths
from .state import State
from .watch import STOP_SECONDS


def has_runner(engine: Engine, shown: State) -> bool:
    """Whether the runner that an instance has last shown still runs. Raises EngineError where Docker does not tell."""
    return shown.container is not None and engine.runs(shown.container)


def end_runner(engine: Engine, shown: State) -> None:
    """End the runner of an instance whose launcher cannot, with its job. Raises EngineError."""
    engine.stop(str(shown.container), STOP_SECONDS)


def gave_up(shown: State) -> bool:
    """Whether a drain has left a job running knowingly."""
    return (shown.state, shown.kind) == (state.FAILED, "drain")


def left_running(paths: Paths, engine: Engine, instance: str, force: bool) -> str:
    """What is wrong with an instance whose unit was stopped, a sentence; empty where nothing of it runs any more.

    ``force`` ends a runner whose launcher did not.
    """
    shown = state.read(paths, instance)
    if shown is None:
        return f"no instance {instance} has run here: look at github-runner status"
    try:
        if not has_runner(engine, shown):
            return ""
        if force:
            end_runner(engine, shown)
            return ""
    except EngineError as error:
        return f"{instance}: whether its runner still runs is not known: {error.sentence}"
    if gave_up(shown):
        return f"{instance}: {shown.reason}"
    unit = names.unit_name(instance)
    return f"{instance}: its launcher has ended and its runner has not: start {unit}, then drain it again"
