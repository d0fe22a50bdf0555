# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The arrows of the design go one way: each room uses what is behind it, and what else it needs is named here."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
COLLECTION = "ansible_collections.socialgouv.actions_runner."
LAUNCHER = ROOT / "plugins" / "module_utils" / "launcher"
#: The oldest Python of a host, and what of the standard library it has not.
OLDEST = (3, 9)
STANDARD = sys.stdlib_module_names - {"annotationlib", "compression", "tomllib"}


@dataclass(frozen=True)
class Room:
    """A folder; the rooms it may use, itself only where it is named; the libraries it may use."""

    folder: str
    uses: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()


LAUNCHER_ROOM, MODULE_UTILS, STEPS, PLUGIN_UTILS = (
    "plugins/module_utils/launcher",
    "plugins/module_utils",
    "plugins/module_utils/steps",
    "plugins/plugin_utils",
)
ROOMS = [
    # Zipped as it stands, and run for years on hosts whose packages somebody else upgrades.
    Room(LAUNCHER_ROOM, uses=(LAUNCHER_ROOM,)),
    # What modules do: usable and testable without them.
    Room(MODULE_UTILS, uses=(MODULE_UTILS, LAUNCHER_ROOM), libraries=("ansible", "docker", "requests")),
    # The options and the call of those modules that a rollout consists of, and the rollout, which calls them all.
    Room(STEPS, uses=(STEPS, MODULE_UTILS, LAUNCHER_ROOM), libraries=("ansible", "docker")),
    # Thin: never one another, never a library of their own.
    Room("plugins/modules", uses=(STEPS, MODULE_UTILS, LAUNCHER_ROOM), libraries=("ansible",)),
    # The control node's half.
    Room(PLUGIN_UTILS, uses=(PLUGIN_UTILS, STEPS, MODULE_UTILS, LAUNCHER_ROOM), libraries=("ansible", "jinja2")),
    Room("plugins/action", uses=(PLUGIN_UTILS, STEPS, MODULE_UTILS, LAUNCHER_ROOM), libraries=("ansible",)),
    Room("plugins/filter", uses=(PLUGIN_UTILS, MODULE_UTILS, LAUNCHER_ROOM), libraries=("ansible",)),
    Room("plugins/doc_fragments"),
    # An image of its own, with the two packages that its Dockerfile installs.
    Room(
        "images/micro-cipher/micro_cipher",
        uses=("images/micro-cipher/micro_cipher",),
        libraries=("cryptography", "h11"),
    ),
    # Runs before anything is installed.
    Room("tests/testbed/bed", uses=("tests/testbed/bed",)),
]
CASES = [(room, path) for room in ROOMS for path in sorted((ROOT / room.folder).glob("*.py"))]
IDS = [str(path.relative_to(ROOT).with_suffix("")) for _room, path in CASES]


def tree(path: Path) -> ast.Module:
    """A file as the oldest Python reads it."""
    return ast.parse(path.read_text(), feature_version=OLDEST)


def imports(node: ast.AST) -> Iterator[tuple[int, str]]:
    """Every import below a node, wherever it stands: its level (0 is absolute) and its dotted name."""
    for one in ast.walk(node):
        if isinstance(one, ast.Import):
            yield from ((0, alias.name) for alias in one.names)
        elif isinstance(one, ast.ImportFrom):
            for alias in one.names:
                yield one.level, f"{one.module}.{alias.name}" if one.module else alias.name


def room_or_library(path: Path, level: int, name: str) -> str:
    """What an import leads to: the folder of a file of ours, or the name of a library."""
    if not level and not name.startswith(COLLECTION):
        return name.split(".")[0]
    at = path.parents[level - 1] if level else ROOT
    for part in name.removeprefix(COLLECTION).split("."):
        if not (at / part).is_dir():
            break
        at /= part
    return at.relative_to(ROOT).as_posix()


def test_every_room_with_code_has_its_rules() -> None:
    """A new folder of plugins is a new room."""
    folders = {path.parent.relative_to(ROOT).as_posix() for path in (ROOT / "plugins").rglob("*.py")}
    assert folders <= {room.folder for room in ROOMS}


@pytest.mark.parametrize(("room", "path"), CASES, ids=IDS)
def test_no_arrow_goes_back(room: Room, path: Path) -> None:
    """Playbooks, role, modules, module_utils, launcher: never the other way, and never through the tests."""
    used = {room_or_library(path, level, name) for level, name in imports(tree(path))}
    assert not used - STANDARD - set(room.uses) - set(room.libraries)


@pytest.mark.parametrize("path", sorted(LAUNCHER.glob("*.py")), ids=lambda path: path.stem)
def test_the_launcher_calls_its_own_files_by_no_other_name(path: Path) -> None:
    """On a host it is no part of a collection."""
    assert not [name for level, name in imports(tree(path)) if level > 1 or name.startswith(COLLECTION)]


@pytest.mark.parametrize(
    "path", [path for room, path in CASES if room.folder in (MODULE_UTILS, STEPS)], ids=lambda path: path.stem
)
def test_the_libraries_are_imported_where_they_are_used(path: Path) -> None:
    """Docker's SDK and requests cost a tenth of a second: no module pays for one that it does not use."""
    at_the_top = [node for node in tree(path).body if isinstance(node, (ast.Import, ast.ImportFrom))]
    names = {name.split(".")[0] for node in at_the_top for level, name in imports(node) if not level}
    assert not names & {"docker", "requests"}


def test_every_file_of_the_launcher_hangs_on_its_entry() -> None:
    """Ansible sends to the host what is imported: a file that nothing imports would be missing from the program."""
    reached, waiting = set(), ["entry"]
    while waiting:
        stem = waiting.pop()
        if stem in reached or not (LAUNCHER / f"{stem}.py").exists():
            continue
        reached.add(stem)
        waiting += [name.split(".")[0] for level, name in imports(tree(LAUNCHER / f"{stem}.py")) if level]
    assert reached | {"__init__"} == {path.stem for path in LAUNCHER.glob("*.py")}


def test_micro_cipher_installs_what_it_imports() -> None:
    """The libraries above are the packages of its Dockerfile."""
    dockerfile = (ROOT / "images" / "micro-cipher" / "Dockerfile").read_text()
    packages = {word.removeprefix("python3-") for word in dockerfile.split() if word.startswith("python3-")}
    (libraries,) = [set(room.libraries) for room in ROOMS if room.folder.startswith("images/")]
    # The interpreter itself, and what cryptography is made with.
    assert packages - {"minimal", "cffi-backend"} == libraries
