# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who this host is."""

from __future__ import annotations

import socket
from collections import namedtuple

from . import files, names
from .errors import Trouble
from .paths import Paths


# Not typing's NamedTuple: see entry.py.
class Host(namedtuple("Host", ("name", "mark"))):
    """A host's short name and its mark."""

    __slots__ = ()


def read(paths: Paths) -> Host:
    """This host. Raises Trouble where it has no identity."""
    machine_id = files.read(paths.machine_id)
    if not machine_id or not machine_id.strip():
        raise Trouble("host", f"{paths.machine_id} is empty: run systemd-machine-id-setup", lasting=True)
    name = socket.gethostname().split(".")[0]
    return Host(name, names.host_mark(machine_id, name))
