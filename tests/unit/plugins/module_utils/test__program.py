# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The launcher is one file that runs on every supported Python, and is the same whenever it is built."""

from __future__ import annotations

import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from ansible_collections.socialgouv.actions_runner.plugins.module_utils import _program, launcher

FOLDER = Path(launcher.__file__).parent


def interpreters() -> list[str]:
    """Every supported Python of this machine: this one, those on PATH, and pyenv's."""
    found = [sys.executable]
    for minor in range(9, 15):
        found += [path for path in [shutil.which(f"python3.{minor}")] if path]
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    for path in sorted(root.glob("versions/3.*/bin/python3")):
        version = re.match(r"3\.(\d+)", path.parents[1].name)
        if version and int(version[1]) >= 9:
            found.append(str(path))
    return [path for path in found if "shims" not in path]


@pytest.mark.parametrize("python", interpreters())
@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_the_program_runs_by_itself(tmp_path: Path, python: str, locale: str) -> None:
    """Executed as systemd does, with nothing of the environment: it says its version and knows its commands."""
    program = tmp_path / "github-runner.pyz"
    program.write_bytes(_program.build(python))
    program.chmod(0o755)
    environment = {"PATH": "/nowhere", "LC_ALL": locale, "PYTHONPATH": str(tmp_path)}
    (tmp_path / "json.py").write_text("raise SystemExit('the environment reached the launcher')\n")
    done = subprocess.run([program, "--version"], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"github-runner {launcher.VERSION}\n", "")
    # Every file is compiled and every import found, also those that are made late.
    look = "import sys; sys.path.insert(0, sys.argv[1]); import importlib, zipfile\n"
    look += "for name in zipfile.ZipFile(sys.argv[1]).namelist():\n"
    look += "    if name.startswith('launcher/') and name.endswith('.py'):\n"
    look += "        importlib.import_module(name[:-3].replace('/', '.'))\n"
    done = subprocess.run([python, "-ISc", look, program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_program_holds_every_file_of_the_launcher() -> None:
    """As they stand, and a start beside them."""
    with zipfile.ZipFile(io.BytesIO(_program.build("/usr/bin/python3"))) as archive:
        held = {name: archive.read(name) for name in archive.namelist()}
    assert held.pop("__main__.py").startswith(b"import sys")
    sources = {name: data for name, data in held.items() if name.endswith(".py")}
    assert sources == {f"launcher/{path.name}": path.read_bytes() for path in FOLDER.glob("*.py")}
    assert held.keys() - sources.keys() == {f"{name}c" for name in sources}


def test_an_instance_does_not_compile(tmp_path: Path) -> None:
    """What that takes would stay in its memory: the compiled files are what runs."""
    program = tmp_path / "github-runner.pyz"
    program.write_bytes(_program.build(sys.executable))
    look = "import sys; sys.path.insert(0, sys.argv[1])\n"
    look += "import launcher.life; print(launcher.life.Life.__init__.__code__.co_filename)\n"
    done = subprocess.run([sys.executable, "-ISc", look, program], capture_output=True, text=True, check=False)
    # Where zipimport compiles, it names the archive too.
    assert (done.returncode, done.stdout, done.stderr) == (0, "launcher/life.py\n", "")


def test_the_same_sources_make_the_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise every run would be a change and renew every runner."""
    first = _program.build("/usr/bin/python3")
    monkeypatch.setattr(time, "time", lambda: 2_000_000_000.0)
    assert _program.build("/usr/bin/python3") == first


@pytest.mark.parametrize("seed", ["1", "2", "3"])
def test_every_process_makes_the_same_bytes(seed: str) -> None:
    """Whatever its hashes, and whatever it has loaded before."""
    look = "import hashlib\n"
    look += "from module_utils import _program\n"
    look += "print(hashlib.sha256(_program.build('/usr/bin/python3')).hexdigest())\n"
    environment = {"PYTHONPATH": str(FOLDER.parents[1]), "PYTHONHASHSEED": seed}
    done = subprocess.run([sys.executable, "-c", look], env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == hashlib.sha256(_program.build("/usr/bin/python3")).hexdigest(), done.stderr


def test_the_interpreter_is_the_wanted_one() -> None:
    """Isolated from the environment and from the host's packages; another interpreter is another program."""
    assert _program.build("/opt/python/bin/python3").startswith(b"#!/opt/python/bin/python3 -IS\n")
