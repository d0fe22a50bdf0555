# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of the launcher's command line, from its own parser."""

from __future__ import annotations

import argparse

from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import cli

from . import markdown

INTRODUCTION = """\
`github-runner` on a host. As root, but `status`, which anybody may run. It exits with 0, with 1 where something could
not be done, with 2 where it was called wrongly; what went wrong is one line on standard error."""


def parsers() -> dict[str, argparse.ArgumentParser]:
    """The parser of each command, by its name."""
    return dict(_commands().choices)


def page() -> str:
    """The page."""
    texts = {action.dest: action.help or "" for action in _commands()._choices_actions}
    parts = [INTRODUCTION]
    for name, parser in parsers().items():
        parts += [f"## {name}", markdown.sentence(texts[name]), f"```text\n{_usage(name, parser)}\n```"]
        rows = [
            (markdown.code(", ".join(one.option_strings)), markdown.sentence(one.help or ""))
            for one in parser._actions
            if one.option_strings and not isinstance(one, argparse._HelpAction)
        ]
        parts += [markdown.table(("option", "does"), rows)] if rows else []
        if parser.epilog:
            parts.append("`--help` tells the [states](states.md) as well.")
    return markdown.page("Command line", "the launcher's parser", parts)


def _commands() -> argparse._SubParsersAction[argparse.ArgumentParser]:
    return next(one for one in cli._parser()._actions if isinstance(one, argparse._SubParsersAction))


def _usage(name: str, parser: argparse.ArgumentParser) -> str:
    """A call with all that there is."""
    words = ["github-runner", name]
    for one in parser._actions:
        if isinstance(one, argparse._HelpAction):
            continue
        if one.option_strings:
            value = f" {one.metavar}" if one.nargs != 0 else ""
            words.append(f"[{one.option_strings[-1]}{value}]")
        else:
            words.append(f"{one.metavar} ..." if one.nargs == "+" else str(one.metavar))
    return " ".join(words)
