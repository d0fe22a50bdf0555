# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Docker networks with the options they must have."""

from __future__ import annotations

from typing import Any, NamedTuple

from . import _docker
from ._failure import Failure
from .launcher import names


class Wanted(NamedTuple):
    """A network as it shall be."""

    name: str
    internal: bool
    options: dict[str, str]


def cipher(name: str) -> Wanted:
    """micro-cipher's network: no way out, and no way in but from the host."""
    return Wanted(name, True, {})


def runners(name: str) -> Wanted:
    """The runners' network: out, but not to one another."""
    return Wanted(name, False, names.network_options(name))


def differences(wanted: Wanted, attributes: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """What of an existing network (its ``inspect``) is not as wanted: option, (is, shall be). Pure."""
    found: dict[str, tuple[Any, Any]] = {}
    if attributes.get("Driver") != "bridge":
        found["driver"] = (attributes.get("Driver"), "bridge")
    if bool(attributes.get("Internal")) != wanted.internal:
        found["internal"] = (bool(attributes.get("Internal")), wanted.internal)
    options = attributes.get("Options") or {}
    for key, value in wanted.options.items():
        if options.get(key) != value:
            found[key] = (options.get(key), value)
    return found


def ensure(client: Any | None, wanted: Wanted, movable: tuple[str, ...], check_mode: bool) -> dict[str, Any]:
    """Create the network, or make it anew where its options differ; gives the module's result.

    Only containers whose names are in ``movable`` are disconnected for that, and connected again. Raises Failure.
    """
    if client is None:
        return _result(True, wanted, None, [f"Created network {wanted.name}"], {})
    with _docker.sentences(f"create the network {wanted.name}"):
        found = client.networks.list(names=[wanted.name])
        network = next((one for one in found if one.name == wanted.name), None)
        if network is None:
            made = None if check_mode else _create(client, wanted)
            return _result(True, wanted, made, [f"Created network {wanted.name}"], {})
        network.reload()
        different = differences(wanted, network.attrs)
        if not different:
            return _result(False, wanted, network, [], {})
        attached = [one["Name"] for one in (network.attrs.get("Containers") or {}).values()]
        foreign = sorted(set(attached) - set(movable))
        if foreign:
            options = ", ".join(different)
            raise Failure(
                f"the network {wanted.name} has to be made anew ({options} differ) but {', '.join(foreign)} use it: "
                "disconnect them, or choose another name"
            )
        actions = [f"Recreated network {wanted.name}"]
        if check_mode:
            return _result(True, wanted, network, actions, different)
        for name in attached:
            network.disconnect(name, force=True)
        network.remove()
        made = _create(client, wanted)
        for name in attached:
            made.connect(name)
        return _result(True, wanted, made, actions, different)


def remove(client: Any | None, name: str, check_mode: bool) -> dict[str, Any]:
    """Remove the network; gives ``changed``, ``actions``. Raises Failure, also where it is in use."""
    if client is None:
        return {"changed": False, "actions": []}
    with _docker.sentences(f"remove the network {name}"):
        network = next((one for one in client.networks.list(names=[name]) if one.name == name), None)
        if network is None:
            return {"changed": False, "actions": []}
        if not check_mode:
            network.remove()
        return {"changed": True, "actions": [f"Removed network {name}"]}


def _create(client: Any, wanted: Wanted) -> Any:
    network = client.networks.create(
        wanted.name, driver="bridge", internal=wanted.internal, options=wanted.options, check_duplicate=True
    )
    network.reload()
    return network


def _result(
    changed: bool, wanted: Wanted, network: Any | None, actions: list[str], different: dict[str, tuple[Any, Any]]
) -> dict[str, Any]:
    after = {"name": wanted.name, "driver": "bridge", "internal": wanted.internal, **wanted.options}
    before = {} if changed and not different else {**after, **{key: was for key, (was, _shall) in different.items()}}
    return {
        "changed": changed,
        "network": network.attrs if network is not None else None,
        "actions": actions,
        "diff": {"before": before, "after": after},
    }
