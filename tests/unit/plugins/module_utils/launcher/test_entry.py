# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A standing instance holds in memory what it uses meanwhile, and nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.socialgouv.actions_runner.plugins.module_utils import _program
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import entry

#: TLS, HTTP, hashes, archives, parsers: a megabyte each, or more.
HEAVY = {
    *("ssl", "http.client", "urllib.request", "email", "hashlib", "_hashlib", "hmac", "tarfile", "shutil", "calendar"),
    *("datetime", "argparse", "gettext", "inspect", "ast", "random", "ipaddress", "traceback", "subprocess", "pathlib"),
    "typing",
}
# A standing instance without Docker: what is loaded when it has tried and waits.
WAIT = """
import json, sys
sys.path.insert(0, sys.argv[1])
from launcher import entry
entry.begin()
from launcher import cli, paths, signals

def wait(self, timeout, descriptor=None):
    # What is deferred stands there without a specification until it is used.
    loaded = [name for name, module in sys.modules.items() if vars(module).get("__spec__")]
    print(json.dumps(loaded))
    sys.stdout.flush()
    import os
    os._exit(0)

signals.Signals.wait = wait
root = sys.argv[2]
cli.Paths = lambda: paths.Paths(root)
cli.os.geteuid = lambda: 0
sys.argv = ["github-runner", "launch", "1"]
sys.exit(entry.main())
"""


def test_what_only_some_commands_need_is_not_loaded_by_an_instance(tmp_path: Path) -> None:
    """Whoever imports one of these at the top of a file of the launcher's makes every instance of a host heavier."""
    program = tmp_path / "github-runner.pyz"
    program.write_bytes(_program.build(sys.executable))
    (tmp_path / "etc/github-runner/pools").mkdir(parents=True)
    (tmp_path / "etc/machine-id").write_text("0123\n")
    done = subprocess.run(
        [sys.executable, "-IS", "-c", WAIT, program, tmp_path], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    loaded = set(json.loads(done.stdout.splitlines()[-1]))
    assert "launcher.life" in loaded
    # What waits out a trouble jitters its wait.
    assert loaded & HEAVY <= {"random"}


def test_a_deferred_module_is_the_real_one_when_it_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Importing it loads nothing, using it does, and from then on it is there for everybody."""
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    entry.defer("colorsys")
    placeholder = sys.modules["colorsys"]
    assert placeholder.rgb_to_hsv(0, 0, 0) == (0.0, 0.0, 0)
    assert sys.modules["colorsys"] is not placeholder
    assert sys.modules["colorsys"].__file__


def test_a_module_that_is_loaded_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody loses what is in use."""
    before = sys.modules["json"]
    entry.defer("json")
    assert sys.modules["json"] is before


def test_what_is_known_of_a_module_loads_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names that only annotations use are there without it; any other is the real one."""
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    entry.defer("colorsys", entry.TYPING)
    placeholder = sys.modules["colorsys"]
    assert placeholder.Callable[[int], str] is placeholder.Any
    assert sys.modules["colorsys"] is placeholder
    assert placeholder.ONE_THIRD == 1 / 3
    assert sys.modules["colorsys"] is not placeholder


# An instance that stays while another program takes its place, and then needs what it has not imported yet.
REPLACED = """
import os, sys
sys.path.insert(0, sys.argv[1])
import launcher
from launcher import entry
entry.hold(launcher)
with open(sys.argv[1] + ".new", "wb") as new:
    new.write(b"#!" + b"x" * 5000 + b"\\n")
os.rename(sys.argv[1] + ".new", sys.argv[1])
from launcher import registrar
print(registrar.Registrar.__name__)
"""


def test_a_launcher_that_was_replaced_still_has_all_of_itself(tmp_path: Path) -> None:
    """It has to deregister its runner before it makes way."""
    program = tmp_path / "github-runner.pyz"
    program.write_bytes(_program.build(sys.executable))
    done = subprocess.run([sys.executable, "-IS", "-c", REPLACED, program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "Registrar\n"), done.stderr
