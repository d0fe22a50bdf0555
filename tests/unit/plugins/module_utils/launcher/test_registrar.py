# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The registrar leaves no registration that nobody knows, and lets the plaintext go nowhere but to GitHub."""

from __future__ import annotations

import base64
import dataclasses
import json
import time
import urllib.parse
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import (
    by_token,
    cipher,
    files,
    github,
    pool,
    sealed,
)
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.errors import Trouble
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.memory import Memory
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.paths import Paths
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.registrar import Registrar

TOKEN = "ghp_" + "s" * 36
POOL = pool.Pool("default", "https://github.com/acme", "runner:1", ("self-hosted", "gpu"), runner_group_id=3)
SEALED = sealed.Sealed("0" * 64, "00", b"ciphertext")
ENGINE: Any = object()


class GitHubServer:
    """GitHub, with its memory; ``failures`` are given instead of the good answers, by method."""

    def __init__(self, names: tuple[str, ...] = ()):
        self.runners = dict(enumerate(names, start=1))
        self.failures: dict[str, list[github.Answer | Trouble]] = {}
        self.requests: list[tuple[str, str]] = []
        self.tokens: set[str] = set()
        self.makes_it_all_the_same = False
        self.group = 5  #: the number of the runner group "gpu machines"
        self.groups: list[int] = []  #: those that runners were put into

    def send(self, method: str, url: str, headers: dict[str, str], body: bytes | None) -> github.Answer:
        self.requests.append((method, url))
        self.tokens.add(headers["Authorization"])
        failure = self.failures[method].pop(0) if self.failures.get(method) else None
        if url.endswith("/generate-jitconfig"):
            self.groups.append(json.loads(body or b"")["runner_group_id"])
        if url.endswith("/generate-jitconfig") and (failure is None or self.makes_it_all_the_same):
            self.runners[len(self.runners) + 1] = json.loads(body or b"")["name"]
        if isinstance(failure, Trouble):
            raise failure
        if failure is not None:
            return failure
        return getattr(self, method.lower())(url)

    def post(self, url: str) -> github.Answer:
        if url.endswith("/registration-token"):
            return answer(201, {"token": f"TOKEN{len(self.requests)}", "expires_at": "2099-01-01T00:00:00.000-08:00"})
        content = base64.b64encode(json.dumps({".runner": "e30="}).encode()).decode()
        return answer(201, {"runner": {"id": len(self.runners)}, "encoded_jit_config": content})

    def get(self, url: str) -> github.Answer:
        if url.partition("?")[0].endswith("/runner-groups"):
            return answer(200, {"total_count": 1, "runner_groups": [{"id": self.group, "name": "gpu machines"}]})
        wanted = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query)).get("name")
        found = [
            {"id": number, "name": name, "status": "offline", "busy": False, "labels": [], "os": "unknown"}
            for number, name in self.runners.items()
            if wanted in (None, name)
        ]
        return answer(200, {"total_count": len(found), "runners": found})

    def delete(self, url: str) -> github.Answer:
        return answer(204 if self.runners.pop(int(url.rpartition("/")[2]), None) else 404)


def answer(status: int, document: Any = None) -> github.Answer:
    body = b"" if document is None else json.dumps(document).encode()
    return github.Answer(status, {"content-type": "application/json"}, body)


@pytest.fixture
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Paths:
    """A host with a sealed token, and a micro-cipher that opens it."""

    found = Paths(str(tmp_path))

    def unseal(engine: Any, container: str, network: str, credential: sealed.Sealed, secret_file: str) -> str:
        assert (engine, container, network, credential) == (ENGINE, "micro-cipher", "cipher-net", SEALED)
        assert secret_file == found.cipher_secret("micro-cipher")
        return TOKEN

    monkeypatch.setattr(cipher, "unseal", unseal)
    Path(found.sealed_dir).mkdir(parents=True, mode=0o700)
    files.write(found.sealed("default"), SEALED.dump().encode(), 0o600)
    return found


def test_a_registration_is_made_with_the_unsealed_token(paths: Paths) -> None:
    """Id and files come back as JSON can carry them; the token went to GitHub alone."""
    server = GitHubServer()
    made = Registrar(paths, ENGINE, server).register(POOL, "name", "_work")
    assert made == {"runner_id": 1, "files": {".runner": "e30="}, "quota": None}
    assert server.runners == {1: "name"}
    assert server.tokens == {f"Bearer {TOKEN}"}
    assert TOKEN not in json.dumps(made)


@pytest.mark.parametrize(
    ("failure", "looked_for"),
    [
        (Trouble("unreachable", "the connection broke"), True),
        (answer(502, {"message": "Server Error"}), True),
        (answer(201, {"runner": {"id": 1}, "encoded_jit_config": "damaged"}), True),
        (answer(401, {"message": "Bad credentials"}), False),
        (answer(403, {"message": "API rate limit exceeded"}), False),
        (answer(422, {"message": "Invalid label"}), False),
    ],
)
@pytest.mark.parametrize("made", [True, False])
def test_a_lost_answer_leaves_no_runner_behind(
    paths: Paths, failure: github.Answer | Trouble, looked_for: bool, made: bool
) -> None:
    """GitHub may have made the runner although it did not say so: it is looked for by its name and removed."""
    server = GitHubServer()
    server.failures["POST"] = [failure]
    server.makes_it_all_the_same = made and looked_for
    with pytest.raises(Trouble):
        Registrar(paths, ENGINE, server).register(POOL, "name", "_work")
    assert server.runners == {}
    assert ("GET" in [method for method, _url in server.requests]) is looked_for


