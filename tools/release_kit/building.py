# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds the archive, twice where it has to be proven that both are one."""

from __future__ import annotations

import filecmp
import os
import shutil
from pathlib import Path

from . import archive
from .checkout import Checkout
from .steps import Failed, run

#: A moment, a umask and rights that no checkout has: an archive that shows any of them differs.
OTHER_TIME = 946684800
OTHER_UMASK = 0o077
OTHER_MODE = 0o600


def build(checkout: Checkout, copy: Path, target: Path, *, umask: int = -1) -> Path:
    """The archive of a copy of the checkout, in the folder ``target``."""
    raw = copy.parent / f"{copy.name}-raw"
    shutil.rmtree(raw, ignore_errors=True)
    run(["ansible-galaxy", "collection", "build", copy, "--output-path", raw], cwd=copy, umask=umask)
    (built,) = raw.glob("*.tar.gz")
    target.mkdir(parents=True, exist_ok=True)
    archive.normalise(built, target / built.name, checkout.epoch)
    shutil.rmtree(raw)
    return target / built.name


def prove_reproducible(checkout: Checkout, copy: Path, built: Path) -> None:
    """Build again from files that are elsewhere, older and private, and compare. Raises Failed where a byte differs."""
    other = copy.parent / "elsewhere" / "and-deeper"
    shutil.rmtree(other.parent, ignore_errors=True)
    # From the last name to the first, so that a file system which keeps that order tells another one.
    for file in sorted((path for path in copy.rglob("*") if path.is_file()), reverse=True):
        target = other / file.relative_to(copy)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
        target.chmod(OTHER_MODE | (0o100 if os.access(file, os.X_OK) else 0))
        os.utime(target, (OTHER_TIME, OTHER_TIME))
    again = build(checkout, other, other.parent / "built", umask=OTHER_UMASK)
    if not filecmp.cmp(built, again, shallow=False):
        raise Failed(f"two builds of one commit differ: compare {built} and {again}")
    shutil.rmtree(other.parent)


def write_digest(built: Path) -> Path:
    """Leave the archive's digest beside it, as `sha256sum --check` reads it."""
    digest = built.with_name(built.name + ".sha256")
    digest.write_text(f"{archive.sha256(built)}  {built.name}\n")
    return digest
