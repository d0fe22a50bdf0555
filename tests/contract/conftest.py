# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The stand-in and the description, for every contract test."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

_TESTBED = Path(__file__).resolve().parents[1] / "testbed"
# The stand-ins are imported from the folders that their images are built from.
for _folder in (Path(__file__).parent, _TESTBED / "github", _TESTBED / "images/runner/bin"):
    sys.path.insert(0, str(_folder))

from contract_kit.description import Descriptions
from contract_kit.served import StandIn
from stand_in.server import Server

TOKENS = {
    "classic": {"kind": "classic", "scopes": ["admin:org", "repo", "manage_runners:enterprise"]},
    "scopeless": {"kind": "classic", "scopes": ["read:user"]},
    "fine": {"kind": "fine-grained", "permissions": {"organization_self_hosted_runners": "write"}},
    "reader": {"kind": "fine-grained", "permissions": {"organization_self_hosted_runners": "read"}},
    "spent": {"kind": "classic", "scopes": ["admin:org"], "limit": 0},
}


@pytest.fixture(scope="session")
def descriptions() -> Descriptions:
    """GitHub's description."""
    return Descriptions.load()


@pytest.fixture(scope="module")
def _served() -> Iterator[StandIn]:
    stand_in = StandIn()
    stand_in.start()
    try:
        yield stand_in
    finally:
        stand_in.stop()


@pytest.fixture
def github(_served: StandIn, monkeypatch: pytest.MonkeyPatch) -> StandIn:
    """GitHub's stand-in with nothing in it but the tokens above."""
    # A proxy of the machine's is not for loopback.
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    _served.steer("POST", "/reset")
    for token, kind in TOKENS.items():
        _served.steer("POST", "/tokens", {"token": token, "login": "octocat", **kind})
    return _served


@pytest.fixture
def connect(github: StandIn) -> Callable[..., Server]:
    """Brings a runner online with the files of its JIT configuration, as the runner's stand-in does."""

    def online(files: str | Mapping[str, bytes]) -> Server:
        if isinstance(files, str):
            files = {name: base64.b64decode(content) for name, content in json.loads(base64.b64decode(files)).items()}
        runner, secret = (json.loads(files[name]) for name in (".runner", ".credentials_rsaparams"))
        server = Server(github.base)
        reply = server.create_session(int(runner["AgentId"]), secret["d"])
        assert reply.status == 201, reply
        server.session = reply.document["session"]
        return server

    return online
