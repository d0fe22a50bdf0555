# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The bed's registry: what it holds, and pushing to it by the images' real names."""

from __future__ import annotations

import json
import ssl
import urllib.error
import urllib.request
from pathlib import Path

from . import docker
from .errors import BedError
from .progress import step

SERVER = "ghcr.io"
MANIFESTS = (
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.index.v1+json",
)


def parse_name(name: str) -> tuple[str, str]:
    """Split `ghcr.io/owner/image[:tag]` into repository and tag. Raises BedError for any other name."""
    server, _slash, rest = name.partition("/")
    repository, _colon, tag = rest.partition(":")
    if server != SERVER or not repository:
        raise BedError(f"'{name}' is not served here: the name must look like {SERVER}/OWNER/IMAGE:TAG")
    return repository, tag or "latest"


class Registry:
    """The registry as the control node sees it: on a loopback port, with a certificate of the bed's CA."""

    def __init__(self, port: int, ca: Path) -> None:
        self._address = f"127.0.0.1:{port}"
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}),
            urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=str(ca))),
        )

    def answers(self) -> bool:
        """Whether it serves."""
        try:
            with self._opener.open(f"https://{self._address}/v2/", timeout=5) as reply:
                return reply.status == 200
        except OSError:
            return False

    def holds(self, name: str, image: str) -> bool:
        """Whether the registry already serves the local image with this id under that name."""
        repository, tag = parse_name(name)
        request = urllib.request.Request(
            f"https://{self._address}/v2/{repository}/manifests/{tag}", headers={"Accept": ", ".join(MANIFESTS)}
        )
        try:
            with self._opener.open(request, timeout=20) as reply:
                manifest, digest = json.load(reply), reply.headers.get("Docker-Content-Digest")
        except urllib.error.HTTPError as exc:
            if exc.code == 404:
                return False
            raise BedError(f"the registry answers {exc.code} for {name}") from exc
        # An image's id is the digest of its configuration, or, with containerd's store, that of its manifest.
        return image in (manifest.get("config", {}).get("digest"), digest)

    def push(self, local: str, name: str) -> bool:
        """Serve a local image under a name of ghcr.io; say whether anything had to move."""
        repository, tag = parse_name(name)
        image = docker.image_id(local)
        if image is None:
            raise BedError(f"there is no local image '{local}': see `docker image ls`")
        if self.holds(name, image):
            return False
        # Docker trusts registries on loopback without more, so nothing of the machine has to be configured.
        alias = f"{self._address}/{repository}:{tag}"
        with step(f"push {name}"):
            docker.docker("tag", local, alias)
            try:
                docker.docker("push", "--quiet", alias)
            finally:
                docker.docker("rmi", alias)
        return True
