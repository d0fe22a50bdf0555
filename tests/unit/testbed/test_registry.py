# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names that the registry serves."""

from __future__ import annotations

import pytest

from bed.errors import BedError
from bed.registry import parse_name


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ghcr.io/socialgouv/micro-cipher:main", ("socialgouv/micro-cipher", "main")),
        ("ghcr.io/actions/actions-runner", ("actions/actions-runner", "latest")),
        ("ghcr.io/a/b/c:1.0", ("a/b/c", "1.0")),
    ],
)
def test_a_name_of_ghcr_io_is_split(name: str, expected: tuple[str, str]) -> None:
    assert parse_name(name) == expected


@pytest.mark.parametrize("name", ["docker.io/library/debian", "debian", "ghcr.io", "ghcr.io/", "ghcr.io/:tag"])
def test_any_other_name_is_refused_with_the_form_it_should_have(name: str) -> None:
    with pytest.raises(BedError, match=r"ghcr\.io/OWNER/IMAGE:TAG"):
        parse_name(name)
