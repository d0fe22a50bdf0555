# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host is known by its machine id, and one without says how to get it."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import host, names
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.errors import Trouble
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.paths import Paths


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    (tmp_path / "etc").mkdir()
    return Paths(str(tmp_path))


def test_a_host_has_its_short_name_and_its_mark(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    """The domain is left out; the mark is the machine id's."""
    monkeypatch.setattr(socket, "gethostname", lambda: "build7.example.org")
    Path(paths.machine_id).write_text("0123\n")
    assert host.read(paths) == ("build7", names.host_mark("0123", "build7"))


@pytest.mark.parametrize("text", [None, "", "\n"])
def test_a_host_without_identity_says_what_to_do(paths: Paths, text: str | None) -> None:
    """Without a mark of its own it could delete another host's runners."""
    if text is not None:
        Path(paths.machine_id).write_text(text)
    with pytest.raises(Trouble, match="systemd-machine-id-setup"):
        host.read(paths)
