# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From what every host told (runner_info) to one document of the whole fleet, and to what of it is amiss. Pure."""

from __future__ import annotations

import datetime
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

# Control characters, C1 ones and the marks that turn the direction of text: a job's name is whatever its author wrote.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]")

# What of an instance is shown as it is told.
_PLAIN = ("name", "pool", "state", "enabled", "runner_name", "runner_id", "image_id")

#: A host's state in one word, the worst first: what it means, and what to do.
MEANINGS = {
    "failed": ("The run has failed on it, or it was not reached.", "What the reason says, and the same run again."),
    "unknown": ("The run ended before its turn.", "The playbook status."),
    "sealed": ("Runners wait: micro-cipher has a new key.", "The playbook unseal."),
    "drained": ("It is in maintenance.", "The playbook resume, when that is over."),
    "troubled": ("Some instances do not serve.", "What their own rows say."),
    "serving": ("All instances serve, or are about to.", ""),
    "empty": ("No instance is installed.", "The playbook site."),
}
SERVING = ("idle", "busy")
PASSING = ("starting", "draining")
# GitHub gives a runner 30 days to be replaced, counted from the release that follows its own.
IMAGE_AGE_MAX = 30


def document(
    hosts: Mapping[str, Mapping[str, Any]],
    moment: datetime.datetime,
    image_age_max: int = IMAGE_AGE_MAX,
) -> dict[str, Any]:
    """The fleet as it is shown and written.

    ``hosts`` has for each host the result of runner_info, or as much of it as there is; ``msg`` in it is a failure.
    """
    newest = _newest_images(hosts)
    described = [_host(name, info, newest, moment, image_age_max) for name, info in hosts.items()]
    launchers = Counter(one["launcher"] for one in described if one["launcher"])
    states = Counter(instance["state"] for one in described for instance in one["instances"])
    return {
        "generated": moment.astimezone(datetime.timezone.utc).isoformat(timespec="seconds"),
        "hosts": described,
        "counts": {
            "hosts": dict(Counter(one["status"] for one in described)),
            "instances": dict(states),
            "serving": sum(states[state] for state in SERVING),
            "total": sum(states.values()),
        },
        "findings": [finding for one in described for finding in _findings(one, launchers)],
    }


def printable(text: Any) -> str:
    """A value as text that changes nothing but the place where it stands."""
    return _UNPRINTABLE.sub(lambda match: f"\\x{ord(match[0]):02x}", str(text))


def _host(
    name: str,
    info: Mapping[str, Any],
    newest: Mapping[str, str],
    moment: datetime.datetime,
    image_age_max: int,
) -> dict[str, Any]:
    images = {one["id"]: one for one in info.get("images") or []}
    references = {one["name"]: one["image"] for one in info.get("pools") or []}
    now = info.get("now") or moment.timestamp()
    instances = []
    for one in info.get("instances") or []:
        image = images.get(one["image_id"]) or {}
        age = _days(image.get("created"), moment)
        busy = one["state"] in ("busy", "draining") and bool(one["job"])
        instances.append(
            {
                **{key: one[key] for key in _PLAIN},
                "reason": printable(one["reason"]),
                "job": printable(one["job"]) if busy else None,
                "seconds": max(0, round(now - one["since"])) if one["since"] else None,
                "retry_seconds": max(0, round(one["until"] - now)) if one["until"] else None,
                "image_digest": image.get("digest"),
                "runner_version": printable(one.get("runner_version") or image.get("version") or "") or None,
                "image_age_days": age,
                "image_behind": one["image_id"] is not None
                and newest.get(references.get(one["pool"], ""), one["image_id"]) != one["image_id"],
                "image_old": age is not None and age > image_age_max,
            }
        )
    instances.sort(key=lambda one: (one["pool"], len(one["name"]), one["name"]))
    status, reason = _status(info, instances)
    return {
        "name": name,
        "status": status,
        "reason": reason,
        "drained": bool(info.get("drained")),
        "launcher": info.get("launcher"),
        "pools": [
            {
                **{key: one[key] for key in ("name", "url", "image", "labels", "sealed", "sealed_reason")},
                "instances": sum(instance["pool"] == one["name"] for instance in instances),
            }
            for one in info.get("pools") or []
        ],
        "images": list(images.values()),
        "instances": instances,
    }


