# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The leak checker finds a secret in whatever encoding and place, and nothing where there is none."""

from __future__ import annotations

import base64
import importlib.util
import io
import urllib.parse
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

SECRET = b"ghp_0123456789+/abcdefghijklmnopqrst"


def _load() -> ModuleType:
    """scan.py is a program that is sent to hosts, not a module of a package."""
    file = Path(__file__).resolve().parents[2] / "leakcheck" / "scan.py"
    spec = importlib.util.spec_from_file_location("leakcheck_scan", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


scan = _load()


def _finds(text: bytes, secret: bytes = SECRET, chunk: int = scan.CHUNK) -> set[str]:
    return scan.search(io.BytesIO(text), scan.encodings(secret), chunk)


@pytest.mark.parametrize(
    ("encode", "name"),
    [
        (bytes, "plain"),
        (lambda text: urllib.parse.quote_from_bytes(text, safe="").encode(), "URL-encoded"),
        (lambda text: "".join(f"%{byte:02X}" for byte in text).encode(), "percent-encoded"),
        (lambda text: text.hex().encode(), "hex"),
        (lambda text: text.hex().upper().encode(), "hex"),
    ],
)
def test_each_encoding_is_found_and_named(encode: Callable[[bytes], bytes], name: str) -> None:
    """What is found says how it was written."""
    assert name in _finds(b"before " + encode(SECRET) + b" after")


@given(before=st.binary(max_size=20), after=st.binary(max_size=20), secret=st.binary(min_size=16, max_size=80))
def test_base64_is_found_whatever_stands_around_the_secret(before: bytes, after: bytes, secret: bytes) -> None:
    """Base64 shifts with what stands before; the seams differ with what stands around."""
    whole = before + secret + after
    for encoded in (base64.b64encode(whole), base64.urlsafe_b64encode(whole)):
        assert any(name.startswith("base64 at alignment") for name in _finds(encoded, secret))


@given(before=st.integers(0, 200), chunk=st.integers(1, 64))
def test_a_secret_across_chunks_is_found(before: int, chunk: int) -> None:
    """No boundary of reading hides anything."""
    assert "plain" in _finds(b"x" * before + SECRET + b"y" * 50, chunk=chunk)


@pytest.mark.parametrize("text", [b"", SECRET[:-1], SECRET[1:], base64.b64encode(SECRET[:-3]), SECRET.swapcase()])
def test_less_than_the_secret_is_no_find(text: bytes) -> None:
    """A part of it, or another, is not reported."""
    assert _finds(text) == set()


def test_mount_points_are_read_with_their_escapes() -> None:
    """proc(5): optional fields before the dash, octal escapes in the path."""
    table = (
        "36 35 98:0 /mnt1 /mnt\\0402 rw,noatime master:1 - ext3 /dev/root rw,errors=continue\n"
        "37 35 0:5 / /run rw shared:2 master:3 - tmpfs tmpfs rw\n"
    )
    assert list(scan.mounts(table)) == [("/mnt 2", "ext3"), ("/run", "tmpfs")]


def test_files_are_found_below_a_folder_but_not_what_is_skipped(tmp_path: Path) -> None:
    """Links are not followed, skipped folders not entered; a file may be a mount point too."""
    for name in ("a", "deep/b", "deep/d", "skipped/c"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "link").symlink_to(tmp_path / "skipped")
    found = set(scan.files_below(str(tmp_path), {str(tmp_path / "skipped"), str(tmp_path / "deep" / "d")}))
    assert found == {str(tmp_path / "a"), str(tmp_path / "deep" / "b")}
