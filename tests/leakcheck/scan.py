# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Look for a secret, in each of its encodings, everywhere on the machine this runs on.

A program of one file for a host's own Python (3.9 or newer, standard library only). The secret is the first line of
standard input, so that the search does not itself put it anywhere. Prints one line a find; exits 1 if there is any.

Looked at: every regular file, its name, and the file systems that only containers see; arguments and environment of
every process; the journal; `docker inspect` of everything. Not looked at: the memory of processes.
"""

from __future__ import annotations

import base64
import binascii
import os
import stat
import subprocess
import sys
import urllib.parse
from collections.abc import Iterable, Iterator
from typing import BinaryIO

CHUNK = 1 << 20
# File systems that are a view of the kernel, not a store. An overlay's layers lie elsewhere as plain folders.
VIEWS = {"autofs", "cgroup", "cgroup2", "devpts", "mqueue", "nsfs", "overlay", "proc", "sysfs", "debugfs", "tracefs"}


def encodings(secret: bytes) -> dict[bytes, str]:
    """The byte strings that betray ``secret``, each with the name of its encoding."""
    found = {secret: "plain", urllib.parse.quote(secret, safe="").encode(): "URL-encoded"}
    percent = "".join(f"%{byte:02x}" for byte in secret)
    found.update({percent.encode(): "percent-encoded", percent.upper().encode(): "percent-encoded"})
    found.update({binascii.hexlify(secret): "hex", binascii.hexlify(secret).upper(): "hex"})
    for shift in range(3):
        # What stands before and after the secret changes the characters at the seams: they are left out.
        first, after = -(-shift * 8 // 6), (shift + len(secret)) * 8 // 6
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            found[encode(bytes(shift) + secret)[first:after]] = f"base64 at alignment {shift}"
    # One string may be two encodings: a secret of letters and digits is its own URL encoding.
    found[secret] = "plain"
    return found


def search(stream: BinaryIO, needles: dict[bytes, str], chunk: int = CHUNK) -> set[str]:
    """The names of the ``needles`` that occur in ``stream``, also across the chunks in which it is read."""
    names: set[str] = set()
    keep = max(map(len, needles)) - 1
    tail = b""
    while True:
        read = stream.read(chunk)
        if not read:
            return names
        window = tail + read
        names.update(name for needle, name in needles.items() if needle in window)
        tail = window[-keep:] if keep else b""


def mounts(table: str) -> Iterator[tuple[str, str]]:
    """Mount point and type of each line of a ``mountinfo`` table (proc(5))."""
    for line in table.splitlines():
        left, _dash, right = line.partition(" - ")
        yield left.split()[4].encode().decode("unicode_escape"), right.split()[0]


def files_below(root: str, skipped: set[str]) -> Iterator[str]:
    """Every entry below ``root`` that is no folder, without following links, without what is ``skipped``."""
    for folder, folders, names in os.walk(root, onerror=_refused):
        folders[:] = [name for name in folders if os.path.join(folder, name) not in skipped]
        yield from (path for path in (os.path.join(folder, name) for name in names) if path not in skipped)


def _refused(error: OSError) -> None:
    """A folder may go while we walk; one that cannot be read is not clean."""
    if not isinstance(error, (FileNotFoundError, NotADirectoryError)):
        raise error


def processes() -> Iterator[str]:
    """The folder in /proc of each process."""
    return (f"/proc/{name}" for name in os.listdir("/proc") if name.isdigit())


def roots() -> Iterator[tuple[str, set[str]]]:
    """Where to walk, and what not to enter: the whole tree, and the temporary file systems of each container."""
    own = os.readlink("/proc/self/ns/mnt")
    with open("/proc/self/mountinfo") as table:
        views = {point for point, kind in mounts(table.read()) if kind in VIEWS and point != "/"}
    yield "/", views | {"/proc", "/sys"}
    seen = {own}
    for process in processes():
        try:
            space = os.readlink(f"{process}/ns/mnt")
            if space in seen:
                continue
            seen.add(space)
            with open(f"{process}/mountinfo") as table:
                points = list(mounts(table.read()))
        except OSError:
            continue  # It has ended.
        inside = {point for point, _kind in points}
        for point, kind in points:
            if kind == "tmpfs":
                yield f"{process}/root{point}", {f"{process}/root{other}" for other in inside - {point}}


def stored(needles: dict[bytes, str]) -> Iterator[str]:
    """Finds in files and their names."""
    seen: set[tuple[int, int]] = set()
    for root, skipped in roots():
        for path in files_below(root, skipped):
            name = os.fsencode(path)
            yield from (f"{path}: {what}, in its name" for needle, what in needles.items() if needle in name)
            try:
                about = os.lstat(path)
                if not stat.S_ISREG(about.st_mode) or (about.st_dev, about.st_ino) in seen:
                    continue
                seen.add((about.st_dev, about.st_ino))
                with open(path, "rb") as stream:
                    yield from (f"{path}: {what}" for what in search(stream, needles))
            except FileNotFoundError:
                continue  # It went while we walked.


def running(needles: dict[bytes, str]) -> Iterator[str]:
    """Finds in the arguments and environment of processes."""
    for process in processes():
        for part in ("cmdline", "environ"):
            try:
                with open(f"{process}/{part}", "rb") as stream:
                    yield from (f"{process}/{part}: {what}" for what in search(stream, needles))
            except OSError:
                continue  # It has ended; or it is a thread of the kernel, which has neither.


def told(name: str, command: list[str], needles: dict[bytes, str]) -> Iterator[str]:
    """Finds in what ``command`` prints. Raises if it fails: what could not be looked at is not clean."""
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        yield from (f"{name}: {what}" for what in search(process.stdout, needles))
    if process.returncode:
        raise SystemExit(f"{name}: {command[0]} ended with {process.returncode}")


def inspected(needles: dict[bytes, str]) -> Iterator[str]:
    """Finds in what Docker tells of its objects."""
    lists = {
        "container": ["ps", "--all", "--quiet"],
        "image": ["image", "ls", "--all", "--quiet"],
        "network": ["network", "ls", "--quiet"],
        "volume": ["volume", "ls", "--quiet"],
    }
    for kind, arguments in lists.items():
        for name in sorted(set(subprocess.check_output(["docker", *arguments], text=True).split())):
            yield from told(f"docker {kind} inspect {name}", ["docker", kind, "inspect", name], needles)


def everything(secret: bytes) -> Iterable[str]:
    """Every find on this machine."""
    needles = encodings(secret)
    yield from stored(needles)
    yield from running(needles)
    # The journal compresses long fields on disk: here they are as they were written.
    yield from told("journal", ["journalctl", "--all", "--output=export", "--no-pager"], needles)
    yield from inspected(needles)


def main() -> int:
    """Read the secret, look, tell."""
    secret = sys.stdin.buffer.readline().strip()
    if len(secret) < 16:
        raise SystemExit("the secret is missing, or too short to be told from chance")
    finds = 0
    for find in everything(secret):
        finds += 1
        print(find, flush=True)
    return 1 if finds else 0


if __name__ == "__main__":
    sys.exit(main())
