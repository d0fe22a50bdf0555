# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each command of the documentation, held against the program that would run it: its parser, its names, its files."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable

import ansible_builder.cli
from ansible.cli.adhoc import AdHocCLI
from ansible.cli.galaxy import GalaxyCLI
from ansible.cli.inventory import InventoryCLI
from ansible.cli.playbook import PlaybookCLI
from ansible.cli.pull import PullCLI
from ansible.cli.vault import VaultCLI

from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import cli
from ansible_collections.socialgouv.actions_runner.tests.docs import blocks, kit

#: Pages that a scenario of molecule's runs from the first block to the last, whatever is in them.
WALKED = {
    "README.md": "docs",
    "docs/tutorial.md": "docs",
    "docs/how-to/move-from-monolithprojects.md": "moving",
    "docs/how-to/move-from-the-readme.md": "moving",
}

_CLIS = {
    "ansible": AdHocCLI,
    "ansible-galaxy": GalaxyCLI,
    "ansible-inventory": InventoryCLI,
    "ansible-pull": PullCLI,
    "ansible-vault": VaultCLI,
}
_REPOSITORY = "https://github.com/SocialGouv/ansible-actions-runner.git"


class Wrong(AssertionError):
    """A command that would not do what the page says."""


def check(words: list[str]) -> None:
    """Hold one command against what would run it. Raises Wrong where it would fail, or where nothing here knows it."""
    name = words[0]
    if name in _CLIS:
        _parse(words)
    known: dict[str, Callable[[list[str]], None]] = {
        "ansible": _ansible,
        "ansible-builder": _builder,
        "ansible-galaxy": _galaxy,
        "ansible-playbook": _playbook,
        "ansible-pull": lambda _words: None,
        "ansible-vault": lambda _words: None,
        "cd": lambda _words: None,
        "git": _git,
        "github-runner": _launcher,
        "journalctl": _journal,
        "make": _make,
        "systemctl": _systemctl,
    }
    if name not in known:
        raise Wrong(f"nothing here knows the command {name}: teach it, or have a scenario run the page")
    known[name](words)


def extra_variables(words: list[str]) -> set[str]:
    """The names of the variables that ``-e`` gives."""
    names: set[str] = set()
    for option, value in zip(words, words[1:]):
        if option in ("-e", "--extra-vars") and not value.startswith("@"):
            names |= set(json.loads(value)) if value.startswith("{") else set(re.findall(r"([a-z_]+)=", value))
    return names


def _parse(words: list[str]) -> None:
    try:
        _CLIS[words[0]](words).parse()
    except SystemExit as error:
        raise Wrong(f"{words[0]} does not take these words: {' '.join(words)}") from error


def _playbook(words: list[str]) -> None:
    try:
        PlaybookCLI(words).parse()
    except SystemExit as error:
        raise Wrong(f"ansible-playbook does not take these words: {' '.join(words)}") from error
    called = [word for word in words[1:] if word.startswith(kit.NAMESPACE)]
    if not called:
        raise Wrong("this playbook is not of the collection")
    for word in called:
        name = word.removeprefix(f"{kit.NAMESPACE}.")
        if name not in kit.playbooks():
            raise Wrong(f"there is no playbook {name}")
        unknown = extra_variables(words) - kit.variables() - kit.playbook_variables(name)
        if unknown:
            raise Wrong(f"the playbook {name} knows no {', '.join(unknown)}")


def _ansible(words: list[str]) -> None:
    if "-a" in words and "-m" not in words:
        check(words[words.index("-a") + 1].split())


def _galaxy(words: list[str]) -> None:
    for word in words:
        if word.startswith("git+") and word != f"git+{_REPOSITORY}":
            raise Wrong(f"that is not where the collection is: {word}")


def _git(words: list[str]) -> None:
    if words[1:] != ["clone", _REPOSITORY]:
        raise Wrong(f"that is not where the collection is: {' '.join(words)}")


def _builder(words: list[str]) -> None:
    try:
        given = ansible_builder.cli.parse_args(words[1:])
    except SystemExit as error:
        raise Wrong(f"ansible-builder does not take these words: {' '.join(words)}") from error
    if not (blocks.ROOT / given.filename).exists():
        raise Wrong(f"there is no {given.filename}")


def _launcher(words: list[str]) -> None:
    try:
        cli._parser().parse_args(words[1:])
    except SystemExit as error:
        raise Wrong(f"github-runner does not take these words: {' '.join(words)}") from error


def _make(words: list[str]) -> None:
    targets = re.findall(r"^([a-z-]+):", (blocks.ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    if words[1] not in targets:
        raise Wrong(f"there is no `make {words[1]}`")


def _systemctl(words: list[str]) -> None:
    if words[1] not in ("start", "stop", "restart", "status"):
        raise Wrong(f"look whether systemctl has {words[1]}, and add it here")
    for unit in words[2:]:
        _unit(unit)


def _journal(words: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="journalctl", exit_on_error=False)
    for option in ("-f", "--no-hostname", "--no-tail", "--no-pager"):
        parser.add_argument(option, action="store_true")
    parser.add_argument("-u")
    parser.add_argument("-n", type=int)
    parser.add_argument("matches", nargs="*")
    given = parser.parse_args(words[1:])
    if given.u:
        _unit(given.u)
    for match in given.matches:
        if match.partition("=")[0] not in kit.journal_fields():
            raise Wrong(f"no line of the journal has {match}")


def _unit(name: str) -> None:
    if not kit.is_unit(name):
        raise Wrong(f"no host has a unit {name}")
