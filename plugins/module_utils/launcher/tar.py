# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tar archives, as far as Docker's archive calls need them: POSIX ustar, files and folders with short names. Pure.

Why not tarfile: with all that it imports it is a tenth of what a standing instance weighs.
"""

from __future__ import annotations

import struct

_BLOCK = 512
# Name, mode, uid, gid, size, time of change, checksum, type, link, magic with version, then owner's names and prefix.
_HEADER = struct.Struct("100s8s8s8s12s12s8sc100s8s247x")
_CHECKSUM = slice(148, 156)
_REGULAR = (b"0", b"\0")


def pack(files: dict[str, bytes], mode: int, uid: int, gid: int, folders: tuple[str, ...] = ()) -> bytes:
    """An archive of these folders and files. Raises ValueError where a name or a number does not fit."""
    parts = []
    entries = [(name, b"", 0o755, b"5") for name in folders]
    entries += [(name, data, mode, b"0") for name, data in sorted(files.items())]
    for name, data, rights, kind in entries:
        encoded = name.encode()
        if not 0 < len(encoded) <= 100:
            raise ValueError(f"the name {name!r} does not fit into a tar archive")
        numbers = (_octal(rights, 8), _octal(uid, 8), _octal(gid, 8), _octal(len(data), 12), _octal(0, 12))
        header = bytearray(_HEADER.pack(encoded, *numbers, b" " * 8, kind, b"", b"ustar\0" + b"00"))
        header[_CHECKSUM] = b"%06o\0 " % sum(header)
        parts += [bytes(header), data, bytes(-len(data) % _BLOCK)]
    return b"".join([*parts, bytes(2 * _BLOCK)])


def file_in(archive: bytes, name: str) -> bytes:
    """The contents of a regular file in an archive. Raises ValueError where it is not there."""
    start = 0
    while start + _BLOCK <= len(archive):
        header = archive[start : start + _BLOCK]
        found, _mode, _uid, _gid, size, _time, checksum, kind, *_rest = _HEADER.unpack(header)
        blank = header[: _CHECKSUM.start] + b" " * 8 + header[_CHECKSUM.stop :]
        if _number(checksum) != sum(blank):
            break
        end = start + _BLOCK + _number(size)
        if kind in _REGULAR and found.rstrip(b"\0") == name.encode() and end <= len(archive):
            return archive[start + _BLOCK : end]
        start = end + -_number(size) % _BLOCK
    raise ValueError(f"{name} is not in the archive")


def _octal(number: int, width: int) -> bytes:
    text = b"%0*o\0" % (width - 1, number)
    if number < 0 or len(text) > width:
        raise ValueError(f"the number {number} does not fit into a tar archive")
    return text


def _number(field: bytes) -> int:
    digits = field.rstrip(b"\0 ").lstrip()
    try:
        return int(digits, 8) if digits else 0
    except ValueError as error:
        raise ValueError("the archive is damaged") from error
