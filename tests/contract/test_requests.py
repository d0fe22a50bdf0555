# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Our client asks as GitHub's OpenAPI description says, and understands what it is answered."""

from __future__ import annotations

import json
import re

import pytest
from contract_kit.wire import Recorder
from stand_in.server import Server

from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.errors import Trouble
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.github import GitHub
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.scope import Scope
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.urllib_transport import (
    UrllibTransport,
)

SCOPES = {"organization": "acme", "repository": "acme/widgets", "enterprise": "acme-group"}
LABELS = ["self-hosted", "linux", "x64"]


@pytest.fixture
def recorder(descriptions):
    """A transport whose traffic is held against the description once the test is over."""
    recorder = Recorder(UrllibTransport())
    yield recorder
    violations = [
        (exchange.method, exchange.path, exchange.status, found)
        for exchange in recorder.exchanges
        if (found := descriptions.request_violations(exchange) + descriptions.answer_violations(exchange))
    ]
    assert violations == []


@pytest.fixture
def client(github, recorder):
    """Makes our client for a kind of owner and a token."""

    def make(kind: str = "organization", token: str = "classic") -> GitHub:
        owner = SCOPES[kind]
        return GitHub(
            recorder, Scope(url=f"https://github.com/{owner}", kind=kind, owner=owner, api=github.base), token
        )

    return make


@pytest.mark.parametrize(
    ("kind", "name", "number"),
    [("organization", "Default", 1), ("organization", "RESTRICTED", 2), ("enterprise", "restricted", 2)],
)
def test_a_runner_group_is_found_by_its_name(client, kind, name, number):
    """As GitHub compares names, without case."""
    assert client(kind).group_id(name) == number


def test_a_group_that_is_not_there_is_named_with_those_that_are(client):
    """So that a slip of the pen is seen at once."""
    with pytest.raises(Trouble, match="has no runner group 'gpu'; there are: Default, restricted") as caught:
        client().group_id("gpu")
    assert caught.value.lasting


@pytest.mark.parametrize("kind", SCOPES)
def test_a_registration_token_registers(client, github, kind):
    """What a container that registers itself is given."""
    given = client(kind).registration_token()
    owner = {"organization": "acme", "repository": "acme/widgets", "enterprise": "enterprises/acme-group"}[kind]
    wish = {"url": f"https://github.com/{owner}", "name": "one", "labels": ["a"], "ephemeral": True}
    assert Server(github.base).register({**wish, "token": given["token"]}).status == 201


@pytest.mark.parametrize(
    ("token", "kind", "said"),
    [
        ("classic", None, ""),
        ("fine", None, ""),
        ("reader", None, ""),
        ("nobody's", "refused", "(401)"),
        ("scopeless", "not_found", "lacks the scope admin:org"),
    ],
)
def test_a_cheap_look_tells_whether_a_token_will_do(client, recorder, token, kind, said):
    """One request that changes nothing, before any host is touched."""
    if kind is None:
        client(token=token).check()
    else:
        with pytest.raises(Trouble, match=re.escape(said)) as caught:
            client(token=token).check()
        assert caught.value.kind == kind
    assert [exchange.method for exchange in recorder.exchanges] == ["GET"]


@pytest.mark.parametrize("kind", SCOPES)
def test_a_runner_from_its_registration_to_its_removal(client, recorder, kind):
    """Every call that the client can make, for every kind of owner."""
    client = client(kind)
    made = client.create_jit_config("one", LABELS, 1)
    assert set(made.files) == {".runner", ".credentials", ".credentials_rsaparams"}
    assert json.loads(made.files[".runner"])["AgentName"] == "one"
    (found,) = client.runners("one")
    assert (found["id"], [label["name"] for label in found["labels"]]) == (made.runner_id, LABELS)
    assert client.delete_runner(made.runner_id) is True
    assert client.delete_runner(made.runner_id) is False
    assert list(client.runners()) == []
    assert len(recorder.exchanges) == 5


def test_all_pages_are_read(client, recorder):
    """A fleet of more than a page is seen whole, each runner once."""
    client = client()
    names = {client.create_jit_config(f"runner-{number}", LABELS, 1).runner_id for number in range(205)}
    recorder.exchanges.clear()
    found = [runner["id"] for runner in client.runners()]
    assert len(found) == 205
    assert set(found) == names
    assert len(recorder.exchanges) == 3


def test_every_request_names_its_version_and_its_sender(client, recorder):
    """GitHub wants these headers: https://docs.github.com/rest/using-the-rest-api/getting-started-with-the-rest-api"""
    client = client()
    made = client.create_jit_config("one", LABELS, 1)
    list(client.runners())
    client.delete_runner(made.runner_id)
    for exchange in recorder.exchanges:
        headers = exchange.request_headers
        assert headers["accept"] == "application/vnd.github+json"
        assert headers["x-github-api-version"] == "2022-11-28"
        assert headers["user-agent"].startswith("socialgouv.actions_runner/")
        assert headers["authorization"] == "Bearer classic"


@pytest.mark.parametrize(
    ("token", "kind", "said"),
    [
        ("nobody's", "refused", "(401)"),
        ("reader", "forbidden", 'it lacks the organization permission "Self-hosted runners": read and write'),
        ("scopeless", "not_found", "(404): it lacks the scope admin:org"),
        ("spent", "limited", "(403)"),
    ],
)
def test_a_token_that_will_not_do_is_understood(client, token, kind, said):
    """Each refusal becomes the trouble that a person can act on."""
    with pytest.raises(Trouble) as caught:
        client(token=token).create_jit_config("one", LABELS, 1)
    assert caught.value.kind == kind
    assert said in str(caught.value)


def test_the_end_of_a_rate_limit_is_waited_for(client):
    """The wait is what is left of the hour, as GitHub's headers tell it."""
    with pytest.raises(Trouble) as caught:
        list(client(token="spent").runners())
    assert 3000 < caught.value.retry_after <= 3600


def test_a_name_in_use_is_a_conflict(client):
    """So a lost answer is noticed when the name is used again."""
    client = client()
    client.create_jit_config("one", LABELS, 1)
    with pytest.raises(Trouble) as caught:
        client.create_jit_config("one", LABELS, 1)
    assert caught.value.kind == "conflict"


def test_a_busy_runner_is_not_deleted(client, connect, github):
    """The client tells a job at work from everything else that GitHub refuses."""
    client = client()
    made = client.create_jit_config("one", LABELS, 1)
    connect(made.files)
    github.steer("POST", "/jobs", {"script": "true"})
    with pytest.raises(Trouble) as caught:
        client.delete_runner(made.runner_id)
    assert caught.value.kind == "busy"


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_bad_day_is_waited_out(client, github, status):
    """What GitHub cannot serve now is no lasting trouble, and its Retry-After is heard."""
    github.steer("POST", "/faults", {"kind": "status", "status": status, "retry_after": 7})
    with pytest.raises(Trouble) as caught:
        list(client().runners())
    assert (caught.value.kind, caught.value.retry_after, caught.value.lasting) == ("unavailable", 7, False)


def test_a_lost_answer_leaves_a_runner_that_is_found_by_name(client, github):
    """What the launcher's clean-up after a lost answer rests on."""
    github.steer("POST", "/faults", {"kind": "drop", "count": 1})
    client = client()
    with pytest.raises(Trouble) as caught:
        client.create_jit_config("lost", LABELS, 1)
    assert caught.value.kind == "unreachable"
    (found,) = client.runners("lost")
    assert (found["status"], found["busy"]) == ("offline", False)
    assert client.delete_runner(found["id"]) is True
