# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The archive of a release: the same bytes from the same commit, whoever builds it, where and when.

ansible-galaxy lists files in the order in which the file system tells them, and keeps the time at which each was
written. Both are put right here, after it has done its work.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from pathlib import Path

MANIFEST = "MANIFEST.json"
FILES = "FILES.json"


def normalise(source: Path, target: Path, epoch: int) -> None:
    """Write the archive ``source`` again as ``target``, all as old as ``epoch``. Raises ValueError on a link."""
    members = _read(source)
    listed = json.loads(members[FILES][1])
    listed["files"].sort(key=lambda file: file["name"])
    files = _json(listed)
    manifest = json.loads(members[MANIFEST][1])
    manifest["file_manifest_file"]["chksum_sha256"] = hashlib.sha256(files).hexdigest()
    contents = {name: content for name, (_member, content) in members.items()}
    contents |= {FILES: files, MANIFEST: _json(manifest)}

    # What tells of the rest comes first, as ansible-galaxy has it: who reads the archive needs it first.
    order = [MANIFEST, FILES, *sorted(contents.keys() - {MANIFEST, FILES})]
    with (
        target.open("wb") as file,
        gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=epoch) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for name in order:
            archive.addfile(_member(members[name][0], len(contents[name]), epoch), io.BytesIO(contents[name]))


def sha256(path: Path) -> str:
    """The digest of a file, in hexadecimal digits."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def names(path: Path) -> list[str]:
    """The files in an archive."""
    with tarfile.open(path) as archive:
        return [member.name for member in archive if member.isfile()]


def _read(source: Path) -> dict[str, tuple[tarfile.TarInfo, bytes]]:
    members = {}
    with tarfile.open(source) as archive:
        for member in archive:
            if not (member.isfile() or member.isdir()):
                raise ValueError(f"{member.name} is a link: a collection that is installed on every system has none")
            content = archive.extractfile(member)
            members[member.name] = (member, content.read() if content else b"")
    return members


def _member(old: tarfile.TarInfo, size: int, epoch: int) -> tarfile.TarInfo:
    """A file of nobody in particular."""
    new = tarfile.TarInfo(old.name)
    new.type, new.size, new.mtime = old.type, size, epoch
    new.mode = 0o755 if old.isdir() or old.mode & 0o100 else 0o644
    return new


def _json(value: object) -> bytes:
    return json.dumps(value, indent=1).encode()
