# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""GitHub's stand-in, and jobs that must come to their end."""

from __future__ import annotations

from typing import Any

from bed import lifecycle
from bed.waiting import wait_until

from .ledger import Ledger


class Job:
    """A job that ticks once a second."""

    def __init__(self, github: GitHub, number: int, seconds: int):
        self._github = github
        self._number = number
        self._seconds = seconds

    @property
    def seen(self) -> dict[str, Any]:
        """All that GitHub knows of it."""
        return self._github.call("GET", f"/jobs/{self._number}")

    def wait_for_work(self) -> str:
        """Wait until its steps run; gives the instance whose runner has it."""
        wait_until(lambda: "tick 1" in self.seen["log"], 60, lambda: f"the job does not begin: {self.seen}", pause=0.2)
        # POOL-HOST-NUMBER-NONCE.
        return str(self.seen["runner_name"]).split("-")[-2]

    def wait_for_end(self) -> None:
        """Wait until it is over; it must have succeeded, with every tick in its log."""
        wait_until(
            lambda: self.seen["status"] == "completed", 60 + self._seconds, lambda: f"the job does not end: {self.seen}"
        )
        seen = self.seen
        assert seen["result"] == "succeeded", seen
        assert seen["log"].count("tick ") == self._seconds, seen
        self._github.ledger.finished += 1


class GitHub:
    """The bed's GitHub."""

    def __init__(self, ledger: Ledger):
        self._stand_in = lifecycle.stand_in()
        self.ledger = ledger

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """One call of the admin API."""
        return self._stand_in.call(method, path, body)

    def submit(self, seconds: int, gate: str = "") -> Job:
        """A job of so many seconds, which must not be lost; it goes on until its container has a file `gate`."""
        script = f"for second in $(seq {seconds}); do echo tick $second; sleep 1; done"
        if gate:
            script += f"; until [ -e {gate} ]; do sleep 0.2; done"
        number = self.call("POST", "/jobs", {"script": script})["id"]
        self.ledger.started += 1
        return Job(self, number, seconds)

    def fault(self, kind: str, **options: Any) -> None:
        """Let GitHub misbehave."""
        self.call("POST", "/faults", {"kind": kind, **options})

    def clear(self) -> None:
        """Let it behave again."""
        self.call("DELETE", "/faults")

    def runners(self) -> dict[str, dict[str, Any]]:
        """All registrations, by name."""
        return {one["name"]: one for one in self.call("GET", "/runners")["runners"]}

    def requests(self, since: int = 0) -> list[dict[str, Any]]:
        """What was asked, oldest first; the runners' own connections left out."""
        asked = self.call("GET", f"/log?since={since}")["requests"]
        return [one for one in asked if not one["path"].startswith("/_runner/")]
