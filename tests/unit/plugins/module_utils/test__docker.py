# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Docker's troubles become one sentence that names what was being done, and its absence names the remedy."""

from __future__ import annotations

import shutil
import sys
from typing import Any

import docker
import docker.errors
import pytest
import requests.exceptions

from ansible_collections.socialgouv.actions_runner.plugins.module_utils import _docker
from ansible_collections.socialgouv.actions_runner.plugins.module_utils._failure import Failure


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (docker.errors.APIError("500", explanation="no space\n left"), "cannot do it: no space left"),
        (docker.errors.APIError("500 Server Error"), "cannot do it: 500 Server Error"),
        (docker.errors.DockerException("broken"), "cannot do it: broken"),
        (requests.exceptions.ReadTimeout("too slow"), "cannot do it: too slow"),
    ],
)
def test_the_sdks_exceptions_become_one_sentence(error: Exception, said: str) -> None:
    """On one line, with what Docker said."""
    with pytest.raises(Failure) as caught, _docker.sentences("do it"):
        raise error
    assert str(caught.value) == said


def test_other_exceptions_pass() -> None:
    """A failure keeps its own words, and a mistake of ours is not dressed up as Docker's."""
    for error in (Failure("mine"), KeyError("x")):
        with pytest.raises(type(error)), _docker.sentences("do it"):
            raise error


def test_what_is_not_there_is_none() -> None:
    """And other troubles stay troubles."""

    def get(error: Exception | None) -> Any:
        def call(_name: str) -> str:
            if error:
                raise error
            return "found"

        return call

    assert _docker.find(get(None), "x") == "found"
    assert _docker.find(get(docker.errors.NotFound("404")), "x") is None
    assert _docker.find(get(docker.errors.ImageNotFound("404")), "x") is None
    with pytest.raises(docker.errors.APIError):
        _docker.find(get(docker.errors.APIError("500")), "x")


@pytest.mark.parametrize("problem", ["no SDK", "no Docker", "Docker is off"])
@pytest.mark.parametrize("check_mode", [False, True])
def test_a_host_without_docker_names_the_remedy(
    monkeypatch: pytest.MonkeyPatch, problem: str, check_mode: bool
) -> None:
    """In check mode a bare host is no failure, for the play would install Docker first; one whose Docker is off is."""

    def from_env(**_options: Any) -> Any:
        raise docker.errors.DockerException("connection refused")

    monkeypatch.setattr(docker, "from_env", from_env)
    monkeypatch.setattr(shutil, "which", lambda name: "/usr/bin/dockerd" if problem == "Docker is off" else None)
    if problem == "no SDK":
        monkeypatch.setitem(sys.modules, "docker", None)
    if check_mode and problem != "Docker is off":
        assert _docker.connect(check_mode) is None
        return
    remedy = "install python3-docker" if problem == "no SDK" else "systemctl start docker"
    with pytest.raises(Failure, match=remedy):
        _docker.connect(check_mode)


def test_an_engine_that_answers_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a patience that a loaded host needs."""
    asked: dict[str, Any] = {}

    class Client:
        def ping(self) -> bool:
            asked["pinged"] = True
            return True

    monkeypatch.setattr(docker, "from_env", lambda **options: asked.update(options) or Client())
    assert isinstance(_docker.connect(False), Client)
    assert asked == {"timeout": 180, "pinged": True}
