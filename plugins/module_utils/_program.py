# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The launcher as one file: a zip of its folder that Python runs."""

from __future__ import annotations

import io
import pkgutil
import zipfile

from . import launcher

# Ansible sends to the host what is imported here: every module of the launcher hangs on its entry.
from .launcher import entry  # noqa: F401  # pylint: disable=unused-import

_MAIN = "import sys\n\nfrom launcher.entry import main\n\nsys.exit(main())\n"
# The earliest moment that a zip can hold: the same sources make the same bytes.
_MOMENT = (1980, 1, 1, 0, 0, 0)


def build(python: str) -> bytes:
    """The bytes of github-runner.pyz, to be run by the interpreter ``python``.

    ``-I -S``: neither the environment nor a site package of the host's reaches the launcher.
    """
    stream = io.BytesIO()
    stream.write(f"#!{python} -IS\n".encode())
    with zipfile.ZipFile(stream, "a") as archive:
        _add(archive, "__main__.py", _MAIN.encode())
        for name in sorted(["__init__", *(one.name for one in pkgutil.iter_modules(launcher.__path__))]):
            source = pkgutil.get_data(launcher.__name__, f"{name}.py")
            _add(archive, f"launcher/{name}.py", source or b"")
    return stream.getvalue()


def _add(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    archive.writestr(zipfile.ZipInfo(name, _MOMENT), data)
