# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Building the bed's images, only when what they are made of has changed."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from . import docker, packages
from .errors import BedError
from .layout import DIGEST_LABEL, IMAGES, REPOSITORY, SUITES, Image
from .process import attempt, run
from .progress import say, step

# Never part of an image, and changing behind one's back.
IGNORED = ("__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache")
CA_NAME = "ca.pem"
# What Debian's slim images do without below /usr/share, but for the licences.
NOT_IN_SLIM = ("doc", "groff", "info", "linda", "lintian/overrides", "locale", "man")


def _ensure_base(name: str, suite: str) -> None:
    """Provide Debian's slim image: from a registry where one is reachable, else made with debootstrap."""
    if docker.image_id(name):
        return
    with step(f"pull {name}, or else make it"):
        if _pull(name):
            return
        packages.install(packages.missing(("debootstrap",)))
        # Not in /tmp, which may be a file system without devices: debootstrap makes some.
        with tempfile.TemporaryDirectory(prefix="testbed-base-", dir="/var/tmp") as scratch:
            root = Path(scratch, "root")
            run(["debootstrap", "--variant=minbase", suite, root], timeout=900)
            shutil.rmtree(root / "var/cache/apt/archives", ignore_errors=True)
            shutil.rmtree(root / "var/lib/apt/lists", ignore_errors=True)
            _slim(root)
            archive = Path(scratch, "root.tar")
            run(["tar", "-C", root, "-cf", archive, "."], timeout=300)
            docker.docker("import", "--change", 'CMD ["bash"]', archive, name)


def _slim(root: Path) -> None:
    """Take away what a slim image does without, and have dpkg leave it out of what is installed later."""
    rules = [f"path-exclude /usr/share/{folder}/*" for folder in NOT_IN_SLIM] + [
        "path-include /usr/share/doc/*/copyright"
    ]
    (root / "etc/dpkg/dpkg.cfg.d/slim").write_text("\n".join([*rules, ""]))
    folders = [path for path in (root / "usr/share" / folder for folder in NOT_IN_SLIM) if path.is_dir()]
    run(["find", *folders, "!", "-type", "d", "!", "-name", "copyright", "-delete"])
    run(["find", *folders, "-type", "d", "-empty", "-delete"])


def ensure_built(ca: Path, images: Iterable[Image] = IMAGES) -> None:
    """Build every image that is missing or whose sources have changed, two at a time."""
    images = list(images)
    for base, suite in sorted({(image.base, image.suite) for image in images}):
        _ensure_base(base, suite)
    bases = {image.base: docker.image_id(image.base) or "" for image in images}
    labels = docker.image_labels([image.tag for image in images])
    stale = [
        (image, digest)
        for image in images
        for digest in [context_digest(image, bases[image.base], ca)]
        if labels.get(image.tag, {}).get(DIGEST_LABEL) != digest
    ]
    # Images of the same folder and base share their layers: one after the other, the second finds them in the cache.
    chains: dict[tuple[str, str], list[tuple[Image, str]]] = {}
    for image, digest in stale:
        chains.setdefault((image.base, image.sources[0][0]), []).append((image, digest))

    def build_chain(chain: list[tuple[Image, str]]) -> None:
        for image, digest in chain:
            with step(f"build {image.tag}"):
                _build(image, digest, ca)

    with ThreadPoolExecutor(max_workers=2) as pool:
        for done in [pool.submit(build_chain, chain) for chain in chains.values()]:
            done.result()


def context_digest(image: Image, base: str, ca: Path, repository: Path = REPOSITORY) -> str:
    """A digest of all that goes into an image: its files with their modes, its base, its target, the CA if used."""
    digest = hashlib.sha256(f"{base}\0{image.target}".encode())
    for place, path in context_files(image, repository):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        executable = path.stat().st_mode & 0o100
        digest.update(f"\0{place}\0{executable}\0{content}".encode())
    if _uses_ca(image, repository):
        digest.update(ca.read_bytes())
    return digest.hexdigest()


def context_files(image: Image, repository: Path = REPOSITORY) -> list[tuple[str, Path]]:
    """The files of an image's build context: (place in it, file), sorted. Raises BedError if a folder is missing."""
    files: list[tuple[str, Path]] = []
    for source, place in image.sources:
        folder = repository / source
        if not folder.is_dir():
            raise BedError(f"{image.tag} cannot be built: this checkout has no folder {source}")
        for path in folder.rglob("*"):
            inside = path.relative_to(folder)
            if path.is_file() and not set(inside.parts) & set(IGNORED):
                files.append(((Path(place) / inside).as_posix(), path))
    return sorted(files)


def _uses_ca(image: Image, repository: Path) -> bool:
    return CA_NAME in (repository / image.sources[0][0] / "Dockerfile").read_text()


def _build(image: Image, digest: str, ca: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="testbed-context-") as scratch:
        for place, path in context_files(image):
            target = Path(scratch, place)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
        if _uses_ca(image, REPOSITORY):
            shutil.copy(ca, Path(scratch, CA_NAME))
        words = ["--target", image.target] if image.target else []
        if image.suite != SUITES[0]:
            words += ["--build-arg", f"BASE={image.base}"]
        docker.docker(
            *["build", "--quiet", "--network", "host", "--tag", image.tag, "--label", f"{DIGEST_LABEL}={digest}"],
            *words,
            scratch,
            timeout=1200,
        )


def _pull(image: str) -> bool:
    try:
        return attempt(["docker", "pull", "--quiet", image], timeout=60).returncode == 0
    except BedError:
        say(f"    no answer from the registry of {image}")
        return False
