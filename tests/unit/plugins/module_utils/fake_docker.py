# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Docker as its SDK shows it, in memory. What is asked for is checked with the SDK's own rules."""

from __future__ import annotations

import inspect
import io
import itertools
import tarfile
from collections.abc import Iterator
from typing import Any, Callable

import docker
import docker.errors
from docker.models.containers import _create_container_args

API_VERSION = "1.41"


class Image:
    """An image of the host."""

    def __init__(self, image_id: str, *digests: str, labels: dict[str, str] | None = None):
        self.id = image_id
        self.labels = labels or {}
        self.attrs: dict[str, Any] = {"RepoDigests": list(digests)}
        self.host: Images | None = None  #: where it is, once it was fetched from there

    @property
    def tags(self) -> list[str]:
        assert self.host, "it is on no host"
        return [name for name, image in self.host.local.items() if image is self and "@" not in name]

    def tag(self, repository: str, tag: str) -> bool:
        assert self.host, "it is on no host"
        self.host.local[f"{repository}:{tag}"] = self
        return True


class Images:
    """The images of the host, and the registry."""

    def __init__(self) -> None:
        self.local: dict[str, Image] = {}
        self.registry: dict[str, Image] = {}
        self.pulled: list[str] = []
        self.logins: list[dict[str, str] | None] = []  #: what each pull said to the registry

    def get(self, name: str) -> Image:
        for known, image in self.local.items():
            if name in (known, image.id):
                image.host = self
                return image
        raise docker.errors.ImageNotFound(f"No such image: {name}")

    def list(self) -> list[Image]:
        return [self.get(name) for name in dict.fromkeys(image.id for image in self.local.values())]

    def remove(self, name: str) -> None:
        self.get(name)
        del self.local[name]

    def get_registry_data(self, name: str, auth_config: dict[str, str] | None = None) -> Any:
        digest = self.known(name).attrs["RepoDigests"][0].partition("@")[2]
        return type("RegistryData", (), {"id": digest})

    def known(self, name: str) -> Image:
        """What the registry has."""
        for known, image in self.registry.items():
            if name == known or name in image.attrs["RepoDigests"]:
                return image
        raise docker.errors.NotFound("404", explanation="manifest unknown\nmanifest unknown")


class Api:
    """The SDK's lower half."""

    def __init__(self, images: Images):
        self._images = images
        self.pull_ends_with: dict[str, str] | None = None  #: an event in the place of a good end

    def pull(
        self, repository: str, tag: str, stream: bool, decode: bool, auth_config: dict[str, str] | None = None
    ) -> Iterator[dict[str, str]]:
        assert (stream, decode) == (True, True)
        name = f"{repository}{'@' if ':' in tag else ':'}{tag}"
        self._images.pulled.append(name)
        self._images.logins.append(auth_config)
        image = self._images.known(name)
        yield {"status": "Pulling fs layer"}
        if self.pull_ends_with:
            yield self.pull_ends_with
        else:
            self._images.local[name] = image


class Network:
    """A network, with the containers on it."""

    def __init__(self, networks: Networks, name: str, attributes: dict[str, Any], attached: tuple[str, ...] = ()):
        self.name = name
        self.attrs: dict[str, Any] = {}
        self._networks = networks
        self._attributes = attributes
        self.attached = list(attached)

    @property
    def labels(self) -> dict[str, str]:
        return dict(self._attributes.get("Labels") or {})

    def reload(self) -> None:
        containers = {f"id-{name}": {"Name": name} for name in self.attached}
        self.attrs = {"Name": self.name, **self._attributes, "Containers": containers}

    def connect(self, name: str) -> None:
        self.attached.append(name)

    def disconnect(self, name: str, force: bool = False) -> None:
        self.attached.remove(name)

    def remove(self) -> None:
        if self.attached:
            raise docker.errors.APIError("403", explanation=f"network {self.name} has active endpoints")
        self._networks.all.remove(self)


