# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A login is opened where an image of its registry is to be pulled, once, and nowhere else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.socialgouv.actions_runner.plugins.module_utils import _images, _logins
from ansible_collections.socialgouv.actions_runner.plugins.module_utils._failure import Failure
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import cipher, sealed
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.errors import Trouble
from ansible_collections.socialgouv.actions_runner.tests.unit.plugins.module_utils.fake_docker import Client, Image

SEALED = sealed.Sealed("0" * 64, "00", b"ciphertext")
ENGINE: Any = object()
LOGIN = {"username": "ci", "password": "s3cret"}


@pytest.mark.parametrize(
    ("reference", "registry"),
    [
        ("runner:1", "docker.io"),
        ("acme/runner:1", "docker.io"),
        ("docker.io/acme/runner", "docker.io"),
        ("ghcr.io/acme/runner@sha256:00", "ghcr.io"),
        ("registry.test:5000/runner", "registry.test:5000"),
        ("localhost/runner", "localhost"),
    ],
)
def test_a_name_tells_its_registry_as_docker_reads_it(reference: str, registry: str) -> None:
    """A login goes to that one and to no other."""
    assert _logins.registry_of(reference) == registry


class Opened:
    """Counts how often micro-cipher is asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, answer: Any):
        self.times = 0
        self._answer = answer
        monkeypatch.setattr(cipher, "unseal", self)

    def __call__(self, *_arguments: Any) -> str:
        self.times += 1
        if isinstance(self._answer, Exception):
            raise self._answer
        return str(self._answer)


def logins(credential: sealed.Sealed | None = SEALED) -> _logins.Logins:
    return _logins.Logins(credential, ENGINE, "micro-cipher", "cipher-net", "/secret")


@pytest.mark.parametrize(
    ("policy", "local", "times", "used"),
    [("missing", True, 0, []), ("missing", False, 1, [LOGIN, None]), ("always", True, 1, [LOGIN, None])],
)
def test_it_is_opened_only_where_an_image_is_pulled(
    monkeypatch: pytest.MonkeyPatch, policy: str, local: bool, times: int, used: list[Any]
) -> None:
    """An unchanged run asks micro-cipher for nothing; the other registry never sees the login."""
    names = ["registry.test/a:1", "ghcr.io/b:1"]
    client = Client()
    client.images.registry = {name: Image("sha256:1") for name in names}
    client.images.local = dict(client.images.registry) if local else {}
    found = Opened(monkeypatch, json.dumps({"registry.test": LOGIN}))
    _images.ensure(client, names, policy, False, logins().of)
    assert found.times == times
    assert sorted(client.images.logins, key=str, reverse=True) == used


def test_without_logins_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """The plain case."""
    found = Opened(monkeypatch, Trouble("cipher", "must not be asked"))
    assert logins(None).of("registry.test/a:1") is None
    assert found.times == 0


@pytest.mark.parametrize("answer", [Trouble("cipher", "micro-cipher broke off"), "no JSON s3cret", "[1]"])
def test_logins_that_cannot_be_opened_are_one_line(monkeypatch: pytest.MonkeyPatch, answer: Any) -> None:
    """Without what they hold."""
    Opened(monkeypatch, answer)
    with pytest.raises(Failure, match="the registries' logins cannot be opened") as caught:
        logins().of("registry.test/a:1")
    assert "s3cret" not in str(caught.value)
