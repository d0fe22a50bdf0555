# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An image is built again exactly when something it is made of has changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bed.errors import BedError
from bed.images import context_digest, context_files
from bed.layout import IMAGES, SUITES, Image, host_images

IMAGE = Image("sample", (("images/sample", ""), ("shared", "lib")), target="full")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "images/sample").mkdir(parents=True)
    (tmp_path / "shared/deep").mkdir(parents=True)
    (tmp_path / "images/sample/Dockerfile").write_text("FROM scratch\nCOPY lib /lib\n")
    (tmp_path / "shared/deep/a.py").write_text("a = 1\n")
    (tmp_path / "ca.pem").write_text("one\n")
    return tmp_path


def digest(checkout: Path, base: str = "sha256:base") -> str:
    return context_digest(IMAGE, base, checkout / "ca.pem", repository=checkout)


def test_the_same_sources_give_the_same_digest(checkout: Path) -> None:
    assert digest(checkout) == digest(checkout)


@pytest.mark.parametrize(
    "change",
    [
        lambda root: (root / "shared/deep/a.py").write_text("a = 2\n"),
        lambda root: (root / "shared/deep/a.py").rename(root / "shared/deep/b.py"),
        lambda root: (root / "shared/new").write_text(""),
        lambda root: (root / "shared/deep/a.py").chmod(0o755),
        lambda root: (root / "images/sample/Dockerfile").write_text("FROM scratch\n"),
    ],
    ids=["content", "name", "new file", "mode", "Dockerfile"],
)
def test_a_changed_source_builds_the_image_again(checkout: Path, change: Callable[[Path], object]) -> None:
    before = digest(checkout)
    change(checkout)
    assert digest(checkout) != before


def test_a_new_base_image_builds_the_image_again(checkout: Path) -> None:
    assert digest(checkout, base="sha256:other") != digest(checkout)


def test_a_new_ca_builds_only_images_that_trust_it(checkout: Path) -> None:
    before = digest(checkout)
    (checkout / "ca.pem").write_text("two\n")
    assert digest(checkout) == before
    (checkout / "images/sample/Dockerfile").write_text("FROM scratch\nCOPY ca.pem /\n")
    with_second = digest(checkout)
    (checkout / "ca.pem").write_text("three\n")
    assert digest(checkout) != with_second


def test_what_python_leaves_behind_is_no_source(checkout: Path) -> None:
    before = digest(checkout)
    (checkout / "shared/__pycache__").mkdir()
    (checkout / "shared/__pycache__/a.pyc").write_bytes(b"\0")
    assert digest(checkout) == before


def test_every_source_has_its_place_in_the_context(checkout: Path) -> None:
    assert [place for place, _path in context_files(IMAGE, checkout)] == ["Dockerfile", "lib/deep/a.py"]


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(BedError, match="no folder images/sample"):
        context_files(IMAGE, tmp_path)


def test_each_release_has_host_images_of_its_own_upon_its_own_base() -> None:
    images = [image for suite in SUITES for image in host_images(suite)]
    assert len({image.tag for image in images}) == len(images)
    assert [image.base for image in images] == [
        *["debian:bookworm-slim"] * 2,
        *["debian:trixie-slim"] * 2,
    ]


def test_a_bed_that_asks_for_no_other_release_builds_none() -> None:
    assert {image.suite for image in IMAGES} == {SUITES[0]}


@pytest.mark.parametrize("image", IMAGES, ids=lambda image: image.name)
def test_this_checkout_can_build_every_image(image: Image) -> None:
    assert "Dockerfile" in [place for place, _path in context_files(image)]
