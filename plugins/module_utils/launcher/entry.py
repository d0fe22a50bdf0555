# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the program begins. An instance stays for weeks: it holds in memory only what it uses meanwhile."""

from __future__ import annotations

import sys
from types import ModuleType

# Imported by the launcher's files or by the standard library's, and used by some commands, in a child process, or when
# something goes wrong. dataclasses wants inspect for classes without documentation, urllib.parse wants
# ipaddress for addresses in brackets.
DEFERRED = ("argparse", "hashlib", "hmac", "inspect", "ipaddress", "random", "traceback")


def main() -> int:
    """Run the command line; gives the exit code."""
    for name in DEFERRED:
        defer(name)
    from .cli import main as run

    return run()


def defer(name: str) -> None:
    """Have a module loaded when something in it is asked for, not when it is imported.

    importlib's LazyLoader would not do: until Python 3.12, its module is loaded by the first ``import`` that meets it.
    """
    if name in sys.modules:
        return
    placeholder = ModuleType(name)

    def load(attribute: str) -> object:
        if sys.modules.get(name) is placeholder:
            del sys.modules[name]
        __import__(name)
        return getattr(sys.modules[name], attribute)

    placeholder.__getattr__ = load  # type: ignore[method-assign]
    sys.modules[name] = placeholder
