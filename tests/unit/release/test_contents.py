# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What users get is what they need: looked for in the archive itself, built from the files that git knows."""

from __future__ import annotations

import fnmatch
import tarfile
from pathlib import Path

import pytest
import yaml
from release_kit import archive, building
from release_kit.checkout import Checkout

ROOT = Path(__file__).resolve().parents[3]
EXPECTED = [
    *("MANIFEST.json", "FILES.json", "README.md", "CHANGELOG.rst", "CONTRIBUTING.md", "LICENSE"),
    *("CODE_OF_CONDUCT.md", "SECURITY.md"),
    *("changelogs/changelog.yaml", "changelogs/config.yaml", "meta/*", "tests/config.yml"),
    *("playbooks/*.yml", "plugins/*.py", "plugins/plugin_utils/fleet_page/*"),
    *("roles/github_runner/*.yml", "roles/github_runner/README.md", "roles/github_runner/*.j2"),
    *("docs/*.md", "docs/*.yml", "docs/grafana/*.json"),
    # Whoever wants to build micro-cipher's image himself.
    "images/micro-cipher/*",
]
#: Room for growth, and none for a picture or a test suite.
MOST_BYTES, MOST_BYTES_A_FILE = 400_000, 80_000


def test_nothing_is_in_it_that_users_do_not_need(built: Path) -> None:
    """A new folder of the checkout is named in galaxy.yml's build_ignore, or here."""
    names = archive.names(built)
    assert not [name for name in names if not any(fnmatch.fnmatch(name, pattern) for pattern in EXPECTED)]


def test_all_that_runs_is_in_it(built: Path) -> None:
    """Every plugin, playbook and file of the role."""
    names = set(archive.names(built))
    folders = [ROOT / name for name in ("meta", "playbooks", "plugins", "roles")]
    files = {path.relative_to(ROOT).as_posix() for folder in folders for path in folder.rglob("*") if path.is_file()}
    assert not {name for name in files if "__pycache__" not in name} - names


def test_it_is_small(built: Path) -> None:
    """It is fetched by every run of AWX."""
    assert built.stat().st_size < MOST_BYTES
    with tarfile.open(built) as file:
        assert not [member.name for member in file if member.size > MOST_BYTES_A_FILE]


def test_a_second_build_gives_the_same_bytes(built: Path) -> None:
    """The proof itself; that it can fail is below."""
    building.prove_reproducible(Checkout(ROOT), built.parent / "copy", built)


def test_a_byte_more_is_noticed(built: Path, tmp_path: Path) -> None:
    """As it would be where a build left its mark."""
    changed = tmp_path / built.name
    changed.write_bytes(built.read_bytes() + b"\0")
    with pytest.raises(building.Failed, match="two builds of one commit differ"):
        building.prove_reproducible(Checkout(ROOT), built.parent / "copy", changed)


def test_the_digest_is_one_that_sha256sum_reads(built: Path) -> None:
    """Beside the archive, by its bare name."""
    digest, name = building.write_digest(built).read_text().split()
    assert (digest, name) == (archive.sha256(built), built.name)


def test_galaxy_is_told_all_it_asks_for() -> None:
    """What its page of the collection shows."""
    told = yaml.safe_load((ROOT / "galaxy.yml").read_text())
    asked = {"namespace", "name", "version", "readme", "authors", "description", "license_file", "tags"}
    asked |= {"repository", "documentation", "homepage", "issues"}
    assert not [key for key in sorted(asked) if not told.get(key)]
    assert told["tags"] == sorted(set(told["tags"]))
