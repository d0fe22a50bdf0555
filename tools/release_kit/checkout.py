# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a release is made from: a checkout, and whether it is in a state to be released."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import yaml

SHOWN = 3


@dataclass(frozen=True)
class Checkout:
    """A clone of the repository, as it stands."""

    root: Path

    @property
    def version(self) -> str:
        """The version that galaxy.yml names."""
        return self._yaml("galaxy.yml")["version"]

    @property
    def commit(self) -> str:
        """The commit that the checkout is at."""
        return self._git("rev-parse", "--short=12", "HEAD").strip()

    @property
    def epoch(self) -> int:
        """When that commit was made: a release is as old as what it was made from."""
        return int(self._git("log", "-1", "--format=%ct"))

    def copy(self, folder: Path) -> None:
        """Copy every file that git knows, as it stands: not what tools and tests have left beside them."""
        for name in self._git("ls-files", "-z").split("\0"):
            if name and (self.root / name).is_file():
                target = folder / name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(self.root / name, target)
                shutil.copymode(self.root / name, target)

    def refusals(self) -> list[str]:
        """Why this is not to be released, each reason with its remedy; none where it may be."""
        version, reasons = self.version, []
        changed = [line[3:] for line in self._git("status", "--porcelain").splitlines()]
        if changed:
            reasons.append(f"not committed: {_some(changed)}; a release is made of a commit, so commit or remove that")
        tags = self._git("tag", "--list", version, f"v{version}").split()
        if tags:
            reasons.append(f"{version} is released, there is a tag {tags[0]}: raise `version` in galaxy.yml")
        elif version not in self._yaml("changelogs/changelog.yaml")["releases"]:
            reasons.append(f"the changelog does not know {version}: `make changelog`, and commit what it writes")
        elif fragments := sorted(file.name for file in (self.root / "changelogs" / "fragments").glob("*.y*ml")):
            reasons.append(
                f"the changelog of {version} lacks {_some(fragments)}: `make changelog`, and commit what it writes"
            )
        return reasons

    def _yaml(self, name: str) -> dict:
        return yaml.safe_load((self.root / name).read_text())

    def _git(self, *words: str) -> str:
        return subprocess.run(["git", "-C", self.root, *words], stdout=subprocess.PIPE, text=True, check=True).stdout


def _some(names: list[str]) -> str:
    """A list that fits a line."""
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")
