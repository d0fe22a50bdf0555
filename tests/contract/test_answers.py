# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The stand-in answers as GitHub's OpenAPI description says: it cannot drift into what is merely convenient."""

from __future__ import annotations

import http.client
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

OWNERS = ("orgs/acme", "repos/acme/widgets", "enterprises/acme-group")
ORG = "/orgs/acme/actions/runners"
JIT = f"{ORG}/generate-jitconfig"


def wish(name: str = "one", **changes: Any) -> dict[str, Any]:
    """The body of generate-jitconfig."""
    return {"name": name, "runner_group_id": 1, "labels": ["self-hosted", "linux", "x64"], **changes}


class Case(NamedTuple):
    """A request that GitHub refuses: its status, and what its message must say."""

    status: int
    says: str
    method: str
    path: str
    body: Any = None
    token: str | None = "classic"
    headers: dict[str, str | None] | None = None


REFUSED = {
    "no token": Case(401, "Requires authentication", "GET", ORG, token=None),
    "unknown token": Case(401, "Bad credentials", "GET", ORG, token="nobody's"),
    "no user agent": Case(403, "User-Agent", "GET", ORG, headers={"User-Agent": None}),
    "lacking permission": Case(403, "not accessible by personal access token", "POST", JIT, wish(), token="reader"),
    "wrong kind of owner": Case(403, "not accessible", "GET", "/repos/acme/widgets/actions/runners", token="fine"),
    "rate limit used up": Case(403, "rate limit exceeded", "GET", ORG, token="spent"),
    "lacking scope": Case(404, "Not Found", "POST", JIT, wish(), token="scopeless"),
    "unknown organisation": Case(404, "Not Found", "GET", "/orgs/nobody/actions/runners"),
    "unknown group": Case(404, "Not Found", "POST", JIT, wish(runner_group_id=99)),
    "unknown runner": Case(404, "Not Found", "GET", f"{ORG}/999999"),
    "runner that is gone": Case(404, "Not Found", "DELETE", f"{ORG}/999999"),
    "trailing slash": Case(404, "Not Found", "GET", f"{ORG}/"),
    "unknown API version": Case(400, "version", "GET", ORG, headers={"X-GitHub-Api-Version": "2001-01-01"}),
    "no JSON": Case(400, "Problems parsing JSON", "POST", JIT, b"{"),
    "missing field": Case(422, "runner_group_id", "POST", JIT, {"name": "one", "labels": ["a"]}),
    "group by name": Case(422, "runner_group_id", "POST", JIT, wish(runner_group_id="Default")),
    "no labels": Case(422, "labels", "POST", JIT, wish(labels=[])),
    "too many labels": Case(422, "labels", "POST", JIT, wish(labels=[f"l{number}" for number in range(101)])),
    "name of 65 characters": Case(422, "64", "POST", JIT, wish("n" * 65)),
}


@pytest.mark.parametrize("server", ["", "/api/v3"], ids=["github.com", "Enterprise Server"])
@pytest.mark.parametrize("owner", OWNERS)
def test_every_call_answers_as_described(github, descriptions, owner, server):
    """Each call of each kind of owner, from nothing to a runner and back, at either kind of GitHub."""
    runners = f"{server}/{owner}/actions/runners"
    made = github.ask("POST", f"{runners}/generate-jitconfig", wish())
    number = made.document["runner"]["id"]
    exchanges = {
        201: [
            made,
            github.ask("POST", f"{runners}/registration-token"),
            github.ask("POST", f"{runners}/remove-token"),
        ],
        200: [github.ask("GET", runners), github.ask("GET", f"{runners}/{number}")],
        204: [github.ask("DELETE", f"{runners}/{number}")],
    }
    for status, found in exchanges.items():
        for exchange in found:
            assert exchange.status == status, exchange
            assert descriptions.request_violations(exchange) == []
            assert descriptions.answer_violations(exchange) == []


@pytest.mark.parametrize(
    "path",
    [
        "/orgs/acme/actions/runner-groups",
        "/enterprises/acme-group/actions/runner-groups",
        "/api/v3/orgs/acme/actions/runner-groups",
        "/api/v3/enterprises/acme-group/actions/runner-groups",
        "/rate_limit",
        "/meta",
    ],
)
def test_the_other_calls_answer_as_described(github, descriptions, path):
    """What a client may ask besides runners."""
    exchange = github.ask("GET", path)
    assert exchange.status == 200
    assert descriptions.answer_violations(exchange) == []


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_refusals_are_described_too(github, descriptions, case):
    """Each error has the status and the words that GitHub gives it, in a body of GitHub's shape."""
    exchange = github.ask(case.method, case.path, case.body, token=case.token, headers=case.headers)
    assert exchange.status == case.status
    assert case.says.lower() in exchange.document["message"].lower()
    assert descriptions.answer_violations(exchange) == []


