# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names, places and images of the bed: everything that other parts must agree on, and nothing that acts."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

# Beds with different names stand side by side on one machine.
NAME = os.environ.get("TESTBED_NAME") or "bed"
NETWORK = f"{NAME}-net"
GITHUB = f"{NAME}-github"
REGISTRY = f"{NAME}-registry"
# The same images under another name, for whoever has a login.
PRIVATE_REGISTRY = f"{NAME}-private-registry"
PRIVATE_REGISTRY_NAME = "registry.testbed"
HOST_PREFIX = f"{NAME}-host"
# Marks every container, network and volume of a bed; the value is the state folder of the checkout that made it.
LABEL = f"org.socialgouv.testbed.{NAME}"
# Marks an image with the digest of all it was built from.
DIGEST_LABEL = "org.socialgouv.testbed.digest"

ORGANISATION = "acme"
ORGANISATION_URL = f"https://github.com/{ORGANISATION}"
GROUP = "github_runners"
# The name of an Enterprise Server, and the login that the second proxy wants.
SERVER = "ghes.testbed"
PROXY_LOGIN = "bed:s3cret%2Fpass"

# Debian's releases that a host can have; all else on the bed is of the first.
SUITES = ("bookworm", "trixie")

TESTBED = Path(__file__).resolve().parent.parent
REPOSITORY = TESTBED.parent.parent
# One folder for each bed of this checkout, called as the bed is.
STATES = TESTBED / ".state"


@dataclass(frozen=True)
class Image:
    """An image the bed builds.

    `sources` lists what its build context is made of: (folder of the repository, place in the context).
    `pushed_as` are the names under which the bed's registry serves it.
    """

    name: str
    sources: tuple[tuple[str, str], ...]
    target: str | None = None
    pushed_as: tuple[str, ...] = ()
    suite: str = SUITES[0]

    @property
    def base(self) -> str:
        """The image of Debian that it is built upon."""
        return f"debian:{self.suite}-slim"

    @property
    def tag(self) -> str:
        """The local name."""
        # Each bed has its own: what holds a certificate authority differs from bed to bed.
        return f"testbed-{NAME}/{self.name}"


HOST_FULL = Image("host", (("tests/testbed/images/host", ""),), target="full")
HOST_BARE = Image("host-bare", (("tests/testbed/images/host", ""),), target="bare")


def host_images(suite: str) -> tuple[Image, Image]:
    """The images of hosts with a release of Debian: bare, full."""
    if suite == SUITES[0]:
        return HOST_BARE, HOST_FULL
    bare, full = (replace(image, name=f"{image.name}-{suite}", suite=suite) for image in (HOST_BARE, HOST_FULL))
    return bare, full


REGISTRY_IMAGE = Image("registry", (("tests/testbed/images/registry", ""),))
GITHUB_IMAGE = Image("github", (("tests/testbed/images/github", ""), ("tests/testbed/github", "github")))
RUNNER_IMAGE = Image(
    "actions-runner",
    (("tests/testbed/images/runner", ""),),
    target="official",
    pushed_as=("ghcr.io/actions/actions-runner:latest", "ghcr.io/socialgouv/actions-runner:master"),
)
BY_TOKEN_IMAGE = Image(
    "runner-by-token",
    (("tests/testbed/images/runner", ""),),
    target="by-token",
    pushed_as=("ghcr.io/myoung34/docker-github-actions-runner:latest",),
)
MICRO_CIPHER_IMAGE = Image(
    "micro-cipher", (("images/micro-cipher", ""),), pushed_as=("ghcr.io/socialgouv/micro-cipher:main",)
)
FRAGILE_MICRO_CIPHER_IMAGE = Image(
    "micro-cipher-fragile",
    (("tests/testbed/images/micro-cipher-fragile", ""), ("images/micro-cipher", "micro-cipher")),
    pushed_as=("ghcr.io/socialgouv/micro-cipher:fragile",),
)
IMAGES = (
    HOST_BARE,
    HOST_FULL,
    REGISTRY_IMAGE,
    GITHUB_IMAGE,
    RUNNER_IMAGE,
    BY_TOKEN_IMAGE,
    MICRO_CIPHER_IMAGE,
    FRAGILE_MICRO_CIPHER_IMAGE,
)


@dataclass(frozen=True)
class State:
    """The bed's files on the control node; `folder` is private to its owner."""

    folder: Path

    @classmethod
    def default(cls) -> State:
        """The bed's folder in `.state` beside the command, or the folder that TESTBED_STATE names."""
        return cls(Path(os.environ.get("TESTBED_STATE") or STATES / NAME).resolve())

    @property
    def lock(self) -> Path:
        return self.folder / "lock"

    @property
    def ca(self) -> Path:
        return self.folder / "ca.pem"

    @property
    def ca_key(self) -> Path:
        return self.folder / "ca.key"

    @property
    def private_ca(self) -> Path:
        """The authority of the Enterprise Server alone: no host and no image trusts it."""
        return self.folder / "private-ca.pem"

    @property
    def private_ca_key(self) -> Path:
        return self.folder / "private-ca.key"

    @property
    def tls(self) -> Path:
        """Mounted into the servers; readable for whatever user they run as."""
        return self.folder / "tls"

    @property
    def ssh_key(self) -> Path:
        return self.folder / "id_ed25519"

    @property
    def host_key(self) -> Path:
        """One host key for all hosts: known before they start, so that nothing is ever trusted on first use."""
        return self.folder / "ssh_host_ed25519_key"

    @property
    def known_hosts(self) -> Path:
        return self.folder / "known_hosts"

    @property
    def inventory(self) -> Path:
        return self.folder / "inventory.yml"

    @property
    def token(self) -> Path:
        return self.folder / "token"

    @property
    def token_vars(self) -> Path:
        return self.folder / "token.yml"


@dataclass(frozen=True)
class Machine:
    """What all beds of a machine share: its packages, the Docker Engine if a bed started it, the base image."""

    folder: Path

    @classmethod
    def default(cls) -> Machine:
        """A folder that the next boot empties."""
        return cls(Path("/run" if os.geteuid() == 0 else os.environ.get("XDG_RUNTIME_DIR") or "/tmp", "testbed"))

    @property
    def lock(self) -> Path:
        return self.folder / "lock"

    @property
    def engine_pid(self) -> Path:
        return self.folder / "dockerd.pid"

    @property
    def engine_log(self) -> Path:
        return self.folder / "dockerd.log"
