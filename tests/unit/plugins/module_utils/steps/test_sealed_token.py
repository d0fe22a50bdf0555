# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The host's half takes ciphertext and nothing else."""

from __future__ import annotations

import base64
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.socialgouv.actions_runner.plugins.module_utils._failure import Failure
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import sealed
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.paths import Paths
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.steps import sealed_token

SEALED = {
    "name": "default",
    "payload": "",
    "fingerprint": "a" * 64,
    "verifier": "0f",
    "ciphertext": base64.b64encode(b"cipher").decode(),
}


@pytest.fixture
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Paths:
    """A host of its own."""
    found = Paths(str(tmp_path))
    monkeypatch.setattr(sealed_token, "Paths", lambda: found)
    return found


def work(check_mode: bool = False, **params: Any) -> dict[str, Any]:
    given = {"name": "default", "token": None, "pools": None, "public_key": None, "state": "present", **params}
    given["_sealed"] = [params["_sealed"]] if isinstance(params.get("_sealed"), dict) else params.get("_sealed")
    return sealed_token.work(SimpleNamespace(params=given, check_mode=check_mode))  # type: ignore[arg-type]


def test_what_was_sealed_is_kept(paths: Paths) -> None:
    """As the control node made it; then it is there."""
    assert work(_sealed=SEALED)["changed"]
    assert sealed.load(Path(paths.sealed("default")).read_text()) == sealed.Sealed("a" * 64, "0f", b"cipher")
    assert not work(_sealed=SEALED)["changed"]
    assert work(state="absent")["changed"]
    assert not work(state="absent")["changed"]


@pytest.mark.usefixtures("paths")
@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"token": "ghp_secret"}, "a credential must not come to the host"),
        ({"token": "ghp_secret", "_sealed": SEALED}, "a credential must not come to the host"),
        ({}, "nothing was sealed: call this module by its full name"),
        ({"name": "../x", "_sealed": SEALED}, "the pool name '.*' is not usable"),
        ({"name": "X", "state": "absent"}, "the pool name '.*' is not usable"),
    ],
)
def test_anything_else_is_refused(params: dict[str, Any], said: str) -> None:
    """A plaintext that came by a mistake is neither written nor shown, and a name is never a path."""
    with pytest.raises(Failure, match=said) as caught:
        work(**params)
    assert "ghp_secret" not in str(caught.value)


@pytest.mark.usefixtures("paths")
def test_check_mode_knows_that_there_may_be_no_key_yet() -> None:
    """On a bare host."""
    assert work(check_mode=True)["changed"]
