# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""GitHub's side from the control node, by the way that it is given."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.socialgouv.actions_runner.plugins.module_utils import _control
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.github import Answer
from ansible_collections.socialgouv.actions_runner.plugins.modules import runner_registrations

RUNNER = {"id": 1, "name": "default-a-1-0123456789abcd", "status": "online", "busy": False, "labels": []}


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
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], way: tuple[str, ...]
) -> None:
    """And nothing else of it comes into the result."""
    ways = []

    class Transport:
        def __init__(self, *options: str):
            ways.append(options)

        def send(self, *_request: Any) -> Answer:
            body = {"total_count": 1, "runners": [RUNNER]}
            return Answer(200, {"content-type": "application/json"}, json.dumps(body).encode())

    monkeypatch.setattr(_control, "UrllibTransport", Transport)
    for variable in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(variable, raising=False)
    params: dict[str, Any] = {option: facts["default"] for option, facts in _control.OPTIONS.items()}
    params.update(url="https://github.com/acme", token="t", app=None, state="listed", runners=[], **given)
    found = runner_registrations.work(SimpleNamespace(params=params, check_mode=False))  # type: ignore[arg-type]
    assert found == {"changed": False, "runners": [RUNNER]}
    assert ways == [way]
