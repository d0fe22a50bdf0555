# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A fleet on an ordinary day, with a bit of everything that a page has to show."""

from __future__ import annotations

import datetime
from typing import Any

NOW = datetime.datetime(2026, 11, 25, 14, 30, tzinfo=datetime.timezone.utc)
RUNNER = "ghcr.io/socialgouv/actions-runner:master"
GPU = "ghcr.io/socialgouv/actions-runner-gpu:v3"
_IMAGES = {
    "new": ("4f0c1d9a7e52", "2026-11-17T08:12:44.101Z", "2.338.0"),
    "old": ("b71e02c6d943", "2026-10-19T07:55:10.221Z", "2.337.0"),
    "gpu": ("19aa6f3c0b8e", "2026-11-21T16:02:31.004Z", "2.338.0"),
}
_JOBS = (
    "build / linux-amd64",
    "test (node 22, postgres 17)",
    "lint",
    "e2e / chromium",
    "deploy preview #4182",
    "release / sign and publish",
    "codeql (python)",
    "docs",
)


def fleet() -> dict[str, dict[str, Any]]:
    """Eight hosts by name, as runner_info tells of them."""
    return {
        "ci1.example.org": host(["busy", "busy", "idle", "idle"], since=140),
        "ci2.example.org": host(["idle", "busy", "idle", "busy"], since=2710),
        "ci3.example.org": host(["busy", "idle", "starting", "draining"], since=35, image="old"),
        "ci4.example.org": host(["stopped"] * 4, drained=True, drain_reason="new disk, back on Thursday"),
        "ci5.example.org": host(
            ["sealed"] * 4,
            reason="micro-cipher has another key than the one that the token was sealed for: seal it again",
            pools=[pool(sealed=True, reason="micro-cipher has another key than the one that the token was sealed for")],
        ),
        "ci6.example.org": host(
            ["idle", "busy", "waiting", "waiting"], since=690, reason="GitHub cannot serve now (503)", until=48
        ),
        "gpu1.example.org": host(
            ["busy", "idle"],
            name="gpu-",
            since=5400,
            image="gpu",
            pools=[pool("gpu", GPU, ["gpu", "cuda-12"])],
        ),
        "ci7.example.org": {
            "msg": "Failed to connect to the host via ssh: connect to host ci7.example.org port 22: No route to host"
        },
    }


def pool(name: str = "default", image: str = RUNNER, labels: list[str] | None = None, **told: Any) -> dict[str, Any]:
    """One pool."""
    return {
        "name": name,
        "url": "https://github.com/acme",
        "image": image,
        "labels": labels or ["self-hosted", "linux", "x64", "docker"],
        "micro_cipher": "micro-cipher",
        "sealed": told.get("sealed", False),
        "sealed_reason": told.get("reason", ""),
    }


def host(
    states: list[str],
    name: str = "",
    since: float = 60,
    image: str = "new",
    reason: str = "",
    until: float | None = None,
    **changes: Any,
) -> dict[str, Any]:
    """One host with an instance for each state."""
    now = NOW.timestamp()
    pools = changes.pop("pools", [pool()])
    instances = [
        {
            "name": f"{name}{number}",
            "pool": pools[0]["name"],
            "state": state,
            "enabled": True,
            "reason": reason if state in ("sealed", "waiting") else "takes no new job" if state == "draining" else "",
            "since": None if state == "stopped" else now - since * number / 2,
            "until": now + until if until and state == "waiting" else None,
            "runner_name": f"{pools[0]['name']}-host-{number}-0123456789abcd",
            "runner_id": 1000 + number,
            "image_id": f"sha256:{_IMAGES[image][0]}" if state in ("idle", "busy", "starting", "draining") else None,
            "job": _JOBS[(number * 3 + int(since)) % len(_JOBS)] if state == "busy" else None,
        }
        for number, state in enumerate(states, 1)
    ]
    images = [
        {"id": f"sha256:{digest}", "tags": [], "digest": f"sha256:{digest}", "created": created, "version": version}
        for digest, created, version in _IMAGES.values()
    ]
    told = {"launcher": "0.1.0", "now": now, "drained": False, "drain_reason": "", "pools": pools, "images": images}
    return {**told, "instances": instances, **changes}
