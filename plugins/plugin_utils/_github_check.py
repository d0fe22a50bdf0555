# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ask GitHub, from the control node, whether a pool's credential can do what it is for. Nothing is changed there."""

from __future__ import annotations

import time
from typing import Any

from ..module_utils.launcher import app, scope
from ..module_utils.launcher.credential import Credential
from ..module_utils.launcher.github import GitHub
from ..module_utils.launcher.pool import Pool, PoolError
from . import _control

# What of a pool, beside its credential, the question and its answer depend on.
ASKED_OF = ("url", "runner_group", *_control.OPTIONS)


def check_kind(credential: Credential, pool: Pool) -> None:
    """Whether GitHub takes a credential of this kind for the pool's URL at all. Raises PoolError."""
    if scope.parse_url(pool.url).kind != "enterprise":
        return
    if credential.app or credential.token.startswith(("github_pat_", "ghs_")):
        kind = "GitHub App" if credential.app or credential.token.startswith("ghs_") else "fine-grained token"
        raise PoolError(
            f"GitHub lets no {kind} manage an enterprise's runners: use a classic token with manage_runners:enterprise"
        )


def ask(credential: Credential, options: dict[str, Any]) -> None:
    """One cheap question. Raises Trouble; a lasting one says that something given is wrong."""
    where = scope.parse_url(options["url"])
    transport = _control.transport(options)
    token = credential.token
    if credential.app:
        # An installation given by number shows its permissions only when it is asked for a token.
        known = credential.app.installation_id
        if not known:
            app.installation(GitHub(transport, where, app.jwt(credential.app, time.time())), where)
        if not known and not options["runner_group"]:
            return
        token = app.access_token(transport, where, credential.app).token
        if not options["runner_group"]:
            return
    github = GitHub(transport, where, token)
    if options["runner_group"]:
        github.group_id(options["runner_group"])
    else:
        github.check()
