# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The launcher as one file: a zip of its folder that Python runs."""

from __future__ import annotations

import io
import marshal
import pkgutil
import struct
import zipfile
from importlib.util import MAGIC_NUMBER

from . import launcher

# Ansible sends to the host what is imported here: every module of the launcher hangs on its entry.
from .launcher import entry  # noqa: F401  # pylint: disable=unused-import

_MAIN = "import sys\n\nfrom launcher.entry import main\n\nsys.exit(main())\n"
# The earliest moment that a zip can hold: the same sources make the same bytes.
_MOMENT = (1980, 1, 1, 0, 0, 0)
# Valid whatever the source beside it (https://peps.python.org/pep-0552/); the digest is not looked at then.
_UNCHECKED = struct.pack("<IQ", 1, 0)
# The newer formats mark what happens to be shared or interned in a process: the bytes would differ from one to another.
_MARSHAL_FORMAT = 0


def build(python: str) -> bytes:
    """The bytes of github-runner.pyz, to be run by the interpreter ``python``.

    ``-I -S``: neither the environment nor a site package of the host's reaches the launcher. Each file is there as
    source and compiled, because what compiling needs stays with a process: a standing instance would weigh 1 MB more.
    An interpreter of another version takes the source.
    """
    stream = io.BytesIO()
    stream.write(f"#!{python} -IS\n".encode())
    with zipfile.ZipFile(stream, "a") as archive:
        _add(archive, "__main__.py", _MAIN.encode())
        for name in sorted(["__init__", *(one.name for one in pkgutil.iter_modules(launcher.__path__))]):
            source = pkgutil.get_data(launcher.__name__, f"{name}.py") or b""
            _add(archive, f"launcher/{name}.py", source)
            _add(archive, f"launcher/{name}.pyc", _compiled(source, f"launcher/{name}.py"))
    return stream.getvalue()


def _compiled(source: bytes, name: str) -> bytes:
    code = compile(source, name, "exec", dont_inherit=True)
    return MAGIC_NUMBER + _UNCHECKED + marshal.dumps(code, _MARSHAL_FORMAT)


def _add(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    archive.writestr(zipfile.ZipInfo(name, _MOMENT), data)
