# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A module's file is compared before it is written, written whole, and shown only where it may be."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from ansible_collections.socialgouv.actions_runner.plugins.module_utils import _host_files
from ansible_collections.socialgouv.actions_runner.plugins.module_utils._host_files import HostFile


@pytest.mark.parametrize(
    ("before", "mode", "changed"),
    [(None, 0o644, True), (b"other", 0o644, True), (b"text", 0o600, True), (b"text", 0o644, False), (b"", 0o644, True)],
)
@pytest.mark.parametrize("check_mode", [False, True])
def test_a_file_is_written_where_it_differs(
    tmp_path: Path, before: bytes | None, mode: int, changed: bool, check_mode: bool
) -> None:
    """In text or mode; check mode says the same and writes nothing; a second run changes nothing."""
    path = tmp_path / "folder" / "file"
    if before is not None:
        path.parent.mkdir()
        path.write_bytes(before)
        path.chmod(mode)
    wanted = HostFile(str(path), b"text")
    diff = _host_files.ensure(wanted, check_mode)
    assert (diff is not None) is changed
    if diff:
        assert (diff["before"], diff["after"]) == ((before or b"").decode(), "text")
        assert diff["before_header"] == str(path)
    if check_mode:
        assert (path.read_bytes() if path.exists() else None) == before
    else:
        assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"text", 0o644)
        assert _host_files.ensure(wanted, check_mode) is None


@pytest.mark.parametrize("before", [None, b"old ghp_"])
def test_a_secret_is_in_no_diff(tmp_path: Path, before: bytes | None) -> None:
    """Neither the old one nor the new one."""
    path = tmp_path / "file"
    if before:
        path.write_bytes(before)
    diff = _host_files.ensure(HostFile(str(path), b"new ghp_", 0o600, shown=False), False)
    assert "ghp_" not in str(diff)


@pytest.mark.parametrize(("mode", "changed"), [(None, True), (0o755, True), (0o700, False)])
@pytest.mark.parametrize("check_mode", [False, True])
def test_a_directory_gets_exactly_its_mode(tmp_path: Path, mode: int | None, changed: bool, check_mode: bool) -> None:
    """Where it was there with another one, too."""
    path = tmp_path / "a" / "b"
    if mode is not None:
        path.mkdir(parents=True)
        path.chmod(mode)
    assert _host_files.ensure_directory(str(path), 0o700, check_mode) is changed
    if check_mode:
        assert path.exists() is (mode is not None)
    else:
        assert stat.S_IMODE(path.stat().st_mode) == 0o700


@pytest.mark.parametrize("kind", ["file", "broken link", "nothing"])
def test_a_file_is_removed(tmp_path: Path, kind: str) -> None:
    """Also a link that leads nowhere."""
    path = tmp_path / "file"
    if kind == "file":
        path.touch()
    if kind == "broken link":
        path.symlink_to("nowhere")
    there = kind != "nothing"
    assert _host_files.remove(str(path), check_mode=True) is there
    assert path.is_symlink() or path.exists() or not there
    assert _host_files.remove(str(path), check_mode=False) is there
    assert not path.is_symlink()
    assert not path.exists()
