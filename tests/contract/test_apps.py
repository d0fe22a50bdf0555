# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A GitHub App from its key to a runner: our requests and the stand-in's answers, as GitHub describes them."""

from __future__ import annotations

import dataclasses
import subprocess
import time

import pytest
from contract_kit.wire import Recorder

from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import app, credential, permissions
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.errors import Trouble
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.github import GitHub
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.scope import Scope
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.urllib_transport import (
    UrllibTransport,
)

ALL = {"metadata": "read", "organization_self_hosted_runners": "write", "administration": "write"}
INSTALLATIONS = [
    {"id": 1, "owner": "acme", "permissions": ALL, "repositories": ["widgets"]},
    {"id": 2, "owner": "globex", "permissions": {"metadata": "read"}},
]
SERVERS = pytest.mark.parametrize("server", ["", "/api/v3"], ids=["github.com", "Enterprise Server"])


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    """The App's private key, and its public one."""
    path = tmp_path_factory.mktemp("app") / "key.pem"
    subprocess.run(["openssl", "genrsa", "-traditional", "-out", path, "2048"], check=True, capture_output=True)
    public = subprocess.run(["openssl", "pkey", "-in", path, "-pubout"], check=True, capture_output=True, text=True)
    return path.read_text(), public.stdout


@pytest.fixture
def one(github, keys):
    """The App, known to GitHub."""
    private, public = keys
    body = {"id": 4711, "client_id": "Iv23liTest", "public_key": public, "installations": INSTALLATIONS}
    github.steer("POST", "/apps", body)
    return credential.app_of("Iv23liTest", private)


@pytest.fixture
def recorder(descriptions):
    """A transport whose traffic is held against the description once the test is over."""
    recorder = Recorder(UrllibTransport())
    yield recorder
    for exchange in recorder.exchanges:
        found = descriptions.request_violations(exchange) + descriptions.answer_violations(exchange)
        assert found == [], (exchange.method, exchange.path, exchange.status)


def where(github, owner: str = "acme", server: str = "") -> Scope:
    kind = "repository" if "/" in owner else "organization"
    return Scope(url=f"https://github.com/{owner}", kind=kind, owner=owner, api=github.base + server)


@SERVERS
@pytest.mark.parametrize("owner", ["acme", "acme/widgets"])
@pytest.mark.parametrize("by", ["client id", "app id"])
def test_an_app_registers_a_runner(github, recorder, one, owner, server, by):
    """Its installation is found, its token has just the one permission, and is enough."""
    scope = where(github, owner, server)
    given = dataclasses.replace(one, client_id="4711") if by == "app id" else one
    access = app.access_token(recorder, scope, given)
    assert 3500 < access.expires_at - time.time() <= 3600
    assert len(access.token) > 500
    granted = recorder.exchanges[-1].document["permissions"]
    assert granted == {permissions.NEEDED[scope.kind]: "write"}
    client = GitHub(recorder, scope, access.token)
    made = client.create_jit_config("one", ["self-hosted"], 1)
    assert client.delete_runner(made.runner_id) is True
    assert client.registration_token()["token"]


def test_its_token_is_good_for_nothing_else(github, recorder, one):
    """One for a repository sees neither its organisation's runners nor another repository."""
    access = app.access_token(recorder, where(github, "acme/widgets"), one)
    for owner in ("acme", "acme/gadgets"):
        with pytest.raises(Trouble) as caught:
            GitHub(recorder, where(github, owner), access.token).create_jit_config("one", ["x"], 1)
        assert caught.value.kind in ("forbidden", "not_found")


@pytest.mark.parametrize(
    ("owner", "kind", "said"),
    [
        ("globex", "forbidden", "Self-hosted runners"),
        ("acme/gadgets", "not_found", "not installed"),
        ("nobody", "not_found", "not installed"),
    ],
)
def test_what_it_lacks_is_named(github, recorder, one, owner, kind, said):
    """A permission, or an installation."""
    with pytest.raises(Trouble, match=said) as caught:
        app.access_token(recorder, where(github, owner), one)
    assert caught.value.kind == kind


@pytest.mark.parametrize(
    ("number", "kind", "said"), [(2, "forbidden", "Self-hosted runners"), (99, "not_found", "no such installation")]
)
def test_an_installation_that_was_given_is_the_one_that_is_asked(github, recorder, one, number, kind, said):
    """No other is looked for."""
    with pytest.raises(Trouble, match=said) as caught:
        app.access_token(recorder, where(github, "globex"), dataclasses.replace(one, installation_id=number))
    assert caught.value.kind == kind


@pytest.mark.parametrize(
    ("client_id", "late"),
    [("Iv23liOther", 0), ("Iv23liTest", 700), ("Iv23liTest", -700)],
    ids=["unknown", "old", "early"],
)
def test_a_jwt_that_will_not_do_is_understood(github, recorder, one, monkeypatch, client_id, late):
    """Another App's, one that has ended, one of a clock that is ahead."""
    now = time.time() - late
    monkeypatch.setattr(app.time, "time", lambda: now)
    with pytest.raises(Trouble, match="client id, its private key and the clock") as caught:
        app.access_token(recorder, where(github), dataclasses.replace(one, client_id=client_id))
    assert caught.value.kind == "refused"


def test_a_key_of_another_app_is_refused(github, recorder, one, tmp_path):
    """The signature is really looked at."""
    path = tmp_path / "other.pem"
    subprocess.run(["openssl", "genrsa", "-traditional", "-out", path, "2048"], check=True, capture_output=True)
    with pytest.raises(Trouble, match="refused the GitHub App"):
        app.access_token(recorder, where(github), credential.app_of("Iv23liTest", path.read_text()))
