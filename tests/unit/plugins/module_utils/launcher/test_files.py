# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files are whole or not there, and a secret that others could have touched is not used."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import files
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.errors import Trouble


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o755])
@pytest.mark.parametrize("before", [None, b"before"])
def test_a_file_is_written_with_exactly_its_mode(tmp_path: Path, mode: int, before: bytes | None) -> None:
    """Whatever the umask is and whatever was there; nothing else is left in the directory."""
    path = tmp_path / "file"
    if before is not None:
        path.write_bytes(before)
    mask = os.umask(0o077)
    try:
        files.write(str(path), b"after", mode)
    finally:
        os.umask(mask)
    assert path.read_bytes() == b"after"
    assert stat.S_IMODE(path.stat().st_mode) == mode
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("failing", ["fsync", "fchmod", "replace"])
def test_a_failed_write_leaves_the_last_good_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    """A full disk or a crash never leaves half a file, nor rubbish beside it; the error names the file."""

    def fail(*_arguments: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    path = tmp_path / "file"
    path.write_text("good")
    monkeypatch.setattr(files.os, failing, fail)
    with pytest.raises(OSError, match="No space left") as caught:
        files.write(str(path), b"new", 0o600)
    assert caught.value.filename == str(path)
    assert path.read_text() == "good"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_laid_in_the_way_is_not_followed(tmp_path: Path) -> None:
    """Nobody can make root write somewhere else."""
    target = tmp_path / "target"
    (tmp_path / f"file.{os.getpid()}.new").symlink_to(target)
    with pytest.raises(OSError, match="symbolic links"):
        files.write(str(tmp_path / "file"), b"secret", 0o600)
    assert not target.exists()


def test_what_is_not_there_reads_as_none(tmp_path: Path) -> None:
    """Missing is an answer, not an error."""
    assert files.read(str(tmp_path / "none")) is None
    assert files.read_private(str(tmp_path / "none")) is None


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o700])
def test_a_private_file_is_read(tmp_path: Path, mode: int) -> None:
    """The owner alone may use it."""
    path = tmp_path / "sealed"
    files.write(str(path), "é".encode(), mode)
    assert files.read_private(str(path)) == "é"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o610, 0o777])
def test_a_secret_that_others_could_touch_is_refused_with_the_remedy(tmp_path: Path, mode: int) -> None:
    """It could have been read, or put there by somebody else."""
    path = tmp_path / "sealed"
    files.write(str(path), b"x", mode)
    with pytest.raises(Trouble, match="seal again") as caught:
        files.read_private(str(path))
    assert caught.value.lasting


@pytest.mark.parametrize("mode", [0o755, 0o711, 0o770, 0o1777])
def test_a_secret_in_a_folder_that_others_could_enter_is_refused(tmp_path: Path, mode: int) -> None:
    """Who can write the folder can replace the file."""
    path = tmp_path / "folder" / "sealed"
    path.parent.mkdir()
    files.write(str(path), b"x", 0o600)
    path.parent.chmod(mode)
    with pytest.raises(Trouble, match="folder should be root's alone, mode 0700"):
        files.read_private(str(path))


def test_a_link_to_a_secret_is_refused(tmp_path: Path) -> None:
    """It would read whatever somebody points it at."""
    target, path = tmp_path / "target", tmp_path / "sealed"
    files.write(str(target), b"x", 0o600)
    path.symlink_to(target)
    with pytest.raises(OSError, match="symbolic links"):
        files.read_private(str(path))


def test_a_secret_of_somebody_else_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mode alone does not make it root's."""
    path = tmp_path / "sealed"
    files.write(str(path), b"x", 0o600)
    monkeypatch.setattr(files.os, "geteuid", lambda: path.stat().st_uid + 1)
    with pytest.raises(Trouble, match="should be root's alone"):
        files.read_private(str(path))


def test_a_replaced_file_is_noticed(tmp_path: Path) -> None:
    """What a waiting instance looks at changes when a person mends something, and only then."""
    one, other = str(tmp_path / "one"), str(tmp_path / "other")
    empty = files.signature(one, other)
    files.write(one, b"a", 0o600)
    first = files.signature(one, other)
    assert first != empty
    assert files.signature(one, other) == first
    files.write(one, b"a", 0o600)
    assert files.signature(one, other) != first
