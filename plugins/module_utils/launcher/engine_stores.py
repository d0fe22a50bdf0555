# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the Engine has in store: images, networks, volumes, build cache. Only the hygiene needs it."""

from __future__ import annotations

import json
from typing import Any

from .engine import Engine, EngineError


class Stores(Engine):
    """An Engine whose stores can be looked through. It refuses by itself to remove what any container uses."""

    def root(self) -> str:
        """Where the Engine keeps all that."""
        return str(self._json("GET", "/info")["DockerRootDir"])

    def images(self) -> list[dict[str, Any]]:
        """All images but those that are only parts of others."""
        return self._json("GET", "/images/json")

    def networks(self) -> list[dict[str, Any]]:
        """All networks, without the containers on them."""
        return self._json("GET", "/networks")

    def network(self, network_id: str) -> dict[str, Any]:
        """A network, with the containers on it."""
        return self._json("GET", f"/networks/{network_id}")

    def unused_volumes(self) -> list[dict[str, Any]]:
        """The volumes that no container has, running or not."""
        filters = json.dumps({"dangling": ["true"]})
        return self._json("GET", "/volumes", {"filters": filters}).get("Volumes") or []

    def remove_image(self, reference: str) -> bool:
        """Take a name from an image, and remove it with its last one; whether that was to be had."""
        return self._removed(f"/images/{reference}")

    def remove_network(self, network_id: str) -> bool:
        """Remove a network; whether that was to be had."""
        return self._removed(f"/networks/{network_id}")

    def remove_volume(self, name: str) -> bool:
        """Remove a volume; whether that was to be had."""
        return self._removed(f"/volumes/{name}")

    def prune_build_cache(self, unused_for: int) -> int:
        """Remove the build cache that no build has used for so many seconds; gives the bytes that it was."""
        query = {"all": "1", "filters": json.dumps({"until": [f"{unused_for}s"]})}
        return int((self._json("POST", "/build/prune", query) or {}).get("SpaceReclaimed") or 0)

    def _removed(self, path: str) -> bool:
        try:
            self._call("DELETE", path)
        except EngineError as error:
            # Gone by now, or in use again (403 for networks): either is right.
            if error.status not in (403, 404, 409):
                raise
            return False
        return True
