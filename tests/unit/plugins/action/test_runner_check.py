# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Wrong options are found before any host is touched."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible import constants
from ansible.errors import AnsibleActionFail

from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import app
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.errors import Trouble
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.github import Answer
from ansible_collections.socialgouv.actions_runner.plugins.plugin_utils import _control

TOKEN = "ghp_" + "s" * 36
GOOD = {"url": "https://github.com/acme", "token": TOKEN, "image": "runner:1"}


def test_good_options_change_nothing(run_action: Any) -> None:
    """And nothing is run on the host."""
    result, ran = run_action("runner_check", pools=[{"count": 4, "labels": ["gpu"], **GOOD}])
    assert (result["changed"], ran) == (False, [])
    assert TOKEN not in str(result)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"url": "https://github.com"}, r"use https://github\.com/ORG"),
        ({"url": "http://github.com/acme"}, r"use https://github\.com/ORG"),
        ({"token": ""}, "the token is empty"),
        ({"token": f"{TOKEN}\n"}, "newline"),
        ({"token": "x" * 471}, "471 bytes"),
        ({"image": ""}, "image ''"),
        ({"labels": ["a,b"]}, "the label 'a,b'"),
        ({"count": -1}, "-1"),
        ({"count": 10_000}, "10000"),
        ({"control_proxy": f"me:{TOKEN}@proxy:3128"}, "pool default: control_proxy is no proxy: write it like http://"),
    ],
)
def test_a_wrong_option_is_one_line_that_shows_no_secret(run_action: Any, wrong: dict[str, Any], said: str) -> None:
    """It names the option and what to use instead."""
    with pytest.raises(AnsibleActionFail, match=said) as caught:
        run_action("runner_check", pools=[{**GOOD, **wrong}])
    assert TOKEN not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"memory": "12x"}, "pool gpu: memory '12x' is not a size: write it like 512M or 4G"),
        ({"cpus": -1}, "pool gpu: cpus is -1: it takes a number that is not negative"),
        ({"drain_timeout": "soon"}, "pool gpu: .*drain_timeout.* int"),
        ({"docker_access": "root"}, "pool gpu: value of docker_access must be one of: none, dind, sysbox, socket"),
        ({"job_started_hook": "echo hello"}, "job_started_hook is no script"),
        ({"hook_timeout": 0}, "hook_timeout is 0"),
        ({"proxy": "proxy.example.org:3128"}, "pool gpu: proxy is no proxy"),
        ({"lables": ["a"]}, "pool gpu: .*lables"),
    ],
)
def test_what_the_host_would_refuse_is_refused_here(run_action: Any, wrong: dict[str, Any], said: str) -> None:
    """Before anything is pulled, started or sealed."""
    unit = {"name": "gpu", "url": "https://github.com/acme"}
    run_action("runner_check", units=[unit], pools=[GOOD])
    with pytest.raises(AnsibleActionFail, match=said) as caught:
        run_action("runner_check", units=[{**unit, **wrong}], pools=[GOOD])
    assert "\n" not in str(caught.value)


KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\n"
APP = {"client_id": "Iv23li", "private_key": KEY}
NO_TOKEN = {key: value for key, value in GOOD.items() if key != "token"}


@pytest.mark.parametrize(
    ("pools", "said"),
    [
        ([{"name": "a", **GOOD}, {"name": "a", **GOOD}], "two pools are called a"),
        ([{"name": "a", **GOOD}, {"name": "b", **GOOD, "token": ""}], "pool b: the token is empty"),
        ([{"name": "a", **GOOD, "app": APP}], "pool a: both a token and a GitHub App are given"),
        ([{"name": "a", **NO_TOKEN, "app": {**APP, "private_key": "x"}}], "pool a: the GitHub App's private key"),
        ([{"name": "a", **GOOD, "labels": [], "default_labels": False}], "pool a: a runner has 1 to 100 labels, not 0"),
        ([{"name": "a", **GOOD, "runner_group": "x", "url": "https://github.com/a/b"}], "has no runner groups"),
        (
            [{"name": "a", **NO_TOKEN, "app": APP, "url": "https://github.com/enterprises/e"}],
            "no GitHub App manage an enterprise's runners",
        ),
        (
            [{"name": "a", **GOOD, "token": "github_pat_x", "url": "https://github.com/enterprises/e"}],
            "no fine-grained token manage an enterprise's runners: use a classic token",
        ),
        ([{"name": "a", **GOOD, "colour": "red"}], "colour"),
    ],
)
def test_the_pool_that_is_wrong_is_named(run_action: Any, pools: list[dict[str, Any]], said: str) -> None:
    """Whichever of them it is, and without its key."""
    with pytest.raises(AnsibleActionFail, match=said) as caught:
        run_action("runner_check", pools=pools)
    assert "MIIE" not in str(caught.value)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Asked:
    """GitHub, as the control node meets it in a run."""
    found = Asked()
    monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", str(tmp_path))
    monkeypatch.setattr(_control, "UrllibTransport", found.transport)
    monkeypatch.setattr(app, "jwt", lambda *_arguments: "jwt")
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    return found


