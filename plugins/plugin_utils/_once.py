# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A question that all hosts of a run have in common is asked once, however many ask it side by side.

Ansible runs each host's task in a process of its own: what they share is the run's folder, which is its user's alone
and goes with the run.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import json
import os
from typing import Callable

from ansible import constants

from ..module_utils.launcher import files
from ..module_utils.launcher.errors import Trouble


def once(question: bytes, ask: Callable[[], None]) -> None:
    """Ask unless somebody in this run has asked just that. Raises Trouble, which was then that one's, OSError."""
    folder = constants.DEFAULT_LOCAL_TMP
    # A question has a credential in it: only what nobody can turn back is on the disk.
    name = hmac.new(folder.encode(), question, hashlib.sha256).hexdigest()
    path = os.path.join(folder, f"github-runner-{name}")
    with open(f"{path}.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        text = files.read(path)
        if text is None:
            text = json.dumps(_outcome(ask))
            files.write(path, text.encode(), 0o600)
    trouble = json.loads(text)
    if trouble is not None:
        raise Trouble.from_dict(trouble)


def _outcome(ask: Callable[[], None]) -> dict[str, object] | None:
    try:
        ask()
    except Trouble as trouble:
        return trouble.as_dict()
    return None
