# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is ours goes, all of it; what others have or use stays."""

from __future__ import annotations

import dataclasses
import fcntl
import os
import threading
from pathlib import Path
from typing import Any

import docker.errors
import pytest
import requests

from ansible_collections.socialgouv.actions_runner.plugins.module_utils import (
    _firewall,
    _micro_cipher_options,
    _removal,
    _runner_unit,
)
from ansible_collections.socialgouv.actions_runner.plugins.module_utils._systemd import Systemd
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import names, pool
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.host import Host as Identity
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.paths import Paths
from ansible_collections.socialgouv.actions_runner.tests.unit.plugins.module_utils.fake_docker import Client, Image
from ansible_collections.socialgouv.actions_runner.tests.unit.plugins.module_utils.fake_systemd import Systemctl

MARK = "01234567"
OURS, CIPHER = {names.LABEL_MARK: MARK}, {_micro_cipher_options.LABEL_CONFIG: "cafe"}
DEFAULT = pool.Pool("default", "https://github.com/acme", "runner:1", ("self-hosted",))
GPU = dataclasses.replace(DEFAULT, name="gpu", image="gpu:1", network="bridge", cipher_network="cipher-2")


class Volume:
    """A volume of the host."""

    def __init__(self, volumes: Volumes, name: str, labels: dict[str, str]):
        self.name, self.labels, self._volumes = name, labels, volumes

    def remove(self) -> None:
        self._volumes.all.remove(self)


class Volumes:
    """The volumes of the host."""

    def __init__(self) -> None:
        self.all: list[Volume] = []

    def list(self, filters: dict[str, str]) -> list[Volume]:
        key, _equals, value = filters["label"].partition("=")
        return [one for one in self.all if one.labels.get(key) == value]


class Host:
    """A host with all that can be on it, ours and others'."""

    def __init__(self, root: Path):
        self.paths = Paths(str(root))
        self.systemctl = Systemctl(self.paths)
        self.systemd = Systemd(self.systemctl, self.paths)
        self.client: Any = Client()
        self.client.volumes = Volumes()
        self.in_use: set[str] = set()
        self.client.images.remove = self._remove_image
        self.client.containers.list = self._list
        for reference in ("runner:1", "gpu:1", "cipher:1", "other:1"):
            self.client.images.local[reference] = Image(f"sha256:{reference}")
        # An upgrade has taken the name away from it.
        self.client.images.local["runner@sha256:aa"] = Image("sha256:before", "runner@sha256:aa")
        self.client.images.local["github-runner-staged:00"] = Image("sha256:next", "runner@sha256:bb")
        self.client.images.local["runner@sha256:bb"] = self.client.images.local["github-runner-staged:00"]
        self.client.images.local["github-runner-good:default"] = self.client.images.local["runner:1"]
        self.client.networks.add("default-host-1-0123456700aaff", Labels=OURS)
        for network in ("github-runner", "cipher-net", "bridge", "cipher-2", "others"):
            self.client.networks.add(network)
        self.container("default-host-1-0123456700aaff", "runner:1", OURS)
        self.container("micro-cipher", "cipher:1", CIPHER)
        self.container("web", "other:1", {})
        self.container("of-another-host", "runner:1", {names.LABEL_MARK: "76543210"})
        for name, labels in (("cache", OURS), ("data", {})):
            self.client.volumes.all.append(Volume(self.client.volumes, name, labels))
        for name in ("stamp-github-runner-hygiene.timer", "stamp-apt-daily.timer"):
            Path(root, "var/lib/systemd/timers").mkdir(parents=True, exist_ok=True)
            Path(root, "var/lib/systemd/timers", name).write_text("")
        metrics = root / "var/lib/prometheus/runners.prom"
        metrics.parent.mkdir(parents=True)
        metrics.write_text("")
        wanted = _runner_unit.Wanted([DEFAULT, GPU], metrics_path=str(metrics))
        _runner_unit.RunnerUnit(self.paths, self.systemctl, False).ensure(wanted)
        self.systemctl.instances("1", "gpu-1", active="inactive")
        self.systemctl.instances("2", active="failed", enabled=False)
        for folder in self.paths.directories():
            Path(folder).mkdir(parents=True, exist_ok=True)
            Path(folder, "something").write_text("")
        Path(self.paths.units, "others.service").write_text("")
        self.systemctl.told.clear()

    def container(self, name: str, image: str, labels: dict[str, str]) -> None:
        made = self.client.containers.create(image, name=name, labels=labels, network="bridge")
        made.attrs["Config"]["Image"] = image

    def _list(self, all: bool, filters: dict[str, str]) -> list[Any]:
        key, equals, value = filters["label"].partition("=")
        found = [(one, one.attrs["Config"]["Labels"]) for one in self.client.containers.all]
        return [one for one, labels in found if key in labels and (not equals or labels[key] == value)]

    def _remove_image(self, reference: str) -> None:
        if reference in self.in_use:
            answer = requests.Response()
            answer.status_code = 409
            raise docker.errors.APIError("409", response=answer, explanation="image is being used")
        for name, image in list(self.client.images.local.items()):
            if reference in (name, image.id):
                del self.client.images.local[name]

    def remove(self, images: bool = True, check_mode: bool = False, client: bool = True) -> _removal.Removal:
        removal = _removal.Removal(
            self.paths, self.systemctl, self.client if client else None, Identity("host", MARK), check_mode
        )
        removal.run(images)
        return removal

    def everything(self) -> dict[str, Any]:
        """What is on the host now."""
        root = Path(self.paths.root)
        return {
            "containers": [one.name for one in self.client.containers.all],
            "networks": [one.name for one in self.client.networks.all],
            "volumes": [one.name for one in self.client.volumes.all],
            "images": list(self.client.images.local),
            "files": sorted(str(one.relative_to(root)) for one in root.rglob("*") if not one.is_dir()),
        }


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    monkeypatch.setattr(_firewall, "has_nft", lambda: True)
    return Host(tmp_path)


