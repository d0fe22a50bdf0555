# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An archive tells nothing of who built it, where and when; and it stays one that ansible-galaxy takes."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from pathlib import Path

import pytest
from release_kit import archive

EPOCH = 1_800_000_000
CONTENTS = {"b.yml": b"b: 1\n", "a/tool": b"#!/bin/sh\n", "README.md": b"# Hello\n"}


def built(path: Path, order: list[str], *, mtime: int, owner: int, rights: int) -> Path:
    """An archive as ansible-galaxy builds it, with its files in some order."""
    listed = {"files": [{"name": name, "ftype": "file"} for name in order], "format": 1}
    files = json.dumps(listed, indent=True).encode()
    manifest = {
        "collection_info": {"name": "x"},
        "file_manifest_file": {"chksum_sha256": hashlib.sha256(files).hexdigest()},
    }
    whole = {
        "MANIFEST.json": json.dumps(manifest).encode(),
        "FILES.json": files,
        **{name: CONTENTS[name] for name in order},
    }
    with tarfile.open(path, "w:gz") as file:
        folder = tarfile.TarInfo("a")
        folder.type, folder.mode, folder.mtime = tarfile.DIRTYPE, 0o700, mtime
        file.addfile(folder)
        for name, content in whole.items():
            member = tarfile.TarInfo(name)
            member.size, member.mtime, member.uid, member.uname = len(content), mtime, owner, f"user{owner}"
            member.mode = rights | (0o111 if name == "a/tool" else 0)
            file.addfile(member, io.BytesIO(content))
    return path


@pytest.fixture
def one(tmp_path: Path) -> Path:
    first = built(tmp_path / "first.tar.gz", ["b.yml", "a/tool", "README.md"], mtime=1, owner=0, rights=0o644)
    archive.normalise(first, tmp_path / "one.tar.gz", EPOCH)
    return tmp_path / "one.tar.gz"


def test_two_builds_give_the_same_bytes(tmp_path: Path, one: Path) -> None:
    """Whatever the order of the files, their age, their owner and their rights."""
    second = built(tmp_path / "second.tar.gz", ["README.md", "b.yml", "a/tool"], mtime=99, owner=1000, rights=0o600)
    archive.normalise(second, tmp_path / "another-name.tar.gz", EPOCH)
    assert (tmp_path / "another-name.tar.gz").read_bytes() == one.read_bytes()


def test_another_content_gives_other_bytes(tmp_path: Path, one: Path) -> None:
    """Else nothing would have been shown."""
    second = built(tmp_path / "second.tar.gz", ["b.yml", "a/tool"], mtime=1, owner=0, rights=0o644)
    archive.normalise(second, tmp_path / "two.tar.gz", EPOCH)
    assert (tmp_path / "two.tar.gz").read_bytes() != one.read_bytes()


def test_the_manifest_holds_for_the_list_that_was_put_in_order(one: Path) -> None:
    """`ansible-galaxy collection verify` compares the digest."""
    with tarfile.open(one) as file:
        files = file.extractfile("FILES.json").read()
        manifest = json.load(file.extractfile("MANIFEST.json"))
    assert manifest["file_manifest_file"]["chksum_sha256"] == hashlib.sha256(files).hexdigest()
    assert [entry["name"] for entry in json.loads(files)["files"]] == sorted(CONTENTS)


def test_what_is_in_it_is_what_was_in_it(one: Path) -> None:
    """Names, contents, and which of them run."""
    with tarfile.open(one) as file:
        assert {name: file.extractfile(name).read() for name in CONTENTS} == CONTENTS
        assert {member.name: oct(member.mode) for member in file} == {
            "MANIFEST.json": "0o644",
            "FILES.json": "0o644",
            "README.md": "0o644",
            "a": "0o755",
            "a/tool": "0o755",
            "b.yml": "0o644",
        }


def test_everything_is_as_old_as_the_commit_and_nobodys(one: Path) -> None:
    """No name of a builder, no time of a build, not in gzip's head either."""
    with tarfile.open(one) as file:
        assert {(m.mtime, m.uid, m.gid, m.uname, m.gname) for m in file} == {(EPOCH, 0, 0, "", "")}
    with gzip.open(one) as packed:
        packed.read(1)
        assert packed.mtime == EPOCH
    assert b"one.tar" not in one.read_bytes()[:64]


def test_a_link_is_refused(tmp_path: Path) -> None:
    """It leads elsewhere on another machine."""
    path = tmp_path / "x.tar.gz"
    with tarfile.open(path, "w:gz") as file:
        link = tarfile.TarInfo("playbooks/site.yml")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        file.addfile(link)
    with pytest.raises(ValueError, match=r"playbooks/site\.yml is a link"):
        archive.normalise(path, tmp_path / "y.tar.gz", EPOCH)