def test_a_lacking_permission_is_named(github):
    """GitHub names what a fine-grained token lacks in a header; the launcher's hint is made of it."""
    exchange = github.ask("POST", JIT, wish(), token="reader")
    assert exchange.headers["x-accepted-github-permissions"] == "organization_self_hosted_runners=write"


def test_a_name_is_used_once(github, descriptions):
    """A second runner of the same name is a conflict, in GitHub's words."""
    github.ask("POST", JIT, wish())
    again = github.ask("POST", JIT, wish())
    assert again.status == 409
    assert again.document["message"] == "Already exists - A runner with the name one already exists."
    assert descriptions.answer_violations(again) == []


def test_a_busy_runner_is_not_deleted(github, descriptions, connect: Callable):
    """Deleting a runner that has a job is refused, and its state is shown as described."""
    made = github.ask("POST", JIT, wish()).document
    connect(made["encoded_jit_config"])
    github.steer("POST", "/jobs", {"script": "true"})
    path = f"{ORG}/{made['runner']['id']}"
    shown, refused = github.ask("GET", path), github.ask("DELETE", path)
    assert (shown.document["busy"], shown.document["status"]) == (True, "online")
    assert refused.status == 422
    assert refused.document["message"] == 'Bad request - Runner "one" is still running a job'
    assert descriptions.answer_violations(shown) == descriptions.answer_violations(refused) == []


def test_a_fresh_runner_looks_as_in_githubs_example(github):
    """Before a JIT runner has connected GitHub knows nothing of its system, nor a version."""
    runner = github.ask("POST", JIT, wish()).document["runner"]
    assert {key: runner[key] for key in ("os", "status", "busy", "version")} == {
        "os": "unknown",
        "status": "offline",
        "busy": False,
        "version": None,
    }


def test_lists_come_in_pages(github, descriptions):
    """Pages have the size that was asked for, 30 by default and 100 at most, and lead to each other by Link."""
    for number in range(101):
        github.ask("POST", JIT, wish(f"runner-{number}"))
    first = github.ask("GET", f"{ORG}?per_page=100")
    last = github.ask("GET", f"{ORG}?per_page=100&page=2")
    sizes = {query: len(github.ask("GET", ORG + query).document["runners"]) for query in ("", "?per_page=1000")}
    assert sizes == {"": 30, "?per_page=1000": 100}
    assert (len(first.document["runners"]), len(last.document["runners"])) == (100, 1)
    assert first.document["total_count"] == last.document["total_count"] == 101
    assert 'rel="next"' in first.headers["link"]
    assert 'rel="next"' not in last.headers["link"]
    assert 'rel="prev"' in last.headers["link"]
    for exchange in (first, last):
        assert descriptions.request_violations(exchange) == descriptions.answer_violations(exchange) == []


def test_runners_are_found_by_name(github, descriptions):
    """The filter that tells a launcher what became of a registration whose answer was lost."""
    for name in ("one", "other"):
        github.ask("POST", JIT, wish(name))
    found = github.ask("GET", f"{ORG}?name=one")
    assert [runner["name"] for runner in found.document["runners"]] == ["one"]
    assert descriptions.request_violations(found) == descriptions.answer_violations(found) == []


@pytest.mark.parametrize("status", [403, 429, 500, 502, 503])
def test_a_fault_looks_like_githubs_own(github, descriptions, status):
    """What the bed makes fail, fails in GitHub's shape."""
    github.steer("POST", "/faults", {"kind": "status", "status": status, "retry_after": 7})
    exchange = github.ask("GET", ORG)
    assert (exchange.status, exchange.headers["retry-after"]) == (status, "7")
    assert descriptions.answer_violations(exchange) == []


def test_a_dropped_answer_is_lost_after_the_runner_was_made(github):
    """The worst moment to lose an answer: the registration is there, and its configuration nowhere."""
    github.steer("POST", "/faults", {"kind": "drop", "count": 1})
    with pytest.raises((OSError, http.client.HTTPException)):
        github.ask("POST", JIT, wish("lost"))
    assert [runner["name"] for runner in github.ask("GET", ORG).document["runners"]] == ["lost"]


def test_every_answer_has_githubs_headers(github):
    """Request id and rate limit, which clients read: they count down."""
    first, second = github.ask("GET", ORG), github.ask("GET", ORG)
    left = [int(exchange.headers["x-ratelimit-remaining"]) for exchange in (first, second)]
    assert left[0] - left[1] == 1
    assert first.headers["x-github-request-id"] != second.headers["x-github-request-id"]
    assert {"x-ratelimit-limit", "x-ratelimit-used", "x-ratelimit-reset"} <= first.headers.keys()
