# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host's pools, completed and sorted by who may know what. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..module_utils import _logins

_CREDENTIALS = ("token", "app")
_PROXIES = ("proxy", "container_proxy")
_CHECKED = (
    *("name", "url", "image", "count", "labels", "default_labels"),
    *("registration", "runner_group", "runner_group_id"),
)
# How the control node itself reaches GitHub.
_CONTROL = ("control_proxy", "control_no_proxy", "control_ca")


def sort(pools: list[dict[str, Any]], defaults: dict[str, Any], registries: Iterable[str] = ()) -> dict[str, list[Any]]:
    """The parts that the modules take; ``private_images`` are those of ``registries``, which want a login."""
    complete = [_split(_complete(one, defaults)) for one in pools]
    images = dict.fromkeys(str(image) for one in complete for image in _images(one))
    registries = set(registries)
    secret = (*_CREDENTIALS, *(f"{proxy}_login" for proxy in _PROXIES))
    return {
        "checks": [_only(one, (*_CHECKED, *secret, *_CONTROL)) for one in complete],
        "credentials": [_only(one, ("name", *secret)) for one in complete],
        "scopes": _each_once([_only(one, ("url", *_CREDENTIALS, *_CONTROL)) for one in complete]),
        "units": [
            {key: value for key, value in one.items() if key not in (*secret, *_CONTROL, "count")} for one in complete
        ],
        "counts": [_only(one, ("name", "count")) for one in complete],
        "images": [one for one in images if _logins.registry_of(one) not in registries],
        "private_images": [one for one in images if _logins.registry_of(one) in registries],
    }


def _images(one: dict[str, Any]) -> list[Any]:
    """The images of a pool: the runner's, and that of the Docker beside it where there is one."""
    wanted = [one.get("image"), one.get("dind_image") if one.get("docker_access") == "dind" else None]
    return [image for image in wanted if image]


def _complete(one: dict[str, Any], defaults: dict[str, Any]) -> dict[str, Any]:
    """A pool with the defaults; two credentials are never mixed."""
    given = {key: value for key, value in one.items() if value is not None}
    inherited = {
        key: value
        for key, value in defaults.items()
        if key not in _CREDENTIALS or not any(given.get(credential) for credential in _CREDENTIALS)
    }
    complete = {"name": "default", **inherited, **given}
    return {key: value for key, value in complete.items() if key not in _CREDENTIALS or value}


def _split(one: dict[str, Any]) -> dict[str, Any]:
    """A pool whose proxies are without their logins, and the logins beside them."""
    found = dict(one)
    for option in _PROXIES:
        scheme, slashes, rest = str(one.get(option) or "").partition("://")
        login, at, address = rest.rpartition("@")
        if at:
            found[option], found[f"{option}_login"] = f"{scheme}{slashes}{address}", login
    return found


def _each_once(found: list[Any]) -> list[Any]:
    return [one for number, one in enumerate(found) if one not in found[:number]]


def _only(one: dict[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    return {key: one[key] for key in keys if key in one}