class Asked:
    """Answers by the end of the path; keeps what was asked and through what."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, Any] | Trouble] = {
            "runners": (200, {"total_count": 0, "runners": []}),
            "runner-groups": (200, {"total_count": 1, "runner_groups": [{"id": 5, "name": "gpu"}]}),
            "installation": (200, {"id": 4, "permissions": {"organization_self_hosted_runners": "write"}}),
            "access_tokens": (201, {"token": "ghs_x", "expires_at": "2099-01-01T00:00:00Z"}),
        }
        self.requests: list[tuple[str, str, str]] = []
        self.transports: list[tuple[str, ...]] = []

    def transport(self, *options: str) -> Asked:
        self.transports.append(options)
        return self

    def send(self, method: str, url: str, headers: dict[str, str], _body: bytes | None) -> Answer:
        last = url.partition("?")[0].rpartition("/")[2]
        self.requests.append((method, last, headers["Authorization"].partition(" ")[2]))
        answer = self.answers[last]
        if isinstance(answer, Trouble):
            raise answer
        return Answer(answer[0], {"content-type": "application/json"}, json.dumps(answer[1]).encode())


@pytest.mark.parametrize(
    ("options", "requests"),
    [
        (GOOD, [("GET", "runners", TOKEN)]),
        ({**GOOD, "runner_group": "GPU"}, [("GET", "runner-groups", TOKEN)]),
        ({**NO_TOKEN, "app": APP}, [("GET", "installation", "jwt")]),
        ({**NO_TOKEN, "app": {**APP, "installation_id": 4}}, [("POST", "access_tokens", "jwt")]),
    ],
)
def test_github_is_asked_once_for_each_pool(
    run_action: Any, asked: Asked, options: dict[str, Any], requests: list[tuple[str, str, str]]
) -> None:
    """The cheapest question that tells; nothing is asked where that is switched off."""
    run_action("runner_check", pools=[options])
    assert asked.requests == []
    result, _ran = run_action("runner_check", github=True, pools=[options])
    assert asked.requests == requests
    assert "warnings" not in result


@pytest.mark.parametrize(
    ("answers", "options", "said"),
    [
        ({"runners": (401, {"message": "Bad credentials"})}, GOOD, r"pool default: GitHub refused the token \(401\)"),
        ({}, {**GOOD, "runner_group": "tpu"}, "pool default: acme has no runner group 'tpu'; there are: gpu"),
        (
            {"installation": (200, {"id": 4, "permissions": {}})},
            {**NO_TOKEN, "app": APP},
            'lacks the organization permission "Self-hosted runners": read and write',
        ),
    ],
)
def test_what_github_refuses_fails_before_any_host_is_touched(
    run_action: Any, asked: Asked, answers: dict[str, Any], options: dict[str, Any], said: str
) -> None:
    """In one line."""
    asked.answers.update(answers)
    with pytest.raises(AnsibleActionFail, match=said) as caught:
        run_action("runner_check", github=True, pools=[options])
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize("answer", [(200, {"total_count": 0, "runners": []}), (401, {"message": "Bad credentials"})])
def test_a_fleet_asks_once(run_action: Any, asked: Asked, tmp_path: Path, answer: tuple[int, Any]) -> None:
    """However many hosts have the same credential: GitHub neither slows us down nor counts wrong tokens."""
    asked.answers["runners"] = answer
    pools = [GOOD, {**GOOD, "name": "gpu"}, {**GOOD, "name": "other", "token": TOKEN + "x"}]
    for _host in range(3):
        if answer[0] == 200:
            run_action("runner_check", github=True, pools=pools)
        else:
            with pytest.raises(AnsibleActionFail, match="pool default: GitHub refused the token"):
                run_action("runner_check", github=True, pools=pools)
    assert len(asked.requests) == (2 if answer[0] == 200 else 1)
    kept = b"".join(path.name.encode() + path.read_bytes() for path in tmp_path.iterdir())
    assert TOKEN.encode() not in kept


def test_a_github_that_cannot_be_asked_is_a_warning(run_action: Any, asked: Asked) -> None:
    """The control node may have no way to it where the hosts have one."""
    asked.answers["runners"] = Trouble("unreachable", "api.github.com cannot be reached: no route")
    result, _ran = run_action("runner_check", github=True, pools=[GOOD])
    assert result["warnings"] == [
        "pool default could not be checked at GitHub from the control node: api.github.com cannot be reached: no route"
    ]
    with pytest.raises(AnsibleActionFail, match="could not be checked at GitHub"):
        run_action("runner_check", github=True, github_required=True, pools=[GOOD])


def test_the_control_node_goes_its_own_way(
    run_action: Any, asked: Asked, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Through its own proxy, and trusting what its other tools are told to trust."""
    (tmp_path / "bundle.pem").write_text("BUNDLE")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "bundle.pem"))
    own = {"control_proxy": "http://me:p%40ss@proxy:3128", "control_no_proxy": "localhost", "control_ca": "OWN"}
    run_action("runner_check", github=True, pools=[{**GOOD, **own}])
    assert asked.transports == [("http://proxy:3128", "localhost", "me:p%40ss", "OWN\nBUNDLE")]


def test_authorities_that_cannot_be_read_are_named(
    run_action: Any, asked: Asked, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """With the variable of the environment that told to read them."""
    monkeypatch.setenv("CURL_CA_BUNDLE", str(tmp_path))
    with pytest.raises(AnsibleActionFail, match=r"which \$CURL_CA_BUNDLE names, cannot be read: Is a directory"):
        run_action("runner_check", github=True, pools=[GOOD])
    assert asked.requests == []
