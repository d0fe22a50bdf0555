# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prometheus' own client reads the metrics, their names follow its conventions, the dashboard asks for no others."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import (
    files,
    metrics,
    pool,
    state,
    tally,
)
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.engine import EngineError
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.errors import Trouble
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.paths import Paths

ROOT = Path(__file__).resolve().parents[5]
DASHBOARD = ROOT / "docs" / "grafana" / "github-runner.json"
POOL = pool.Pool("default", "https://github.com/acme", "runner:1", ("self-hosted",))
#: Parts of a histogram that every histogram has.
UNASKED = ("replacement_seconds_sum", "replacement_seconds_count")
#: https://prometheus.io/docs/practices/naming: base units, plural or unit last, totals of counters.
UNITS = re.compile(r"_(seconds|total|info|instances|sealed|rate_limit|remaining)$")


class Engine:
    """A Docker that knows one container."""

    def __init__(self, found: dict[str, Any] | None):
        self._found = found

    def inspect(self, _container: str) -> dict[str, Any]:
        if self._found is None:
            raise EngineError(404, "No such container")
        return self._found


RUNNING = {"State": {"Running": True, "StartedAt": "2026-11-24T10:00:00.5Z"}}


def host(root: Path) -> Paths:
    """A host with a pool of two, one of which is sealed, and with what they have counted."""
    paths = Paths(str(root))
    Path(paths.pools).mkdir(parents=True)
    files.write(paths.pool("default"), POOL.dump().encode(), 0o644)
    facts = {"pid": os.getpid(), "since": 1000.5, "image": "sha256:1", "version": "2.336.0"}
    state.write(paths, state.State("1", "default", state.IDLE, **facts))
    state.write(paths, state.State("2", "default", state.SEALED, pid=os.getpid(), since=7.0))
    state.write(paths, state.State("3", "default", state.BUSY, pid=2**22 + 1))
    first = tally.Tally("1", "default", jobs={"succeeded": 3}, registrations=4, errors={"limited": 1})
    for seconds in (0.4, 2.5, 4000):
        first.gap(seconds)
    first.quota = {"limit": 5000, "remaining": 4000, "reset": 1000}
    second = tally.Tally("2", "default", quota={"limit": 5000, "remaining": 3999, "reset": 1000})
    for one in (first, second):
        tally.write(paths, one)
    return paths


def parsed(text: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Every sample, as Prometheus' own client reads the text."""
    found = {}
    for family in text_string_to_metric_families(text):
        assert family.documentation
        for sample in family.samples:
            key = (sample.name.removeprefix("github_runner_"), frozenset(sample.labels.items()))
            assert key not in found, "a sample twice"
            found[key] = sample.value
    return found


def value(found: dict[tuple[str, frozenset[tuple[str, str]]], float], name: str, **labels: str) -> float:
    return found[name, frozenset(labels.items())]


def test_prometheus_reads_everything(tmp_path: Path) -> None:
    """States, counts, the histogram, the rate limit and the key."""
    found = parsed(metrics.render(metrics.collect(host(tmp_path), Engine(RUNNING))))  # type: ignore[arg-type]
    assert value(found, "instances", pool="default", state="idle") == 1
    assert value(found, "instances", pool="default", state="sealed") == 1
    assert value(found, "instances", pool="default", state="stopped") == 1
    assert value(found, "instances", pool="default", state="busy") == 0
    assert value(found, "sealed", pool="default") == 1
    assert value(found, "jobs_total", pool="default", runner_instance="1", result="succeeded") == 3
    assert value(found, "jobs_total", pool="default", runner_instance="2", result="failed") == 0
    assert value(found, "registrations_total", pool="default", runner_instance="1") == 4
    assert value(found, "registration_errors_total", pool="default", runner_instance="1", **{"class": "limited"}) == 1
    one = {"pool": "default", "runner_instance": "1"}
    assert value(found, "replacement_seconds_bucket", **one, le="0.5") == 1
    assert value(found, "replacement_seconds_bucket", **one, le="1800.0") == 2
    assert value(found, "replacement_seconds_bucket", **one, le="+Inf") == 3
    assert value(found, "replacement_seconds_count", **one) == 3
    assert value(found, "replacement_seconds_sum", **one) == 4002.9
    assert value(found, "rate_limit_remaining", pool="default") == 3999
    assert value(found, "micro_cipher_key_created_timestamp_seconds", container="micro-cipher") == 1795514400.5
    assert value(found, "runner_info", **one, version="2.336.0", image="sha256:1") == 1
    assert value(found, "state_timestamp_seconds", **one, state="idle") == 1000.5


def test_names_and_types_follow_the_conventions(tmp_path: Path) -> None:
    """A prefix, base units, counters that end in _total; every family has a help text and samples together."""
    text = metrics.render(metrics.collect(host(tmp_path), Engine(RUNNING)))  # type: ignore[arg-type]
    names = re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE)
    assert len(dict(names)) == len(names) >= 12
    for name, kind in names:
        assert re.fullmatch(r"github_runner_[a-z_]+", name)
        assert UNITS.search(name), name
        assert (kind == "counter") == name.endswith("_total")
    assert re.findall(r"^# HELP (\S+) ", text, re.MULTILINE) == [name for name, _kind in names]
    assert text.endswith("\n")


