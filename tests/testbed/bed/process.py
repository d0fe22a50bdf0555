# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running programmes."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from .errors import BedError


def run(
    command: Sequence[str | Path],
    *,
    input: bytes | None = None,
    env: Mapping[str, str] | None = None,
    timeout: float | None = None,
) -> str:
    """Run a command to its end and return its standard output.

    `env` is added to the environment. Raises BedError with the end of what the command said if it fails or
    takes longer than `timeout` seconds.
    """
    result = attempt(command, input=input, env=env, timeout=timeout)
    if result.returncode != 0:
        raise BedError(f"`{_shown(command)}` failed ({result.returncode}): {_tail(result)}")
    return result.stdout.decode(errors="replace")


def attempt(
    command: Sequence[str | Path],
    *,
    input: bytes | None = None,
    env: Mapping[str, str] | None = None,
    timeout: float | None = None,
) -> subprocess.CompletedProcess[bytes]:
    """Run a command whose failure is an answer too. Raises BedError if it does not exist or does not end in time."""
    try:
        return subprocess.run(
            [str(word) for word in command],
            input=input,
            stdin=subprocess.DEVNULL if input is None else None,
            capture_output=True,
            env={**os.environ, **(env or {})},
            timeout=timeout,
            check=False,
        )
    except FileNotFoundError as exc:
        raise BedError(f"the command `{command[0]}` is missing: `testbed up` as root installs it") from exc
    except subprocess.TimeoutExpired as exc:
        raise BedError(f"`{_shown(command)}` did not end within {timeout:g} s") from exc


def _shown(command: Sequence[str | Path]) -> str:
    words = " ".join(str(word) for word in command)
    return words if len(words) <= 120 else words[:117] + "..."


def _tail(result: subprocess.CompletedProcess[bytes]) -> str:
    said = (result.stderr or b"") + (b"" if result.stderr.strip() else result.stdout)
    lines = [line for line in said.decode(errors="replace").splitlines() if line.strip()]
    return " / ".join(lines[-4:]) or "it said nothing"
