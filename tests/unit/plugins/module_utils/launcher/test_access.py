# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plaintext is used for one call; an App's access token is used until it ends, is withdrawn or is another's."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import (
    access,
    app,
    cipher,
    credential,
    files,
    pool,
    sealed,
)
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.errors import Trouble
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.memory import Memory
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.offload import Offloaded
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.paths import Paths

KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\n"
APP = credential.Credential(app=credential.App("Iv23li", KEY))
POOL = pool.Pool("default", "https://github.com/acme", "runner:1", ("self-hosted",))
SEALED = sealed.Sealed("0" * 64, "00", b"ciphertext")
ENGINE: Any = object()
TRANSPORT: Any = object()


class World:
    """A host with a sealed App, and GitHub's side of it in a time of its own."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch):
        self.now = 1000.0
        self.paths = Paths(str(root))
        self.made: list[str] = []
        self.memory = Memory(lambda: self.now)
        self.access = access.Access(self.paths, ENGINE, TRANSPORT, self.memory)
        Path(self.paths.sealed_dir).mkdir(parents=True, mode=0o700)
        self.seal()
        monkeypatch.setattr(cipher, "unseal", lambda *_arguments: APP.dump().decode())
        monkeypatch.setattr(app, "access_token", self.access_token)

    def seal(self) -> None:
        """What sealed_token does, another time each time."""
        files.write(self.paths.sealed("default"), SEALED.dump().encode(), 0o600)

    def access_token(self, _transport: Any, _scope: Any, _app: Any) -> app.AccessToken:
        self.made.append(f"ghs_{len(self.made)}")
        return app.AccessToken(self.made[-1], self.now + 3600)

    def used(self, config: pool.Pool = POOL, refused: tuple[str, ...] = ()) -> str:
        """The token with which a call is made."""

        def what(opened: access.Opened) -> str:
            token = opened.github._token
            if token in refused:
                raise Trouble("refused", "GitHub refused the token (401)", lasting=True)
            return token

        return self.access.call(config, what)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(tmp_path, monkeypatch)


def test_an_access_token_is_used_until_shortly_before_its_end(world: World) -> None:
    """GitHub is asked once an hour, not once a runner."""
    tokens = []
    for seconds in (0, 1, 3298, 2, 3600):
        world.now += seconds
        tokens.append(world.used())
    assert tokens == ["ghs_0", "ghs_0", "ghs_0", "ghs_1", "ghs_2"]


def test_one_that_was_withdrawn_is_renewed_at_once(world: World) -> None:
    """And where GitHub refuses the new one too, that is the answer."""
    world.used()
    assert world.used(refused=("ghs_0",)) == "ghs_1"
    with pytest.raises(Trouble, match="401"):
        world.used(refused=("ghs_1", "ghs_2"))
    assert len(world.made) == 3


def test_it_serves_only_the_credential_that_it_was_made_of(world: World) -> None:
    """Sealed anew, for another URL, or of another pool: GitHub is asked again."""
    world.used()
    world.seal()
    assert world.used() == "ghs_1"
    assert world.used(dataclasses.replace(POOL, url="https://github.com/globex")) == "ghs_2"
    files.write(world.paths.sealed("gpu"), SEALED.dump().encode(), 0o600)
    assert world.used(dataclasses.replace(POOL, name="gpu")) == "ghs_3"


def test_the_resident_process_never_learns_the_key(world: World) -> None:
    """What comes back from the child is the access token, and it is enough for the next child."""
    for _unused in range(2):
        assert Offloaded(world.used, memory=world.memory).result() == "ghs_0"
    assert world.made == [], "both were made in a child, the second child made none"
    assert "PRIVATE KEY" not in json.dumps(world.memory.news())


def test_a_token_is_never_remembered(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the credential itself."""
    monkeypatch.setattr(cipher, "unseal", lambda *_arguments: "ghp_token")
    assert world.used() == "ghp_token"
    assert world.memory.news() == {}


def test_a_trouble_does_not_lose_what_was_learned(world: World) -> None:
    """An access token that was made serves the next try."""

    def fails(_opened: access.Opened) -> None:
        raise Trouble("unavailable", "GitHub cannot serve now (503)")

    with pytest.raises(Trouble, match="503"):
        Offloaded(lambda: world.access.call(POOL, fails), memory=world.memory).result()
    assert world.used() == "ghs_0"
    assert world.made == []


@pytest.mark.parametrize(("opened", "kind"), [("{damaged", "sealed"), ("envelope:" + "0" * 128, "sealed")])
def test_what_micro_cipher_opened_must_be_a_credential(
    world: World, monkeypatch: pytest.MonkeyPatch, opened: str, kind: str
) -> None:
    """Nothing else is ever sent to GitHub."""
    monkeypatch.setattr(cipher, "unseal", lambda *_arguments: opened)
    with pytest.raises(Trouble, match="seal it again") as caught:
        world.used()
    assert (caught.value.kind, caught.value.state) == (kind, "sealed")