@pytest.mark.parametrize(
    "found", [None, {"State": {"Running": False}}, {}, {"State": {"Running": True, "StartedAt": "x"}}]
)
def test_what_cannot_be_found_out_is_left_out(tmp_path: Path, found: dict[str, Any] | None) -> None:
    """Without a key there is no age of it; the rest is there."""
    text = metrics.render(metrics.collect(host(tmp_path), Engine(found)))  # type: ignore[arg-type]
    assert "micro_cipher" not in text
    assert "github_runner_instances" in text


def test_an_empty_host_has_metrics_too(tmp_path: Path) -> None:
    """Installed, and nothing has run yet."""
    assert set(parsed(metrics.render(metrics.collect(Paths(str(tmp_path)), Engine(None))))) == {  # type: ignore[arg-type]
        ("launcher_info", frozenset({("version", metrics.VERSION)}))
    }


@given(st.text(), st.floats(allow_nan=False, allow_infinity=False))
def test_any_label_and_value_is_read_as_it_is(text: str, number: float) -> None:
    """Quotes, backslashes and newlines are what they were, and no number loses a digit."""
    family = metrics.Family("test_seconds", "gauge", text, [metrics.Sample({"a": text}, number)])
    # What ends a line for the parser besides a newline never comes: names are checked, versions are digits.
    if len(text.splitlines()) > 1 or text != text.strip():
        return
    [read] = text_string_to_metric_families(metrics.render([family]))
    assert [(one.labels, one.value) for one in read.samples] == [({"a": text}, number)]


def test_the_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    """The collector never reads half a file; everybody may read it; a missing directory is named."""
    path = tmp_path / "github-runner.prom"
    metrics.write(str(path), "a 1\n")
    assert path.read_text() == "a 1\n"
    assert path.stat().st_mode & 0o777 == 0o644
    assert [one.name for one in tmp_path.iterdir()] == [path.name]
    with pytest.raises(Trouble, match=r"missing/x\.prom cannot be written: No such file or directory"):
        metrics.write(str(tmp_path / "missing" / "x.prom"), "")


def test_the_dashboard_asks_for_what_there_is(tmp_path: Path) -> None:
    """Every metric and label in a query of the dashboard is one that a host shows."""
    there: dict[str, set[str]] = {}
    for name, labels in parsed(metrics.render(metrics.collect(host(tmp_path), Engine(RUNNING)))):  # type: ignore[arg-type]
        there.setdefault(f"github_runner_{name}", set()).update(key for key, _value in labels)
    dashboard = json.loads(DASHBOARD.read_text())
    queries = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]
    queries += [one["query"]["query"] for one in dashboard["templating"]["list"] if one["type"] == "query"]
    asked = {name for query in queries for name in re.findall(r"github_runner_\w+", query)}
    assert asked <= set(there)
    # What a host shows beside these is in no panel: the dashboard is not behind the launcher.
    assert set(there) - asked <= {f"github_runner_{one}" for one in ("launcher_info", *UNASKED)}
    labels = {
        one.strip() for query in queries for group in re.findall(r"by \(([^)]*)\)", query) for one in group.split(",")
    }
    # ``instance`` is the host, which Prometheus adds.
    assert labels <= set().union(*there.values()) | {"instance"}


def test_no_label_is_one_of_prometheus_own(tmp_path: Path) -> None:
    """It would be renamed (exported_instance), and every query with it."""
    found = parsed(metrics.render(metrics.collect(host(tmp_path), Engine(RUNNING))))  # type: ignore[arg-type]
    assert not {key for _name, labels in found for key, _value in labels} & {"instance", "job"}


def test_the_dashboard_can_be_imported() -> None:
    """What Grafana needs: a title, panels with places of their own, a data source that is asked for."""
    dashboard = json.loads(DASHBOARD.read_text())
    assert dashboard["title"]
    assert [one["name"] for one in dashboard["__inputs"]] == ["DS_PROMETHEUS"]
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(set(ids)) == len(ids)
    places = set()
    for panel in dashboard["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not places & cells, panel["title"]
        assert at["x"] + at["w"] <= 24
        places |= cells
        assert panel["type"] == "row" or panel["datasource"]["uid"] == "${DS_PROMETHEUS}"
