# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The extract is whole, and the check against it finds what it is there to find."""

from __future__ import annotations

import json

import extract
import pytest
from contract_kit.description import FOLDER
from contract_kit.wire import Exchange

RUNNER = {"id": 1, "name": "one", "os": "unknown", "status": "offline", "busy": False, "labels": []}
GOOD = Exchange(
    "POST",
    "/orgs/acme/actions/runners/generate-jitconfig",
    {},
    {"content-type": "application/json"},
    json.dumps({"name": "one", "runner_group_id": 1, "labels": ["a"]}).encode(),
    201,
    {"content-type": "application/json; charset=utf-8"},
    json.dumps({"runner": RUNNER, "encoded_jit_config": "e30="}).encode(),
)
LIST = "/orgs/acme/actions/runners"


def body(**changes):
    """GOOD's body with changes."""
    return json.dumps({**json.loads(GOOD.request_body), **changes}).encode()


def answer(**changes):
    """GOOD's answer with a runner that is changed; None takes a field away."""
    runner = {key: value for key, value in {**RUNNER, **changes}.items() if value is not None}
    return json.dumps({"runner": runner, "encoded_jit_config": "e30="}).encode()


@pytest.mark.parametrize("name", ["api.github.com", "ghec", "ghes-3.19"])
def test_the_extract_is_of_the_pinned_version_and_whole(name):
    """Every path is there, every reference leads somewhere, and making the extract anew changes nothing."""
    document = json.loads((FOLDER / f"{name}.json").read_text())
    assert document["info"]["version"] == extract.VERSION
    assert extract.extract(document, extract.paths(name)) == document


def test_a_good_exchange_passes(descriptions):
    """Nothing is found where nothing is wrong."""
    assert descriptions.request_violations(GOOD) == []
    assert descriptions.answer_violations(GOOD) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"path": "/orgs/acme/actions/runner"},
        {"method": "PUT"},
        {"query": {"force": "true"}},
        {"request_body": body(labels=[])},
        {"request_body": body(runner_group_id="1")},
        {"request_body": body(lables=["a"])},
        {"request_body": b"{}"},
        {"request_body": None},
        {"method": "GET", "path": LIST, "query": {"per_page": "many"}, "request_body": None},
        {"method": "GET", "path": LIST},
    ],
    ids=str,
)
def test_a_bad_request_is_found(descriptions, changes):
    """Unknown paths, methods, parameters and fields; wrong types; what is missing."""
    assert descriptions.request_violations(GOOD._replace(**changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"status": 200},
        {"body": answer(busy="no")},
        {"body": answer(status=None)},
        {"body": answer(mood="good")},
        {"body": b"<html>"},
        {"headers": {"content-type": "text/html"}},
        {"method": "DELETE", "path": f"{LIST}/1", "status": 204},
        {"status": 401, "body": b'{"error": "no"}'},
        {"status": 401, "body": b"no"},
        {"status": 409, "body": b'{"message": 1}'},
    ],
    ids=str,
)
def test_a_bad_answer_is_found(descriptions, changes):
    """Unknown statuses and fields; wrong types; what is missing; bodies where there is none."""
    assert descriptions.answer_violations(GOOD._replace(**changes))
