# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``github-runner metrics``: what this host's instances do, for Prometheus.

In the text format that node_exporter's textfile collector reads: https://prometheus.io/docs/instrumenting/exposition_formats.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from . import VERSION, files, moments, pool_files, state, tally
from .engine import Engine, EngineError
from .errors import Trouble
from .paths import Paths
from .pool import Pool
from .state import State
from .tally import Tally

# Prometheus calls the host it asks ``instance``, and would rename a label of that name.
PREFIX = "github_runner_"
STATES = (
    *(state.STARTING, state.IDLE, state.BUSY, state.DRAINING, state.SEALED, state.WAITING, state.OUTDATED),
    *(state.FAILED, state.STOPPED),
)


class Sample(NamedTuple):
    """One value, with its labels and what the name has behind the family's (of a histogram)."""

    labels: dict[str, str]
    value: float
    suffix: str = ""


class Family(NamedTuple):
    """A metric: its name without the prefix, its type, what it says, and its values."""

    name: str
    kind: str
    help: str
    samples: list[Sample]


def collect(paths: Paths, engine: Engine) -> list[Family]:
    """Everything there is to say now; what cannot be found out is left out."""
    pools = pool_files.read(paths).pools  # the reconciler says which cannot be read
    instances = [(one, one.state if state.alive(one) else state.STOPPED) for one in state.read_all(paths)]
    return [
        *of_instances(pools, instances),
        *of_tallies(tally.read_all(paths)),
        of_keys(pools, engine),
        Family("launcher_info", "gauge", "The version of the launcher.", [Sample({"version": VERSION}, 1)]),
    ]


def of_instances(pools: list[Pool], instances: list[tuple[State, str]]) -> list[Family]:
    """What the states say. Pure. Every state of every pool has a value, so that none vanishes when it is zero."""
    named = {one.name for one in pools} | {one.pool for one, _shown in instances}
    counts = {(name, shown): 0 for name in sorted(named) for shown in STATES}
    for one, shown in instances:
        counts[one.pool, shown] += 1
    sealed = [Sample({"pool": name}, min(1, counts[name, state.SEALED])) for name in sorted(named)]
    running = [
        Sample({"pool": one.pool, "runner_instance": one.instance, "version": one.version, "image": one.image or ""}, 1)
        for one, shown in instances
        if one.version and shown != state.STOPPED
    ]
    since = [
        Sample({"pool": one.pool, "runner_instance": one.instance, "state": shown}, one.since)
        for one, shown in instances
        if shown != state.STOPPED
    ]
    return [
        Family(
            "instances",
            "gauge",
            "Instances of this host, by state.",
            [Sample({"pool": name, "state": shown}, count) for (name, shown), count in counts.items()],
        ),
        Family("sealed", "gauge", "Whether the credential has to be sealed again: micro-cipher has a new key.", sealed),
        Family("runner_info", "gauge", "The version and image of each runner that stands.", running),
        Family("state_timestamp_seconds", "gauge", "When each instance came into its state, Unix time.", since),
    ]


def of_tallies(tallies: list[Tally]) -> list[Family]:
    """What the instances have counted. Pure."""
    jobs = [
        Sample({**_labels(one), "result": result}, one.jobs.get(result, 0))
        for one in tallies
        for result in (*tally.RESULTS, tally.UNKNOWN)
    ]
    errors = [
        Sample({**_labels(one), "class": kind}, count) for one in tallies for kind, count in sorted(one.errors.items())
    ]
    made = [Sample(_labels(one), one.registrations) for one in tallies]
    return [
        Family("jobs_total", "counter", "Jobs that have ended, by GitHub's result.", jobs),
        Family("registrations_total", "counter", "Runners that were registered and made.", made),
        Family("registration_errors_total", "counter", "Runners that could not be, by the class of the error.", errors),
        Family(
            "replacement_seconds",
            "histogram",
            "From the end of a job until the next runner listens.",
            [sample for one in tallies for sample in _histogram(one)],
        ),
        *_quotas(tallies),
    ]


def of_keys(pools: list[Pool], engine: Engine) -> Family:
    """When each micro-cipher made the key that is in force: at its container's start."""
    samples = []
    for name in sorted({one.micro_cipher for one in pools}):
        try:
            found = engine.inspect(name)["State"]
            if found["Running"]:
                samples.append(Sample({"container": name}, moments.nanoseconds(found["StartedAt"]) / 10**9))
        except (EngineError, ValueError, KeyError):
            continue
    text = (
        "When micro-cipher made the key in force, Unix time; "
        "after a new one, all instances wait (sealed) until the credential is sealed again."
    )
    return Family("micro_cipher_key_created_timestamp_seconds", "gauge", text, samples)


def render(families: Iterable[Family]) -> str:
    """The text. Pure."""
    return "".join(line + "\n" for family in families for line in _lines(family))


def write(path: str, text: str) -> None:
    """Put the text where the collector reads it, whole or not at all. Raises Trouble."""
    try:
        files.write(path, text.encode(), 0o644)
    except OSError as error:
        raise Trouble("files", f"{path} cannot be written: {error.strerror}") from error


def _labels(one: Tally) -> dict[str, str]:
    return {"pool": one.pool, "runner_instance": one.instance}


def _histogram(one: Tally) -> Iterator[Sample]:
    seen = 0
    for bound, count in zip((*map(str, tally.BOUNDS), "+Inf"), one.gaps):
        seen += count
        yield Sample({**_labels(one), "le": bound}, seen, "_bucket")
    yield Sample(_labels(one), one.gap_seconds, "_sum")
    yield Sample(_labels(one), seen, "_count")


def _quotas(tallies: list[Tally]) -> Iterator[Family]:
    """The instances of a pool share a credential: the last word on its limit is the one that leaves the least."""
    newest: dict[str, dict[str, float]] = {}
    for one in tallies:
        if one.quota and _order(one.quota) > _order(newest.get(one.pool, {})):
            newest[one.pool] = one.quota
    for key, name, text in (
        ("limit", "rate_limit", "Requests an hour that GitHub allows the credential."),
        ("remaining", "rate_limit_remaining", "Requests that it still had when the last runner was registered."),
        ("reset", "rate_limit_reset_timestamp_seconds", "When GitHub gives it all of them again, Unix time."),
    ):
        yield Family(
            name, "gauge", text, [Sample({"pool": pool}, quota[key]) for pool, quota in sorted(newest.items())]
        )


def _order(quota: dict[str, float]) -> tuple[float, float]:
    return quota.get("reset", -1.0), -quota.get("remaining", 0.0)


def _lines(family: Family) -> Iterator[str]:
    if not family.samples:
        return
    name = PREFIX + family.name
    yield f"# HELP {name} {_escape(family.help, quotes=False)}"
    yield f"# TYPE {name} {family.kind}"
    for sample in family.samples:
        labels = ",".join(f'{key}="{_escape(value)}"' for key, value in sample.labels.items())
        yield f"{name}{sample.suffix}{{{labels}}} {_number(sample.value)}"


def _escape(text: str, quotes: bool = True) -> str:
    escaped = text.replace("\\", "\\\\").replace("\n", "\\n")
    return escaped.replace('"', '\\"') if quotes else escaped


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(float(value))
