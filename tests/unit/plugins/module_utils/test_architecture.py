# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The arrows of the design go one way, and what the launcher needs it has with it."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PLUGINS = Path(__file__).resolve().parents[4] / "plugins"
MODULE_UTILS = PLUGINS / "module_utils"
LAUNCHER = MODULE_UTILS / "launcher"
#: What module_utils may use beside the standard library: the libraries of the design, where they are used.
LIBRARIES = {"ansible", "docker", "requests"}


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Every import of a file, wherever it stands in it: its level (0 is absolute) and its dotted name."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((0, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield node.level, f"{node.module}.{alias.name}" if node.module else alias.name


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.py"))


@pytest.mark.parametrize("path", files(LAUNCHER), ids=lambda path: path.stem)
def test_the_launcher_needs_nothing_but_itself_and_the_standard_library(path: Path) -> None:
    """It is zipped as it stands and runs on hosts whose packages somebody else upgrades."""
    siblings = {one.stem for one in files(LAUNCHER)} | {"VERSION"}
    for level, name in imports(path):
        if level:
            assert level == 1, f"{path.name} imports from outside its folder: {name}"
            assert name.split(".")[0] in siblings
        else:
            assert name.split(".")[0] in sys.stdlib_module_names, f"{path.name} imports {name}"


@pytest.mark.parametrize("path", files(MODULE_UTILS), ids=lambda path: path.stem)
def test_module_utils_know_nothing_of_the_modules(path: Path) -> None:
    """What the modules do can be used and tested without them."""
    for level, name in imports(path):
        if level:
            assert level == 1, f"{path.name} imports from outside module_utils: {name}"
        else:
            assert name.split(".")[0] in sys.stdlib_module_names | LIBRARIES, f"{path.name} imports {name}"


@pytest.mark.parametrize("path", files(MODULE_UTILS), ids=lambda path: path.stem)
def test_the_libraries_are_imported_where_they_are_used(path: Path) -> None:
    """Docker's SDK and requests cost a tenth of a second: no module pays for one that it does not use."""
    tree = ast.parse(path.read_text())
    at_the_top = [node for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))]
    names = {alias.name for node in at_the_top if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in at_the_top if isinstance(node, ast.ImportFrom) and not node.level}
    assert not {name.split(".")[0] for name in names} & {"docker", "requests"}


@pytest.mark.parametrize("path", files(PLUGINS / "modules"), ids=lambda path: path.stem)
def test_modules_are_thin(path: Path) -> None:
    """They use module_utils and ansible's base, never each other, docker or requests."""
    for level, name in imports(path):
        if level:
            assert (level, name.split(".")[0]) == (2, "module_utils")
        else:
            assert name.split(".")[0] in sys.stdlib_module_names | {"ansible"}


def test_every_file_of_the_launcher_hangs_on_its_entry() -> None:
    """Ansible sends to the host what is imported: a file that nothing imports would be missing from the program."""
    reached, waiting = set(), ["entry"]
    while waiting:
        stem = waiting.pop()
        if stem in reached or not (LAUNCHER / f"{stem}.py").exists():
            continue
        reached.add(stem)
        waiting += [name.split(".")[0] for level, name in imports(LAUNCHER / f"{stem}.py") if level]
    assert reached | {"__init__"} == {path.stem for path in files(LAUNCHER)}


@pytest.mark.parametrize("path", sorted(PLUGINS.rglob("*.py")), ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_file_names_its_licence(path: Path) -> None:
    """Copyright and SPDX tag at the top."""
    head = path.read_text().splitlines()[:5]
    assert "# Copyright (c) 2026, SocialGouv" in head
    # REUSE-IgnoreStart
    assert "# SPDX-License-Identifier: GPL-3.0-or-later" in head
    # REUSE-IgnoreEnd