def _status(info: Mapping[str, Any], instances: list[dict[str, Any]]) -> tuple[str, str]:
    """A host's state in one word, the worst first, and why."""
    if info.get("msg"):
        return "failed", printable(info["msg"])
    if "instances" not in info:
        return "unknown", "it was not reached, or the run ended before its turn"
    sealed = next((one["sealed_reason"] for one in info.get("pools") or [] if one["sealed"]), None)
    if sealed is not None:
        return "sealed", sealed
    if info.get("drained"):
        return "drained", printable(info.get("drain_reason") or "")
    lacking = [one for one in instances if one["state"] not in (*SERVING, *PASSING) and one["enabled"]]
    if any(one["state"] == "sealed" for one in lacking):
        return "sealed", next(one["reason"] for one in lacking if one["state"] == "sealed")
    if lacking:
        return "troubled", f"{len(lacking)} of {len(instances)} instances do not serve"
    return ("serving", "") if instances else ("empty", "no instance is installed")


def _findings(host: Mapping[str, Any], launchers: Counter[str]) -> list[dict[str, str]]:
    found: list[tuple[str, str]] = []
    if host["status"] in ("failed", "unknown", "sealed"):
        remedy = ": run the playbook unseal" if host["status"] == "sealed" else ""
        found.append(("bad", f"{host['status']}: {host['reason']}{remedy}"))
    elif host["status"] == "drained":
        found.append(("note", f"drained{': ' + host['reason'] if host['reason'] else ''}"))
    by_reason: dict[str, list[str]] = {}
    for one in host["instances"]:
        if one["enabled"] and one["state"] not in (*SERVING, *PASSING, "sealed") and not host["drained"]:
            by_reason.setdefault(f"{one['state']}{': ' + one['reason'] if one['reason'] else ''}", []).append(
                one["name"]
            )
    found += [("bad", f"{span(named)} {reason}") for reason, named in by_reason.items()]
    behind = [one["name"] for one in host["instances"] if one["image_behind"]]
    if behind:
        found.append(("warn", f"{span(behind)} run an older image than others of the fleet"))
    old = [one["name"] for one in host["instances"] if one["image_old"]]
    if old:
        oldest = max(one["image_age_days"] for one in host["instances"] if one["image_old"])
        found.append(
            (
                "warn",
                f"{span(old)} run an image that is {oldest} days old, and GitHub gives no jobs to a version "
                f"{IMAGE_AGE_MAX} days after the next one: run the playbook upgrade",
            )
        )
    newest = max(launchers, key=_version, default=None)
    if host["launcher"] and host["launcher"] != newest:
        found.append(("warn", f"launcher {host['launcher']}, others have {newest}: run the playbook site"))
    return [{"level": level, "host": host["name"], "text": text} for level, text in found]


def _version(text: str) -> list[int]:
    """A version to be compared: 0.10.0 is newer than 0.9.0."""
    return [int(digits) for digits in re.findall(r"[0-9]+", text)]


def span(names: list[str]) -> str:
    """Names of instances, neighbours drawn together: ``1-4, 9, gpu-1-2``. Their order is kept."""
    runs: list[tuple[str, int, int]] = []
    for name in names:
        prefix, hyphen, digits = name.rpartition("-")
        number = int(digits)
        if runs and runs[-1][0] == prefix + hyphen and runs[-1][2] + 1 == number:
            runs[-1] = (prefix + hyphen, runs[-1][1], number)
        else:
            runs.append((prefix + hyphen, number, number))
    return ", ".join(f"{prefix}{first}" + (f"-{last}" if last > first else "") for prefix, first, last in runs)


def _newest_images(hosts: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """For each image that pools ask for, the id of the newest that some instance runs."""
    newest: dict[str, tuple[str, str]] = {}
    for info in hosts.values():
        created = {one["id"]: one["created"] or "" for one in info.get("images") or []}
        references = {one["name"]: one["image"] for one in info.get("pools") or []}
        for one in info.get("instances") or []:
            if one["image_id"] in created and one["pool"] in references:
                candidate = (created[one["image_id"]], one["image_id"])
                newest[references[one["pool"]]] = max(newest.get(references[one["pool"]], ("", "")), candidate)
    return {reference: image for reference, (_created, image) in newest.items()}


def _days(created: str | None, moment: datetime.datetime) -> int | None:
    """Whole days since Docker's ``Created``, whose nanoseconds no datetime of Python's reads."""
    try:
        day = datetime.date.fromisoformat((created or "")[:10])
    except ValueError:
        return None
    return max(0, (moment.astimezone(datetime.timezone.utc).date() - day).days)
