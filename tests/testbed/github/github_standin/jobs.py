# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Jobs: one shell script each."""

from __future__ import annotations

from dataclasses import dataclass, field

QUEUED, IN_PROGRESS, COMPLETED = "queued", "in_progress", "completed"
RESULTS = ("succeeded", "failed", "canceled", "abandoned")
MAX_LOG = 16 * 1024 * 1024


@dataclass
class Job:
    """A job and all that is known of it. ``place`` limits it to the runners registered there."""

    id: int
    name: str
    script: str
    labels: tuple[str, ...]
    queued_at: float
    place: str | None = None
    timeout: float | None = None
    status: str = QUEUED
    result: str | None = None
    exit_code: int | None = None
    runner_id: int | None = None
    runner_name: str | None = None
    assigned_at: float | None = None
    started_at: float | None = None
    completed_at: float | None = None
    cancel_asked: bool = False
    #: The session that the job was given to. It speaks for the job even when the runner has another one meanwhile.
    session: str | None = None
    last_seen: float = 0.0
    log: bytearray = field(default_factory=bytearray)

    def write(self, data: bytes) -> None:
        """Add to the log, as much of it as is kept."""
        self.log += data[: MAX_LOG - len(self.log)]

    def as_json(self) -> dict:
        return {
            "id": self.id,
            "name": self.name,
            "labels": list(self.labels),
            "scope": self.place,
            "status": self.status,
            "result": self.result,
            "exit_code": self.exit_code,
            "runner_id": self.runner_id,
            "runner_name": self.runner_name,
            "log": self.log.decode("utf-8", "replace"),
            "queued_at": self.queued_at,
            "started_at": self.started_at,
            "completed_at": self.completed_at,
        }
