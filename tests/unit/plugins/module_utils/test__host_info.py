# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host knows whether its credentials can be opened, without asking micro-cipher anything."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.socialgouv.actions_runner.plugins.module_utils import _host_info
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import files, names, pool, sealed
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.engine import (
    EngineError,
    EngineUnavailable,
)
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.paths import Paths

POOL = pool.Pool("default", "https://github.com/acme", "runner:1", ("self-hosted",))
KEY = "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----\n"
FINGERPRINT = sealed.fingerprint(KEY)


class Engine:
    """Docker with micro-cipher, and with images; everything that it was asked is kept."""

    def __init__(self, log: str = KEY, error: EngineError | None = None):
        self.log = log
        self.error = error
        self.known: dict[str, dict[str, Any]] = {}
        self.standing: list[dict[str, Any]] = []

    def inspect(self, container: str) -> dict[str, Any]:
        if self.error:
            raise self.error
        return {"State": {"StartedAt": "2026-11-25T12:00:00.5Z"}}

    def logs(self, container: str, since: str) -> str:
        return self.log

    def containers(self, labels: dict[str, str]) -> list[dict[str, Any]]:
        if self.error:
            raise self.error
        return [one for one in self.standing if labels.items() <= one["Labels"].items()]

    def image(self, reference: str) -> dict[str, Any]:
        if self.error or reference not in self.known:
            raise self.error or EngineError(404, "No such image")
        return self.known[reference]


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    made = Paths(str(tmp_path))
    for folder in (made.pools, made.sealed_dir):
        Path(folder).mkdir(mode=0o700, parents=True)
    files.write(made.pool("default"), POOL.dump().encode(), 0o644)
    return made


def seal(paths: Paths, text: str | None = None, mode: int = 0o600, fingerprint: str = FINGERPRINT) -> None:
    text = sealed.Sealed(fingerprint, "0f", b"cipher").dump() if text is None else text
    files.write(paths.sealed("default"), text.encode(), mode)


def state_of(paths: Paths, engine: Engine) -> tuple[bool | None, str]:
    return _host_info.sealed_state(paths, engine, POOL)  # type: ignore[arg-type]


def test_a_credential_for_the_key_in_force_is_not_sealed(paths: Paths) -> None:
    """Nothing is to be done."""
    seal(paths)
    assert state_of(paths, Engine()) == (False, "")


@pytest.mark.parametrize(
    ("engine", "fingerprint", "is_sealed", "said"),
    [
        (Engine(), "b" * 64, True, "micro-cipher has another key"),
        (Engine(log=""), FINGERPRINT, True, "has not printed its key yet"),
        (Engine(error=EngineError(404, "no such container")), FINGERPRINT, True, "there is no container micro-cipher"),
        (Engine(error=EngineUnavailable("Docker does not answer")), FINGERPRINT, None, "Docker does not answer"),
    ],
)
def test_another_key_or_none_is_named(
    paths: Paths, engine: Engine, fingerprint: str, is_sealed: bool | None, said: str
) -> None:
    """And where Docker does not answer, nobody knows."""
    seal(paths, fingerprint=fingerprint)
    found, reason = state_of(paths, engine)
    assert found is is_sealed
    assert said in reason


@pytest.mark.parametrize(
    ("text", "mode", "said"),
    [(None, 0o644, "root's alone"), ("nonsense", 0o600, "damaged"), ("", 0o600, "damaged")],
)
def test_a_credential_that_cannot_be_used_is_to_be_sealed_again(
    paths: Paths, text: str | None, mode: int, said: str
) -> None:
    """As if there were none."""
    seal(paths, text, mode)
    found, reason = state_of(paths, Engine())
    assert found is True
    assert said in reason


def test_a_missing_credential_is_to_be_sealed(paths: Paths) -> None:
    """Each pool is told of, with what it is."""
    [one] = _host_info.pools(paths, Engine())  # type: ignore[arg-type]
    assert (one["sealed"], one["sealed_reason"]) == (True, "there is no sealed token")
    assert (one["name"], one["url"], one["image"], one["labels"]) == (
        "default",
        "https://github.com/acme",
        "runner:1",
        ["self-hosted"],
    )


def test_a_damaged_pool_or_none_is_no_reason_to_tell_nothing(paths: Paths) -> None:
    """The other pools are told of."""
    Path(paths.pools, "broken.json").write_text("{")
    Path(paths.pools, "notes.txt").write_text("hello")
    assert [one["name"] for one in _host_info.pools(paths, Engine())] == ["default"]  # type: ignore[arg-type]
    assert _host_info.pools(Paths("/nowhere"), Engine()) == []  # type: ignore[arg-type]


def test_an_image_is_told_of_once_with_what_tells_it_from_others() -> None:
    """By whatever name it was asked for; what Docker does not know is left out."""
    engine = Engine()
    image = {
        "Id": "sha256:1",
        "RepoTags": ["runner:1"],
        "RepoDigests": ["runner@sha256:d"],
        "Created": "2026-11-01T00:00:00Z",
        "Config": {"Labels": {"org.opencontainers.image.version": "2.337.0"}},
    }
    engine.known = {"runner:1": image, "sha256:1": image, "bare": {"Id": "sha256:2"}}
    found = _host_info.images(engine, {"runner:1", "sha256:1", "bare", "gone"})  # type: ignore[arg-type]
    assert sorted(found, key=lambda one: one["id"]) == [
        {
            "id": "sha256:1",
            "tags": ["runner:1"],
            "digest": "sha256:d",
            "created": "2026-11-01T00:00:00Z",
            "version": "2.337.0",
        },
        {"id": "sha256:2", "tags": [], "digest": None, "created": None, "version": None},
    ]


def test_runners_are_known_by_their_containers() -> None:
    """One made ahead is a runner too; what stands beside a runner, or is another host's, is none of this host's."""
    engine = Engine()
    ours = {names.LABEL_MARK: "0a1b2c3d"}
    for name, labels in {
        "runs": {**ours, names.LABEL_INSTANCE: "1"},
        "ahead": {**ours, names.LABEL_INSTANCE: "1"},
        "engine": {**ours, names.LABEL_BESIDE: "1", names.LABEL_RUNNER: "runs"},
        "other": {names.LABEL_MARK: "ffffffff", names.LABEL_INSTANCE: "1"},
    }.items():
        engine.standing.append({"Names": [f"/{name}"], "Labels": labels})
    assert _host_info.runners(engine, "0a1b2c3d") == ["ahead", "runs"]  # type: ignore[arg-type]


def test_without_docker_nobody_knows_the_runners() -> None:
    """Which is not the same as none: nothing is to be pruned then."""
    silent = Engine(error=EngineUnavailable("Docker does not answer"))
    assert _host_info.runners(silent, "0a1b2c3d") is None  # type: ignore[arg-type]
