# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The secret by which micro-cipher knows the launcher: new for each start, in memory only, on both sides.

The module ``micro_cipher`` makes it, puts it into a memory disk of the container once that runs, and keeps it in /run
for the launcher, with the start it belongs to. A restart of either side loses it, together with the key.
"""

from __future__ import annotations

import json

from . import files
from .errors import Trouble

#: An image with this label takes ``--secret-file``: see images/micro-cipher.
IMAGE_LABEL = "io.github.socialgouv.micro-cipher.secret"
OPTION = "--secret-file"
DIRECTORY = "/run/micro-cipher"
FILE = "secret"


def dump(container_id: str, started_at: str, secret: str) -> bytes:
    """The text of the file on the host."""
    return f"{json.dumps({'container': container_id, 'started_at': started_at, 'secret': secret})}\n".encode()


def read(path: str, container_id: str, started_at: str) -> str | None:
    """The secret for this start of this container; None where the host has none. Raises Trouble."""
    try:
        text = files.read_private(path)
        document = json.loads(text) if text else {}
        if (document.get("container"), document.get("started_at")) == (container_id, started_at):
            return str(document["secret"])
    except OSError as error:
        raise Trouble("files", f"micro-cipher's secret cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, AttributeError):
        pass  # damaged: as good as none, and the playbook makes another
    return None


def headers(secret: str | None) -> dict[str, str]:
    """What the launcher sends with it."""
    return {"Authorization": f"Bearer {secret}"} if secret else {}
