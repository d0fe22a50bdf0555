# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runners and their sessions."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from .jit import SERVER_URL
from .places import Place

READ_ONLY_LABELS = ("self-hosted", "linux", "x64")


@dataclass
class Session:
    """A runner's connection. ``polls`` counts the requests for a message that are open now."""

    id: str
    last_seen: float
    polls: int = 0
    inbox: deque[dict] = field(default_factory=deque)


@dataclass
class Runner:
    """A registration. ``job_id`` is set from when a job is assigned until it is over."""

    id: int
    name: str
    place: Place
    labels: tuple[str, ...]
    group_id: int
    secret: str
    created_at: float
    last_online: float
    ephemeral: bool = True
    work_folder: str = "_work"
    server: str = SERVER_URL
    os: str = "unknown"
    version: str | None = None
    session: Session | None = None
    job_id: int | None = None

    @property
    def online(self) -> bool:
        return self.session is not None

    @property
    def busy(self) -> bool:
        return self.job_id is not None

    def serves(self, labels: tuple[str, ...]) -> bool:
        """Whether it has all of these labels; case does not count."""
        return {label.lower() for label in labels} <= {label.lower() for label in self.labels}

    def as_rest(self) -> dict:
        """The ``runner`` of GitHub's REST description."""
        labels = [{"id": n, "name": label, "type": _type(label)} for n, label in enumerate(self.labels, start=1)]
        return {
            "id": self.id,
            "name": self.name,
            "os": self.os,
            "status": "online" if self.online else "offline",
            "busy": self.busy,
            "labels": labels,
            "runner_group_id": self.group_id,
            "ephemeral": self.ephemeral,
            "version": self.version,
        }


def _type(label: str) -> str:
    return "read-only" if label.lower() in READ_ONLY_LABELS else "custom"
