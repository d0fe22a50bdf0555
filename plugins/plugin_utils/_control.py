# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the control node reaches GitHub: by the proxy and the authorities that it is given, else by its environment's."""

from __future__ import annotations

import os
from typing import Any

from ..module_utils._failure import Failure
from ..module_utils.launcher import files, pool
from ..module_utils.launcher.errors import Trouble
from ..module_utils.launcher.urllib_transport import UrllibTransport

#: The options that say so.
OPTIONS: dict[str, Any] = {
    "control_proxy": {"type": "str", "default": "", "no_log": True},
    "control_no_proxy": {"type": "str", "default": ""},
    "control_ca": {"type": "str", "default": ""},
}
# What the library requests and curl read: the control node's other tools are told of a private authority in this way.
_BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


def transport(options: dict[str, Any]) -> UrllibTransport:
    """The way to GitHub. Raises Failure where the proxy is none, Trouble where authorities cannot be read."""
    address, login = proxy(options)
    bundles = [_bundle(name) for name in _BUNDLES if os.environ.get(name)]
    ca = "\n".join(filter(None, [options["control_ca"], *bundles]))
    return UrllibTransport(address, options["control_no_proxy"], login, ca)


def proxy(options: dict[str, Any]) -> tuple[str, str]:
    """The proxy's address, and the login in it, apart. Raises Failure, which does not show what was given."""
    scheme, slashes, rest = options["control_proxy"].partition("://")
    login, _at, host = rest.rpartition("@")
    address = f"{scheme}{slashes}{host}"
    if address and not pool.is_proxy(address):
        raise Failure("control_proxy is no proxy: write it like http://user:password@proxy.example.org:3128")
    return address, login


def _bundle(variable: str) -> str | None:
    path = os.environ[variable]
    try:
        return files.read(path)
    except OSError as error:
        said = f"{path}, which ${variable} names, cannot be read: {error.strerror}"
        raise Trouble("ca", said, lasting=True) from error
