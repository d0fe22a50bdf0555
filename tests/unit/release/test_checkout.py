# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What must not be released is refused, with the remedy; what is released is what git knows."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from release_kit.checkout import Checkout

AS = ["-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "commit.gpgsign=false", "-c", "tag.gpgsign=false"]


def git(root: Path, *words: str) -> None:
    subprocess.run(["git", "-C", root, *AS, *words], check=True, stdout=subprocess.DEVNULL)


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """Of a version 1.2.0 that may be released."""
    root = tmp_path / "checkout"
    (root / "changelogs" / "fragments").mkdir(parents=True)
    (root / "changelogs" / "fragments" / ".keep").touch()
    (root / "changelogs" / "changelog.yaml").write_text("releases:\n  1.1.0: {}\n  1.2.0: {}\n")
    (root / "galaxy.yml").write_text("version: 1.2.0\n")
    (root / ".gitignore").write_text("/made/\n")
    git(root, "init", "--quiet")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "All")
    return Checkout(root)


def test_a_state_that_is_committed_and_told_in_the_changelog_may_be_released(checkout: Checkout) -> None:
    """Also beside what tools have made, and after other versions."""
    git(checkout.root, "tag", "1.1.0")
    (checkout.root / "made").mkdir()
    (checkout.root / "made" / "archive").touch()
    assert checkout.refusals() == []


@pytest.mark.parametrize("name", ["galaxy.yml", "new.txt"])
def test_what_is_not_committed_is_refused(checkout: Checkout, name: str) -> None:
    """A changed file and a new one."""
    with (checkout.root / name).open("a") as file:
        file.write("# more\n")
    (reason,) = checkout.refusals()
    assert reason.startswith(f"not committed: {name};")


@pytest.mark.parametrize("tag", ["1.2.0", "v1.2.0"])
def test_a_version_is_released_once(checkout: Checkout, tag: str) -> None:
    """Whichever way its tag is written."""
    git(checkout.root, "tag", "--annotate", "--message", "x", tag)
    (reason,) = checkout.refusals()
    assert reason == f"1.2.0 is released, there is a tag {tag}: raise `version` in galaxy.yml"


def commit(checkout: Checkout, name: str, text: str) -> None:
    (checkout.root / name).write_text(text)
    git(checkout.root, "add", "--all")
    git(checkout.root, "commit", "--quiet", "--message", "More")


def test_a_version_that_the_changelog_does_not_know_is_refused(checkout: Checkout) -> None:
    """Users read there what is new."""
    commit(checkout, "galaxy.yml", "version: 1.3.0\n")
    (reason,) = checkout.refusals()
    assert reason == "the changelog does not know 1.3.0: `make changelog`, and commit what it writes"


def test_changes_that_the_changelog_lacks_are_refused(checkout: Checkout) -> None:
    """A fragment that waits is a change that would be in the release and not in its notes."""
    for number in range(5):
        commit(checkout, f"changelogs/fragments/{number}.yml", "bugfixes: [x]\n")
    (reason,) = checkout.refusals()
    assert reason.startswith("the changelog of 1.2.0 lacks 0.yml, 1.yml, 2.yml and 2 more: `make changelog`")


def test_a_copy_holds_what_git_knows_as_it_stands(checkout: Checkout, tmp_path: Path) -> None:
    """Nothing that tools have left; a file that was removed is missing, one that runs still does."""
    (checkout.root / "made").mkdir()
    (checkout.root / "made" / "archive").touch()
    (checkout.root / "galaxy.yml").chmod(0o755)
    (checkout.root / ".gitignore").unlink()
    copy = tmp_path / "copy"
    checkout.copy(copy)
    names = sorted(path.relative_to(copy).as_posix() for path in copy.rglob("*") if path.is_file())
    assert names == ["changelogs/changelog.yaml", "changelogs/fragments/.keep", "galaxy.yml"]
    assert (copy / "galaxy.yml").stat().st_mode & 0o100


def test_a_release_is_as_old_as_its_commit(checkout: Checkout) -> None:
    """Wherever and whenever it is built."""
    told = subprocess.run(
        ["git", "-C", checkout.root, "show", "--no-patch", "--format=%ct"], capture_output=True, text=True, check=True
    )
    assert checkout.epoch == int(told.stdout)
