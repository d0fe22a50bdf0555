# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run openssl: the data on its standard input, each secret on a pipe of its own. Nothing in an argument or a file."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

# A pipe takes so much without a reader: https://man7.org/linux/man-pages/man7/pipe.7.html, for small memory.
_SECRET_MAX = 4096


class OpensslError(Exception):
    """openssl could not do it; the message is the last line that it said."""


class OpensslMissing(OpensslError):
    """There is no openssl."""


def run(arguments: Sequence[str], data: bytes, secrets: Iterable[bytes] = ()) -> bytes:
    """What openssl gives for ``data``; ``{0}`` in an argument is the first secret's descriptor. Raises OpensslError."""
    import subprocess

    readers = [_pipe(secret) for secret in secrets]
    try:
        # AnsibleModule.run_command is not to be had here: the launcher is no module.
        done = subprocess.run(  # pylint: disable=ansible-bad-function
            ["openssl", *(argument.format(*readers) for argument in arguments)],
            input=data,
            capture_output=True,
            check=False,
            pass_fds=readers,
        )
    except FileNotFoundError as error:
        raise OpensslMissing("openssl is missing: install it") from error
    finally:
        for reader in readers:
            os.close(reader)
    if done.returncode or not done.stdout:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise OpensslError(said[-1] if said else f"exit code {done.returncode}")
    return done.stdout


def _pipe(secret: bytes) -> int:
    """The reading end of a pipe that holds a secret."""
    if len(secret) > _SECRET_MAX:
        raise OpensslError(f"the secret has {len(secret)} bytes: {_SECRET_MAX} at most")
    reader, writer = os.pipe()
    try:
        os.write(writer, secret)
    finally:
        os.close(writer)
    return reader
