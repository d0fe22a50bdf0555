# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What tar.py writes tarfile reads, and the other way round; what is damaged is refused."""

from __future__ import annotations

import io
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import tar

NAMES = st.from_regex(r"[.a-z][a-z_]{0,60}", fullmatch=True)
IDS = st.integers(0, 2**21 - 1)


@given(st.dictionaries(NAMES, st.binary(max_size=2000), max_size=4), IDS, IDS)
def test_tarfile_reads_what_is_written(files: dict[str, bytes], uid: int, gid: int) -> None:
    """Names, contents, mode and owner."""
    with tarfile.open(fileobj=io.BytesIO(tar.pack(files, 0o640, uid, gid))) as archive:
        found = {member.name: (archive.extractfile(member).read(), member) for member in archive}  # type: ignore[union-attr]
    assert {name: data for name, (data, _member) in found.items()} == files
    assert {(one.mode, one.uid, one.gid, one.isreg()) for _data, one in found.values()} <= {(0o640, uid, gid, True)}


@given(
    st.dictionaries(NAMES, st.binary(max_size=2000), min_size=1, max_size=4),
    st.sampled_from([tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]),
)
def test_what_tarfile_writes_is_read(files: dict[str, bytes], form: int) -> None:
    """Also where extended headers stand between the files, as Docker writes them for times with fractions."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=form) as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mtime = len(data), 1_795_514_400.5
            archive.addfile(member, io.BytesIO(data))
    for name, data in files.items():
        assert tar.file_in(stream.getvalue(), name) == data


@given(st.binary(max_size=3000))
def test_what_is_no_archive_is_refused(data: bytes) -> None:
    """One kind of error, whatever it is."""
    with pytest.raises(ValueError, match="archive"):
        tar.file_in(data, "passwd")


def test_a_file_that_is_cut_short_is_not_there() -> None:
    """Half a passwd could name another user."""
    whole = tar.pack({"passwd": b"x" * 1000}, 0o644, 0, 0)
    with pytest.raises(ValueError, match="passwd is not in the archive"):
        tar.file_in(whole[:1024], "passwd")


@pytest.mark.parametrize(
    ("name", "uid"), [("", 0), ("x" * 101, 0), ("passwd", 2**21), ("passwd", -1)], ids=["empty", "long", "big", "less"]
)
def test_what_does_not_fit_is_refused(name: str, uid: int) -> None:
    """Nothing is cut off in silence."""
    with pytest.raises(ValueError, match="does not fit"):
        tar.pack({name: b""}, 0o600, uid, 0)
