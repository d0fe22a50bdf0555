# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The bed's host and its GitHub, as the cases need them."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
TESTBED = ROOT / "tests" / "testbed" / "testbed"
HOST = f"{os.environ.get('TESTBED_NAME') or 'bed'}-host1"
#: All that is ours or could be taken for it: files with owner, mode and content, units, containers, networks.
FOOTPRINT = r"""
cd /
places="etc/github-runner etc/systemd/system usr/local/lib/github-runner var/lib/github-runner/sealed"
find $places var/lib/github-runner -printf '%p %M %u %l\n' | sort
find $places -type f -exec sha256sum {} + | sort
systemctl list-units --all --plain --no-legend 'github-runner@*' 'github-runner-*.timer' | awk '{print $1, $3}'
docker ps --all --filter name=micro-cipher --format '{{.Names}} {{.ID}}'
docker network ls --format '{{.Name}}' | sort
"""


def testbed(*words: str) -> str:
    """Run a command of the bed, which has to go well."""
    return subprocess.run([TESTBED, *words], check=True, capture_output=True, text=True).stdout.strip()


def shell(script: str) -> str:
    """Run a script on the host, which has to go well."""
    return testbed("shell", HOST, f"set -eu\n{script}")


def heard(script: str) -> str:
    """What a command on the host says when it refuses."""
    found = subprocess.run([TESTBED, "shell", HOST, script], check=False, capture_output=True, text=True)
    if found.returncode == 0:
        raise AssertionError(f"{script}: it was not refused, but said: {found.stdout}")
    return (found.stderr or found.stdout).strip()


def github(method: str, path: str, body: Any = None) -> None:
    """One call of the admin API of GitHub's stand-in."""
    testbed("tell", method, path, *([json.dumps(body)] if body is not None else []))


def footprint() -> list[str]:
    """What is on the host."""
    return shell(FOOTPRINT).splitlines()
