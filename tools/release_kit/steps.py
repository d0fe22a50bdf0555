# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Steps that are seen: what is done, and how long it took."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path


class Failed(Exception):
    """A step did not go well; says what, and where to read on."""


@contextmanager
def step(what: str) -> Iterator[None]:
    """Say what is done now, and how long it took once it is done."""
    print(f"== {what}", flush=True)
    began = time.monotonic()
    yield
    print(f"   {time.monotonic() - began:.1f} s", flush=True)


def run(
    words: list[str | Path],
    *,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    umask: int = -1,
    log: Path | None = None,
) -> str:
    """Run a command to its end, and give what it said, which is also in ``log``. Raises Failed with the end of it."""
    done = subprocess.run(
        words,
        cwd=cwd,
        env=dict(os.environ if env is None else env),
        umask=umask,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if log:
        log.write_text(done.stdout)
    if done.returncode:
        end = "\n".join(done.stdout.splitlines()[-30:])
        raise Failed(
            f"{Path(words[0]).name} ended with {done.returncode}:\n{end}" + (f"\nAll of it: {log}" if log else "")
        )
    return done.stdout
