# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where files lie on a host. Pure; ``root`` moves the whole tree, for tests."""

from __future__ import annotations

import dataclasses
import os


@dataclasses.dataclass(frozen=True)
class Paths:
    """The files of the launcher, the units and the modules, below ``root``."""

    root: str = "/"

    def _at(self, path: str) -> str:
        return os.path.join(self.root, path)

    @property
    def program(self) -> str:
        """The launcher, one zip file."""
        return self._at("usr/local/lib/github-runner/github-runner.pyz")

    @property
    def command(self) -> str:
        """What an operator types: a link to the program."""
        return self._at("usr/local/sbin/github-runner")

    @property
    def units(self) -> str:
        """The directory of the administrator's systemd units."""
        return self._at("etc/systemd/system")

    @property
    def unit(self) -> str:
        """The template unit of the instances."""
        return os.path.join(self.units, "github-runner@.service")

    @property
    def pools(self) -> str:
        """The directory of the pool files: what to run, no secret."""
        return self._at("etc/github-runner/pools")

    @property
    def firewall(self) -> str:
        """What jobs may reach, as nft reads it."""
        return self._at("etc/github-runner/firewall.nft")

    @property
    def firewall_loaded(self) -> str:
        """There as long as the firewall's unit is active: systemd makes and removes it."""
        return self._at("run/github-runner-firewall")

    @property
    def hygiene(self) -> str:
        """What the hygiene may take away."""
        return self._at("etc/github-runner/hygiene.json")

    @property
    def unused_images(self) -> str:
        """Since when the hygiene has seen each image unused."""
        return self._at("var/lib/github-runner/unused-images.json")

    @property
    def drained(self) -> str:
        """There while the host is in maintenance: its text is the reason, and no instance starts."""
        return self._at("etc/github-runner/drained")

    @property
    def sealed_dir(self) -> str:
        """The directory of the sealed credentials: root only."""
        return self._at("var/lib/github-runner/sealed")

    def good(self, name: str) -> str:
        """What the runners of one pool last came online with."""
        return os.path.join(self._at("var/lib/github-runner/good"), f"{name}.json")

    @property
    def sightings(self) -> str:
        """What the reconciler saw last time."""
        return self._at("var/lib/github-runner/sightings.json")

    @property
    def states(self) -> str:
        """The directory of the instances' state files; emptied at boot."""
        return self._at("run/github-runner/instances")

    @property
    def cipher_secrets(self) -> str:
        """The directory of what micro-cipher knows the launcher by: root only, emptied at boot."""
        return self._at("run/github-runner/secrets")

    @property
    def tallies(self) -> str:
        """The directory of the instances' counts."""
        return self._at("var/lib/github-runner/tally")

    @property
    def machine_id(self) -> str:
        """The host's identity: https://www.freedesktop.org/software/systemd/man/machine-id.html."""
        return self._at("etc/machine-id")

    @property
    def docker_socket(self) -> str:
        """The Engine's socket."""
        return self._at("run/docker.sock")

    @property
    def hooks_dir(self) -> str:
        """The directory of all pools' hooks."""
        return self._at("etc/github-runner/hooks")

    def hooks(self, pool: str) -> str:
        """The directory of one pool's hooks, which its containers see too."""
        return os.path.join(self.hooks_dir, pool)

    def timer_stamps(self) -> list[str]:
        """What systemd remembers of timers of ours that are persistent."""
        directory = self._at("var/lib/systemd/timers")
        found = os.listdir(directory) if os.path.isdir(directory) else []
        return [os.path.join(directory, name) for name in sorted(found) if name.startswith("stamp-github-runner-")]

    def directories(self) -> tuple[str, ...]:
        """The directories that hold nothing but what is ours."""
        return tuple(
            self._at(path)
            for path in (
                "run/github-runner",
                "var/lib/github-runner",
                "usr/local/lib/github-runner",
                "etc/github-runner",
            )
        )

    def pool(self, name: str) -> str:
        """The file of one pool."""
        return os.path.join(self.pools, f"{name}.json")

    def sealed(self, name: str) -> str:
        """The sealed credential of one pool."""
        return os.path.join(self.sealed_dir, f"{name}.json")

    def cipher_secret(self, container: str) -> str:
        """The secret of one micro-cipher, named by its container."""
        return os.path.join(self.cipher_secrets, f"{container}.json")

    def registration_token(self, name: str) -> str:
        """The registration token that the instances of one pool share: root only, emptied at boot."""
        return self._at(f"run/github-runner/registration/{name}.json")

    def state(self, instance: str) -> str:
        """The state file of one instance."""
        return os.path.join(self.states, f"{instance}.json")

    def tally(self, instance: str) -> str:
        """The counts of one instance."""
        return os.path.join(self.tallies, f"{instance}.json")
