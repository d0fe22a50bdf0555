# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hosts as runner_info tells of them."""

from __future__ import annotations

import datetime
from typing import Any

NOW = datetime.datetime(2026, 11, 25, 12, 0, tzinfo=datetime.timezone.utc)
NEW, OLD = "sha256:" + "a" * 64, "sha256:" + "b" * 64


def instance(name: str = "1", state: str = "idle", **changes: Any) -> dict[str, Any]:
    """One instance."""
    return {
        "name": name,
        "unit": f"github-runner@{name}.service",
        "enabled": True,
        "active_state": "active",
        "state": state,
        "reason": "",
        "since": NOW.timestamp() - 90,
        "until": None,
        "pool": name.rpartition("-")[0] or "default",
        "runner_name": f"default-host-{name}-0123456789abcd",
        "runner_id": 1,
        "container": "c",
        "image_id": NEW,
        "job": None,
        **changes,
    }


def pool(name: str = "default", **changes: Any) -> dict[str, Any]:
    """One pool."""
    return {
        "name": name,
        "url": "https://github.com/acme",
        "image": "ghcr.io/acme/runner:1",
        "labels": ["self-hosted", "linux"],
        "micro_cipher": "micro-cipher",
        "sealed": False,
        "sealed_reason": "",
        **changes,
    }


def image(image_id: str = NEW, created: str = "2026-11-20T01:02:03.123456789Z", **changes: Any) -> dict[str, Any]:
    """One image."""
    return {"id": image_id, "tags": [], "digest": image_id, "created": created, "version": "2.337.0", **changes}


def info(*instances: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """One host."""
    return {
        "host": "host",
        "mark": "01234567",
        "launcher": "0.1.0",
        "now": NOW.timestamp(),
        "drained": False,
        "drain_reason": "",
        "sealed": False,
        "pools": [pool()],
        "images": [image(), image(OLD, "2026-10-01T00:00:00Z", version="2.336.0")],
        "instances": list(instances),
        **changes,
    }
