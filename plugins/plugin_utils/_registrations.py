# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""GitHub's side, from the control node: list, wait for online, remove what is ours and dead."""

from __future__ import annotations

import time
from typing import Any, Callable

from ..module_utils._failure import Failure
from ..module_utils.launcher import names
from ..module_utils.launcher.errors import Trouble
from ..module_utils.launcher.github import GitHub

_LOOK = 2.0


def listed(github: GitHub, wanted: list[str]) -> list[dict[str, Any]]:
    """The registrations, all or those with these names. Raises Trouble."""
    return [one for one in github.runners() if not wanted or one["name"] in wanted]


def wait_online(
    github: GitHub,
    wanted: list[str],
    timeout: float,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> list[dict[str, Any]]:
    """The named registrations, once all are online. Raises Failure where they are not in time, Trouble."""
    end = clock() + timeout
    while True:
        found = listed(github, wanted)
        online = {one["name"] for one in found if one["status"] == "online"}
        missing = [name for name in wanted if name not in online]
        if not missing:
            return found
        if clock() >= end:
            raise Failure(f"not online at GitHub after {timeout:g} s: {', '.join(missing)}", runners=found)
        sleep(_LOOK)


def prune(
    github: GitHub, marks: list[str], keep: list[str], among: list[str] | None, check_mode: bool
) -> list[dict[str, Any]]:
    """Remove the offline, idle registrations of the hosts with these marks, but those to keep. Raises Trouble.

    ``among`` names the only ones that may go, None all: a runner that is just being registered is offline too.
    """
    dead = [
        one
        for one in github.runners()
        if one["status"] == "offline"
        and not one["busy"]
        and one["name"] not in keep
        and (among is None or one["name"] in among)
        and any(names.is_ours(one["name"], mark) for mark in marks)
    ]
    removed = []
    for one in dead:
        try:
            if check_mode or github.delete_runner(one["id"]):
                removed.append(one)
        except Trouble as trouble:
            if trouble.kind != "busy":
                raise
    return removed
