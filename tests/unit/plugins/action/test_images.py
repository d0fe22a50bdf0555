# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A registry's login is sealed here; a host gets ciphertext, and only where there is a login."""

from __future__ import annotations

import base64
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleActionFail

from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import envelope, sealed

LOGINS = [
    {"registry": "registry.test", "username": "ci", "password": "s3cret/1"},
    {"registry": "docker.io", "username": "me", "password": "s3cret/2"},
]


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """micro-cipher's."""
    path = tmp_path_factory.mktemp("key") / "private.pem"
    command = ["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:4096", "-out", path]
    subprocess.run(command, check=True, capture_output=True)
    public = subprocess.run(["openssl", "pkey", "-in", path, "-pubout"], check=True, capture_output=True, text=True)
    return path, public.stdout


def test_logins_reach_the_host_sealed(run_action: Any, keys: tuple[Path, str]) -> None:
    """All of them in one envelope; all other options as they are."""
    private, public = keys
    _result, [arguments] = run_action("images", images=["a"], pull="always", logins=LOGINS, public_key=public)
    assert set(arguments) == {"images", "pull", "_sealed"}
    assert "s3cret" not in json.dumps(arguments)
    kept = sealed.from_mapping(arguments["_sealed"])
    command = ["openssl", "pkeyutl", "-decrypt", "-inkey", private, "-pkeyopt", "rsa_padding_mode:oaep"]
    block = subprocess.run(command, input=kept.ciphertext, check=True, capture_output=True).stdout
    assert json.loads(envelope.unwrap(kept, block.decode())) == {
        one["registry"]: {"username": one["username"], "password": one["password"]} for one in LOGINS
    }
    assert base64.b64decode(arguments["_sealed"]["payload"]) == kept.payload


@pytest.mark.parametrize("logins", [None, []])
def test_without_logins_nothing_is_sealed(run_action: Any, logins: Any) -> None:
    """And no key is needed."""
    given = {} if logins is None else {"logins": logins}
    assert run_action("images", images=["a"], **given)[1] == [{"images": ["a"]}]


@pytest.mark.parametrize("logins", ["x", [{"registry": "a"}], ["a"], [{**LOGINS[0], "port": 5000}]])
def test_a_login_that_is_not_complete_is_one_line(run_action: Any, logins: Any) -> None:
    """Without the password."""
    with pytest.raises(AnsibleActionFail, match="write") as caught:
        run_action("images", images=["a"], logins=logins, public_key="x")
    assert "s3cret" not in str(caught.value)


def test_without_a_key_check_mode_knows_that_there_are_logins(run_action: Any) -> None:
    """The registry would turn a host away that asks without one, which the real run does not."""
    _result, [arguments] = run_action("images", check_mode=True, images=["a"], logins=LOGINS)
    assert (arguments["_sealed"], arguments["_login_unknown"]) == (None, True)