def test_the_trouble_that_came_first_is_the_one_that_is_shown(paths: Paths) -> None:
    """Where GitHub cannot be asked afterwards either, the reconciler finds what is left."""
    server = GitHubServer()
    server.failures = {"POST": [Trouble("unreachable", "first")], "GET": [Trouble("unreachable", "second")]}
    with pytest.raises(Trouble, match="first"):
        Registrar(paths, ENGINE, server).register(POOL, "name", "_work")


@pytest.mark.parametrize(
    ("runner", "number", "there", "left"),
    [
        ("b", 2, True, {1: "a", 3: "bb"}),
        ("b", None, True, {1: "a", 3: "bb"}),
        ("b", 9, False, {1: "a", 2: "b", 3: "bb"}),
        ("c", None, False, {1: "a", 2: "b", 3: "bb"}),
    ],
)
def test_only_the_named_registration_is_removed(
    paths: Paths, runner: str, number: int | None, there: bool, left: dict[int, str]
) -> None:
    """By its id where that is known, else by its exact name."""
    server = GitHubServer(("a", "b", "bb"))
    assert Registrar(paths, ENGINE, server).deregister(POOL, runner, number) is there
    assert server.runners == left


def test_the_list_holds_what_the_reconciler_needs(paths: Paths) -> None:
    """Four facts of each, for the list crosses a pipe."""
    listed = Registrar(paths, ENGINE, GitHubServer(("a",))).runners(POOL)
    assert listed == [{"id": 1, "name": "a", "status": "offline", "busy": False}]


@pytest.mark.parametrize(
    ("content", "mode", "kind", "state"),
    [
        (None, 0o600, "sealed", "sealed"),
        (b"damaged", 0o600, "sealed", "sealed"),
        (SEALED.dump().encode(), 0o644, "files", "waiting"),
    ],
)
def test_without_a_usable_token_nobody_is_asked(
    paths: Paths, content: bytes | None, mode: int, kind: str, state: str
) -> None:
    """The instance shows that it is sealed, and why."""
    Path(paths.sealed("default")).unlink()
    if content is not None:
        files.write(paths.sealed("default"), content, mode)
    server = GitHubServer()
    with pytest.raises(Trouble) as caught:
        Registrar(paths, ENGINE, server).register(POOL, "name", "_work")
    assert (caught.value.kind, caught.value.state, caught.value.lasting) == (kind, state, True)
    assert server.requests == []


GROUP = dataclasses.replace(POOL, runner_group="gpu machines")


def test_a_group_is_asked_for_by_its_name_and_then_remembered(paths: Paths) -> None:
    """Once an hour, not once a runner."""
    server, now = GitHubServer(), [time.time()]
    memory = Memory(lambda: now[0])
    registrar = Registrar(paths, ENGINE, server, memory)
    for runner in "abc":
        registrar.register(GROUP, runner)
    assert server.groups == [5, 5, 5]
    assert len([url for method, url in server.requests if "runner-groups" in url]) == 1
    now[0] += 3601
    registrar.register(GROUP, "d")
    assert len([url for method, url in server.requests if "runner-groups" in url]) == 2


def test_a_group_with_another_number_is_found_again(paths: Paths) -> None:
    """Somebody has deleted it and made it anew: the next try asks."""
    server = GitHubServer()
    registrar = Registrar(paths, ENGINE, server, Memory())
    registrar.register(GROUP, "a")
    server.group = 6
    server.failures["POST"] = [answer(404, {"message": "Not Found"})]
    with pytest.raises(Trouble):
        registrar.register(GROUP, "b")
    registrar.register(GROUP, "c")
    assert server.groups == [5, 5, 6]


def test_registration_by_token_makes_no_runner_and_one_request(paths: Paths) -> None:
    """The container registers itself, with a token that the pool's instances share."""
    server = GitHubServer()
    config = dataclasses.replace(POOL, registration="token", runner_group_id=1)
    found = [Registrar(paths, ENGINE, server).register(config, runner) for runner in "ab"]
    assert [one["runner_id"] for one in found] == [None, None]
    assert found[0] == found[1]
    assert base64.b64decode(found[0]["files"][by_token.FILE]) == by_token.file("TOKEN1")
    assert server.requests == [("POST", "https://api.github.com/orgs/acme/actions/runners/registration-token")]
    Registrar(paths, ENGINE, server).register(config, "c", afresh=True)
    assert len(server.requests) == 2


def test_the_files_hold_what_the_container_needs_to_get_out(paths: Paths) -> None:
    """Beside the JIT configuration."""
    config = dataclasses.replace(POOL, container_proxy="http://proxy:3128")
    files = Registrar(paths, ENGINE, GitHubServer()).register(config, "a")["files"]
    assert set(files) == {".runner", ".env"}
