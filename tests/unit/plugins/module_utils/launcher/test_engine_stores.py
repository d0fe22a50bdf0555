# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The calls of the hygiene are what Docker's API documents, and nothing is ever forced."""

from __future__ import annotations

import json
import urllib.parse
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.engine import EngineError
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.engine_stores import Stores
from ansible_collections.socialgouv.actions_runner.tests.unit.plugins.module_utils.launcher.scripted_server import (
    http,
    unix_server,
)


def call(tmp_path: Path, method: str, *arguments: Any, status: int = 200, answer: Any = None) -> tuple[Any, str]:
    """Call ``method``; gives what it gives, and the one request that was made for it."""
    path = tmp_path / "docker.sock"
    with unix_server(path, [http(status, json.dumps(answer).encode())]) as server:
        given = getattr(Stores(str(path)), method)(*arguments)
    (request,) = server.requests
    return given, f"{request.method} {urllib.parse.unquote_plus(request.target)}"


@pytest.mark.parametrize(
    ("method", "arguments", "answer", "given", "request_line"),
    [
        ("root", (), {"DockerRootDir": "/d"}, "/d", "GET /info"),
        ("images", (), [{"Id": "i"}], [{"Id": "i"}], "GET /images/json"),
        ("networks", (), [], [], "GET /networks"),
        ("network", ("n",), {"Id": "n"}, {"Id": "n"}, "GET /networks/n"),
        ("unused_volumes", (), {"Volumes": [1]}, [1], 'GET /volumes?filters={"dangling": ["true"]}'),
        ("unused_volumes", (), {"Volumes": None}, [], 'GET /volumes?filters={"dangling": ["true"]}'),
        ("remove_image", ("a/b@sha256:0",), [], True, "DELETE /images/a/b@sha256:0"),
        ("remove_network", ("n",), None, True, "DELETE /networks/n"),
        ("remove_volume", ("v",), None, True, "DELETE /volumes/v"),
        (
            "prune_build_cache",
            (3600,),
            {"SpaceReclaimed": 7},
            7,
            'POST /build/prune?all=1&filters={"until": ["3600s"]}',
        ),
        ("prune_build_cache", (60,), None, 0, 'POST /build/prune?all=1&filters={"until": ["60s"]}'),
    ],
)
def test_calls(
    tmp_path: Path, method: str, arguments: tuple[Any, ...], answer: Any, given: Any, request_line: str
) -> None:
    """Each as the API names it, and what of the answer is wanted."""
    assert call(tmp_path, method, *arguments, answer=answer) == (given, request_line)


@pytest.mark.parametrize("method", ["remove_image", "remove_network", "remove_volume"])
@pytest.mark.parametrize("status", [403, 404, 409])
def test_what_is_in_use_or_gone_is_left(tmp_path: Path, method: str, status: int) -> None:
    """Docker knows better than a list of a moment ago."""
    assert call(tmp_path, method, "x", status=status, answer={"message": "in use"})[0] is False


@pytest.mark.parametrize("method", ["remove_image", "remove_network", "remove_volume"])
def test_another_error_is_one(tmp_path: Path, method: str) -> None:
    """Of which the unit tells in the journal."""
    with pytest.raises(EngineError, match="no space left"):
        call(tmp_path, method, "x", status=500, answer={"message": "no space left on device"})
