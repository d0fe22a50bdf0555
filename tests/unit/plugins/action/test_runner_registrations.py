# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""GitHub's side from the control node, by the way that it is given, and with no file that holds the credential."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible.errors import AnsibleActionFail

from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.github import Answer
from ansible_collections.socialgouv.actions_runner.plugins.plugin_utils import _control

RUNNER = {"id": 1, "name": "default-a-1-0123456789abcd", "status": "offline", "busy": False, "labels": []}
GIVEN = {"url": "https://github.com/acme", "token": "ghp_" + "s" * 36}


class Transport:
    """GitHub with one runner, and how it was reached; what was deleted is kept."""

    def __init__(self) -> None:
        self.ways: list[tuple[str, ...]] = []
        self.deleted: list[str] = []

    def __call__(self, *way: str) -> Transport:
        self.ways.append(way)
        return self

    def send(self, method: str, url: str, *_more: Any) -> Answer:
        if method == "DELETE":
            self.deleted.append(url)
            return Answer(204, {}, b"")
        body = {"total_count": 1, "runners": [RUNNER]}
        return Answer(200, {"content-type": "application/json"}, json.dumps(body).encode())


@pytest.fixture
def transport(monkeypatch: pytest.MonkeyPatch) -> Transport:
    made = Transport()
    monkeypatch.setattr(_control, "UrllibTransport", made)
    for variable in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(variable, raising=False)
    return made


@pytest.mark.parametrize(
    ("given", "way"),
    [
        ({}, ("", "", "", "")),
        (
            {"control_proxy": "http://me:p%40ss@proxy:3128", "control_no_proxy": "localhost", "control_ca": "OWN"},
            ("http://proxy:3128", "localhost", "me:p%40ss", "OWN"),
        ),
    ],
)
def test_github_is_asked_through_the_proxy_that_was_given(
    run_action: Any, transport: Transport, given: dict[str, str], way: tuple[str, ...]
) -> None:
    """And nothing of it comes into the result, or to a host: a module with its options would be a file on its way."""
    result, ran = run_action("runner_registrations", **GIVEN, **given)
    assert {key: result[key] for key in ("changed", "runners")} == {"changed": False, "runners": [RUNNER]}
    assert (transport.ways, ran) == ([way], [])
    assert GIVEN["token"] not in str(result)


@pytest.mark.parametrize("check_mode", [False, True])
def test_check_mode_removes_nothing(run_action: Any, transport: Transport, check_mode: bool) -> None:
    """And says what would be removed."""
    result, _ran = run_action(
        "runner_registrations", check_mode=check_mode, state="pruned", marks=["01234567"], **GIVEN
    )
    assert (result["changed"], result["runners"]) == (True, [RUNNER])
    assert len(transport.deleted) == (0 if check_mode else 1)


def test_who_is_not_online_in_time_is_named(run_action: Any, transport: Transport) -> None:
    """With what GitHub tells of it."""
    result, _ran = run_action("runner_registrations", state="online", runners=[RUNNER["name"]], wait_timeout=0, **GIVEN)
    assert RUNNER["name"] in result["msg"]
    assert (result["failed"], result["runners"]) == (True, [RUNNER])


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({**GIVEN, "state": "pruned"}, "missing: marks"),
        ({**GIVEN, "url": "https://github.com"}, r"use https://github\.com/ORG"),
        ({"url": GIVEN["url"]}, "required: token, app"),
        ({**GIVEN, "token": ""}, "the token is empty"),
        ({**GIVEN, "app": {"client_id": "Iv1", "private_key": "none"}}, "mutually exclusive"),
    ],
)
def test_a_wrong_option_is_one_line_that_shows_no_secret(run_action: Any, given: dict[str, Any], said: str) -> None:
    """It names the option and what to use instead."""
    with pytest.raises(AnsibleActionFail, match=said) as caught:
        run_action("runner_registrations", **given)
    assert GIVEN["token"] not in str(caught.value)


@pytest.mark.parametrize("proxy", ["me:p4ss@proxy:3128", "proxy:3128", "socks5://me:p4ss@proxy", "http://me:p4ss@"])
def test_a_proxy_that_is_none_is_refused_and_not_shown(run_action: Any, proxy: str) -> None:
    """Its login would stand in every message about it."""
    result, _ran = run_action("runner_registrations", **GIVEN, control_proxy=proxy)
    assert "control_proxy is no proxy: write it like http://" in result["msg"]
    assert result["failed"]
    assert "p4ss" not in str(result)
