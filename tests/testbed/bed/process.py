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

# What a command gets to end by itself before it is made to.
GRACE_SECONDS = 10.0


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
    words = [str(word) for word in command]
    try:
        process = subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL if input is None else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **(env or {})},
        )
    except FileNotFoundError as exc:
        raise BedError(f"the command `{words[0]}` is missing: `testbed up` as root installs it") from exc
    try:
        out, err = process.communicate(input, timeout)
    except subprocess.TimeoutExpired as exc:
        _end(process)
        raise BedError(f"`{_shown(command)}` did not end within {timeout:g} s") from exc
    except KeyboardInterrupt:
        # The terminal has interrupted the command too: let it put its own things in order first.
        _end(process, grace=GRACE_SECONDS)
        raise
    return subprocess.CompletedProcess(words, process.returncode, out, err)


def _end(process: subprocess.Popen[bytes], grace: float = 0) -> None:
    """Wait `grace` seconds for a command to end, then ask it to, then make it."""
    for seconds, ask in ((grace, process.terminate), (GRACE_SECONDS, process.kill)):
        try:
            process.communicate(timeout=seconds)
            return
        except subprocess.TimeoutExpired:
            ask()
    process.communicate()


def _shown(command: Sequence[str | Path]) -> str:
    words = " ".join(str(word) for word in command)
    return words if len(words) <= 120 else words[:117] + "..."


def _tail(result: subprocess.CompletedProcess[bytes]) -> str:
    said = (result.stderr or b"") + (b"" if result.stderr.strip() else result.stdout)
    lines = [line for line in said.decode(errors="replace").splitlines() if line.strip()]
    return " / ".join(lines[-4:]) or "it said nothing"
