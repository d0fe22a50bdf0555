# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One damaged pool file hides no other pool, and is named."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import pool_files
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.paths import Paths
from ansible_collections.socialgouv.actions_runner.tests.unit.plugins.module_utils.launcher.world import POOL


def test_all_pools_are_read_and_the_unreadable_named(tmp_path: Path) -> None:
    """In the order of their names; what is no pool file is passed over."""
    paths = Paths(str(tmp_path))
    folder = Path(paths.pools)
    folder.mkdir(parents=True)
    pools = [dataclasses.replace(POOL, name=name) for name in ("b", "a")]
    for one in pools:
        Path(paths.pool(one.name)).write_text(one.dump())
    (folder / "damaged.json").write_text("{")
    (folder / "folder.json").mkdir()
    (folder / "a.json.123.new").write_text("half")
    found = pool_files.read(paths)
    assert [one.name for one in found.pools] == ["a", "b"]
    assert {name: str(error) for name, error in found.unreadable.items()} == {
        "damaged.json": "the pool file is damaged: run the playbook again",
        "folder.json": "the pool file cannot be read: Is a directory",
    }


def test_a_host_without_pools_has_none(tmp_path: Path) -> None:
    """Before the first one was installed."""
    assert pool_files.read(Paths(str(tmp_path))) == ([], {})
