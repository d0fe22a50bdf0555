# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is in Docker is not left behind for want of a library."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.socialgouv.actions_runner.plugins.module_utils import _docker
from ansible_collections.socialgouv.actions_runner.plugins.module_utils._failure import Failure
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.paths import Paths
from ansible_collections.socialgouv.actions_runner.plugins.modules import runner_host


def test_a_host_with_docker_and_without_its_library_keeps_all(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Its pool files tell which networks and images are ours: they must not go before these."""
    monkeypatch.setitem(sys.modules, "docker", None)
    monkeypatch.setattr(_docker, "is_installed", lambda: True)
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "machine-id").write_text("0123456789abcdef0123456789abcdef\n")
    module: Any = SimpleNamespace(params={}, check_mode=False, run_command=None)
    with pytest.raises(Failure, match="install python3-docker"):
        runner_host.remove(module, Paths(str(tmp_path)), run=None)  # type: ignore[arg-type]
