# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Galaxy and a user do with the archive: import it; install it where there is nothing else, and run it."""

from __future__ import annotations

import os
import re
import shlex
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .steps import Failed, run

COLLECTION = "socialgouv.actions_runner"
LABEL = "org.socialgouv.testbed"
# What a user's control node has beside Ansible, and what names the bed; nothing of the development environment.
KEPT = ("HOME", "LC_ALL", "LANG", "TERM", "TESTBED_NAME", "TESTBED_PROXY_PORT", "TESTBED_STATE")
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def findings(said: str) -> list[str]:
    """What galaxy-importer did not like."""
    return [line for line in said.splitlines() if re.match(r"(WARNING|ERROR|CRITICAL)\b", line)]


def import_as_galaxy_does(built: Path, folder: Path) -> None:
    """Run galaxy-importer. Raises Failed with what it found."""
    words = ["python", "-m", "galaxy_importer.main", built, "--output-path", folder]
    said = run(words, cwd=folder, log=folder / "galaxy-importer.log")
    if found := findings(said):
        raise Failed("galaxy-importer has findings:\n" + "\n".join(found))


class ControlNode:
    """A machine of a user's: ansible-core, and the archive."""

    def __init__(self, root: Path, folder: Path) -> None:
        self.root, self.folder = root, folder
        self.empty, self.home, self.collections = folder / "empty", folder / "ansible", folder / "collections"
        self.settings = self.empty / "ansible.cfg"
        self.environment = {name: os.environ[name] for name in KEPT if name in os.environ} | {
            "PATH": f"{folder / 'venv' / 'bin'}:{SYSTEM_PATH}",
            "ANSIBLE_HOME": str(self.home),
            "ANSIBLE_CONFIG": str(self.settings),
            "ANSIBLE_COLLECTIONS_PATH": str(self.collections),
        }

    def install(self, built: Path) -> None:
        """Make it anew, and install the archive from where it lies. Raises Failed where a file is not as listed."""
        for path in (self.folder / "venv", self.empty, self.home, self.collections):
            shutil.rmtree(path, ignore_errors=True)
        self.empty.mkdir(parents=True)
        # Named, because otherwise Ansible looks for one in places that are somebody's.
        self.settings.touch()
        run([self.root / "tools" / "venv", self.folder / "venv", "", "ansible-core"], cwd=self.root)
        self._ansible("galaxy", "collection", "install", "--offline", built)
        self._ansible("galaxy", "collection", "verify", "--offline", COLLECTION)

    def playbooks(self) -> list[str]:
        """Every playbook of the installed collection, as one calls it."""
        folder = self.collections / "ansible_collections" / COLLECTION.replace(".", "/") / "playbooks"
        return [f"{COLLECTION}.{path.stem}" for path in sorted(folder.glob("*.yml"))]

    def read_playbooks(self) -> int:
        """Have Ansible read every playbook; how many there are."""
        names = self.playbooks()
        self._ansible("playbook", "--syntax-check", "--inventory", "localhost,", *names)
        return len(names)

    def check(self, bed: Path) -> str:
        """Run the playbook `site` in check mode against the bed's hosts; the last line of Ansible's own summary."""
        inventory, token = (self._tell(bed, word) for word in ("inventory", "token-file"))
        exports = self._tell(bed, "env").replace("export ", "")
        ways = dict(line.split("=", 1) for line in shlex.split(exports))
        words = [f"{COLLECTION}.site", "--check", "--inventory", inventory, "--extra-vars", f"@{token}"]
        return self._ansible("playbook", *words, ways=ways).rstrip().splitlines()[-1]

    def _tell(self, bed: Path, word: str) -> str:
        return run([bed, word], cwd=self.root).strip()

    def _ansible(self, what: str, *words: str | Path, ways: dict[str, str] | None = None) -> str:
        command = [self.folder / "venv" / "bin" / f"ansible-{what}", *words]
        return run(
            command, cwd=self.empty, env=self.environment | (ways or {}), log=self.folder / f"ansible-{what}.log"
        )


@contextmanager
def host(bed: Path, root: Path) -> Iterator[None]:
    """A host of the test bed, a bare one where none runs. What was up before stays, as Docker's Engine does."""
    stays = _runs(root)
    try:
        run([bed, "up", "--bare"], cwd=root)
        yield
    finally:
        if not stays:
            run([bed, "down"], cwd=root)


def _runs(root: Path) -> bool:
    """Whether anything of the bed runs."""
    name = os.environ.get("TESTBED_NAME") or "bed"
    try:
        return bool(run(["docker", "ps", "--quiet", "--filter", f"label={LABEL}.{name}"], cwd=root).strip())
    except (Failed, FileNotFoundError):
        return False