def test_all_that_is_ours_goes_and_nothing_else(host: Host) -> None:
    """Docker's predefined networks cannot be removed, and nobody tries."""
    removal = host.remove()
    assert host.everything() == {
        "containers": ["web", "of-another-host"],
        "networks": ["bridge", "others"],
        "volumes": ["data"],
        "images": ["other:1"],
        "files": ["etc/systemd/system/others.service", "var/lib/systemd/timers/stamp-apt-daily.timer"],
    }
    assert removal.left == []
    assert not any(Path(folder).exists() for folder in host.paths.directories())
    told = host.systemctl.told
    assert ["disable", "github-runner@1.service", "github-runner@gpu-1.service"] in told
    assert ["reset-failed", "github-runner@2.service"] in told


def test_a_second_run_finds_nothing(host: Host) -> None:
    """Also where the first was interrupted: the pool files, which name the rest, go last."""
    actions = host.remove().actions
    assert actions.index(f"Removed {host.paths.pool('default')}") > actions.index("Removed network github-runner")
    assert host.remove().actions == []


def test_check_mode_tells_the_same_and_touches_nothing(host: Host) -> None:
    """Action by action."""
    before = host.everything()
    told = host.remove(check_mode=True).actions
    assert (host.everything(), host.systemctl.told) == (before, [])
    assert host.remove().actions == told


def test_a_removal_waits_for_one_that_is_still_at_work(host: Host) -> None:
    """Somebody has cut the playbook short and begins it again, while the host goes on with what it was told."""
    descriptor = os.open(host.paths.units, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    before = host.everything()
    second = threading.Thread(target=host.remove)
    second.start()
    second.join(0.2)
    assert second.is_alive()
    assert host.everything() == before
    os.close(descriptor)
    second.join(10)
    assert host.everything()["networks"] == ["bridge", "others"]


def test_what_others_use_is_left_and_named(host: Host) -> None:
    """A network with somebody else's container on it, an image that is in use."""
    host.client.networks.get("github-runner").attached.append("web")
    host.in_use.add("runner:1")
    removal = host.remove()
    assert removal.left == ["network github-runner, which web use", "image runner:1, which is in use"]
    assert "github-runner" in host.everything()["networks"]
    assert not [one for one in removal.actions if "runner:1" in one or "network github-runner" in one]


def test_images_stay_where_they_are_wanted(host: Host) -> None:
    """They are the slow part of the next installation."""
    host.remove(images=False)
    assert len(host.everything()["images"]) == 8


def test_without_docker_the_rest_goes(host: Host) -> None:
    """Where Docker was removed before, there is nothing in it."""
    host.remove(client=False)
    assert host.everything()["files"] == [
        "etc/systemd/system/others.service",
        "var/lib/systemd/timers/stamp-apt-daily.timer",
    ]


def test_an_installed_host_is_told_from_a_bare_one(host: Host) -> None:
    """Only that one is to be drained."""
    assert _removal.is_installed(host.paths, host.systemd)
    host.remove()
    host.systemctl.active.clear()
    assert not _removal.is_installed(host.paths, host.systemd)


def test_only_jobs_of_ours_that_run_are_in_the_way() -> None:
    """An idle runner without a launcher is no job."""

    class Engine:
        def containers(self, labels: dict[str, str]) -> list[dict[str, Any]]:
            assert labels == OURS
            return [{"Id": one, "Names": [f"/{one}"]} for one in ("idle", "busy", "ended")]

        def processes(self, container: str) -> list[str]:
            return {"idle": ["Runner.Listener run"], "busy": ["bin/Runner.Worker spawnclient"], "ended": []}[container]

    assert _removal.running_jobs(Engine(), Identity("host", MARK)) == ["busy"]  # type: ignore[arg-type]