class Networks:
    """The networks of the host."""

    def __init__(self) -> None:
        self.all: list[Network] = []

    def add(self, name: str, attached: tuple[str, ...] = (), **attributes: Any) -> Network:
        self.all.append(
            Network(self, name, {"Driver": "bridge", "Internal": False, "Options": {}, **attributes}, attached)
        )
        return self.all[-1]

    def list(self, names: list[str] | None = None, filters: dict[str, str] | None = None) -> list[Network]:
        if names is None:
            key, _equals, value = (filters or {})["label"].partition("=")
            return [one for one in self.all if one.labels.get(key) == value]
        # Docker's filter takes parts of names.
        return [one for one in self.all if any(name in one.name for name in names)]

    def get(self, name: str) -> Network:
        found = [one for one in self.all if one.name == name]
        if not found:
            raise docker.errors.NotFound(f"network {name} not found")
        found[0].reload()
        return found[0]

    def create(self, name: str, **options: Any) -> Network:
        inspect.signature(docker.APIClient.create_network).bind(None, name, **options)
        return self.add(name, Driver=options["driver"], Internal=options["internal"], Options=options["options"])


class Container:
    """A container; ``log`` is what it has printed, with Docker's times."""

    def __init__(self, containers: Containers, name: str, image_id: str, config: dict[str, Any], networks: list[str]):
        self.id = f"id-{next(containers.ids)}"
        self.name = name
        self.status = "created"
        self.log = ""
        self.config = config
        self.files: dict[str, tarfile.TarInfo] = {}
        self.contents: dict[str, bytes] = {}
        self._containers = containers
        self.attrs: dict[str, Any] = {
            "Image": image_id,
            "Config": {
                "Labels": config.get("labels") or {},
                "Cmd": config.get("command"),
                "Image": config.get("image", ""),
            },
            "HostConfig": config["host_config"],
            "NetworkSettings": {"Networks": {network: {} for network in networks}},
            "State": {"Running": False, "StartedAt": "0001-01-01T00:00:00Z"},
        }

    def start(self) -> None:
        limits = {limit["Name"] for limit in self.config["host_config"].get("Ulimits") or []}
        if self._containers.confined and "memlock" in limits:
            raise docker.errors.APIError("500", explanation="error setting rlimit type 8: operation not permitted")
        self.status = "running"
        self.attrs["State"] = {"Running": True, "StartedAt": "2026-11-24T10:00:00.5Z"}
        self._containers.history.append(("start", self.name))
        self._containers.on_start(self)

    def put_archive(self, path: str, data: bytes) -> bool:
        mounts = [mount["Target"] for mount in self.config["host_config"].get("Mounts") or []]
        assert path in mounts, "Docker answers 400: container rootfs is marked read-only"
        assert self.status == "running", "what is mounted then is empty again at the start"
        self._containers.history.append(("put_archive", self.name))
        with tarfile.open(fileobj=io.BytesIO(data)) as tar:
            for member in tar:
                self.files[f"{path}/{member.name}"] = member
                self.contents[f"{path}/{member.name}"] = tar.extractfile(member).read()  # type: ignore[union-attr]
        return True

    def reload(self) -> None:
        self.attrs["State"]["Running"] = self.status == "running"

    def logs(self, timestamps: bool = False, tail: int | str = "all") -> bytes:
        lines = self.log.splitlines()[-tail if isinstance(tail, int) else 0 :]
        return "\n".join(line if timestamps else line.partition(" ")[2] for line in lines).encode()

    def rename(self, name: str) -> None:
        assert name not in [one.name for one in self._containers.all], "Docker answers 409"
        self._containers.history.append(("rename", self.name))
        self.name = name

    def remove(self, force: bool = False, v: bool = False) -> None:
        self._containers.history.append(("remove", self.name))
        self._containers.all.remove(self)


class Containers:
    """The containers of the host."""

    def __init__(self, images: Images):
        self.all: list[Container] = []
        self.history: list[tuple[str, str]] = []
        self.on_start: Callable[[Container], None] = lambda _container: None
        self.ids = itertools.count(1)
        self.confined = False  #: whether the Engine may not raise limits
        self._images = images

    def get(self, name: str) -> Container:
        found = [one for one in self.all if one.name == name]
        if not found:
            raise docker.errors.NotFound(f"No such container: {name}")
        return found[0]

    def create(self, image: str, **options: Any) -> Container:
        config = _create_container_args({"image": image, "version": API_VERSION, **options})
        made = Container(self, options["name"], self._images.get(image).id, config, [options["network"]])
        self.all.append(made)
        return made


class Client:
    """A host's Engine."""

    def __init__(self) -> None:
        self.images = Images()
        self.api = Api(self.images)
        self.networks = Networks()
        self.containers = Containers(self.images)
