# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a host tells about itself: its pools, whether their credentials can be opened, its runners and their images."""

from __future__ import annotations

from typing import Any

from .launcher import cipher, files, names, pool_files, sealed
from .launcher.engine import Engine, EngineError
from .launcher.errors import Trouble
from .launcher.paths import Paths
from .launcher.pool import Pool

# https://github.com/opencontainers/image-spec/blob/main/annotations.md
_VERSION = "org.opencontainers.image.version"


def pools(paths: Paths, engine: Engine) -> list[dict[str, Any]]:
    """Every pool that is installed, and whether micro-cipher can open its credential."""
    return [_describe(paths, engine, one) for one in pool_files.read(paths).pools]


def _describe(paths: Paths, engine: Engine, one: Pool) -> dict[str, Any]:
    is_sealed, reason = sealed_state(paths, engine, one)
    return {
        "name": one.name,
        "url": one.url,
        "image": one.image,
        "labels": list(one.labels),
        "micro_cipher": one.micro_cipher,
        "sealed": is_sealed,
        "sealed_reason": reason,
    }


def sealed_state(paths: Paths, engine: Engine, one: Pool) -> tuple[bool | None, str]:
    """Whether a pool waits for its credential to be sealed again, and why; None where Docker does not tell.

    Compares fingerprints: micro-cipher itself is asked nothing.
    """
    try:
        text = files.read_private(paths.sealed(one.name))
        if text is None:
            return True, "there is no sealed token"
        fingerprint = sealed.load(text).fingerprint
        if fingerprint != cipher.key_in_force(engine, one.micro_cipher):
            return True, "micro-cipher has another key than the one that the token was sealed for"
    except Trouble as trouble:
        return (None if trouble.kind == "docker" else True), str(trouble)
    except sealed.SealedError as error:
        return True, str(error)
    return False, ""


def runners(engine: Engine, mark: str) -> list[str] | None:
    """The names of this host's runner containers, those made ahead included; None where Docker does not tell."""
    try:
        found = engine.containers({names.LABEL_MARK: mark})
    except EngineError:
        return None
    return sorted(one["Names"][0].lstrip("/") for one in found if names.LABEL_INSTANCE in one["Labels"])


def images(engine: Engine, references: set[str]) -> list[dict[str, Any]]:
    """The images behind these names and ids, each once; those that Docker does not tell of are left out."""
    found: dict[str, dict[str, Any]] = {}
    for reference in sorted(references):
        try:
            image = engine.image(reference)
        except EngineError:
            continue
        digests = image.get("RepoDigests") or []
        found[image["Id"]] = {
            "id": image["Id"],
            "tags": sorted(image.get("RepoTags") or []),
            "digest": next((one.partition("@")[2] for one in digests), None),
            "created": image.get("Created"),
            "version": ((image.get("Config") or {}).get("Labels") or {}).get(_VERSION),
        }
    return list(found.values())
