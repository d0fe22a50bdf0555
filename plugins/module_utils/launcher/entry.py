# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the program begins. An instance stays for weeks: it holds in memory only what it uses meanwhile."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from types import ModuleType

# Imported by the launcher's files or by the standard library's, and used by some commands, in a child process, or when
# something goes wrong. dataclasses wants inspect for classes without documentation, urllib.parse wants
# ipaddress for addresses in brackets.
DEFERRED = ("argparse", "hashlib", "hmac", "ipaddress", "random", "traceback")


class _Unused:
    """What annotations name and nothing ever looks at."""

    def __class_getitem__(cls, _parameters: object) -> type:
        return cls


# With these, importing typing for annotations alone loads nothing. The last two are what dataclasses compares with.
def _annotations(of: type) -> dict[str, object]:
    return dict(vars(of).get("__annotations__", {}))


# From Python 3.13 on, dataclasses asks inspect for this of every class.
INSPECT = {"get_annotations": _annotations}
TYPING = {"Any": _Unused, "Callable": _Unused, "ClassVar": _Unused, "_GenericAlias": _Unused}


def main() -> int:
    """Run the command line; gives the exit code."""
    begin()
    hold(sys.modules[__package__])
    from .cli import main as run

    return run()


def begin() -> None:
    """Defer what can be deferred."""
    for name in DEFERRED:
        defer(name)
    defer("inspect", INSPECT)
    defer("typing", TYPING)


def hold(package: ModuleType) -> None:
    """Import from the file that this process began with, also when another has taken its place.

    Offsets in a zip are read once: of the next program, they would be those of something else.
    """
    program, name = os.path.split(package.__path__[0])
    if os.path.isfile(program):
        package.__path__[:] = [f"/proc/self/fd/{os.open(program, os.O_RDONLY)}/{name}"]


def defer(name: str, known: Mapping[str, object] | None = None) -> None:
    """Have a module loaded when something in it is asked for that is not ``known``, not when it is imported.

    importlib's LazyLoader would not do: until Python 3.12, its module is loaded by the first ``import`` that meets it.
    """
    if name in sys.modules:
        return
    placeholder = ModuleType(name)

    def load(attribute: str) -> object:
        if attribute == "__path__":  # ``from`` asks whether it is a package
            raise AttributeError(attribute)
        if sys.modules.get(name) is placeholder:
            del sys.modules[name]
        __import__(name)
        return getattr(sys.modules[name], attribute)

    vars(placeholder).update(known or {})
    placeholder.__getattr__ = load  # type: ignore[method-assign]
    sys.modules[name] = placeholder
