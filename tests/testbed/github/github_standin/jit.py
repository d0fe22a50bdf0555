# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A JIT configuration: the files that make a directory a configured runner.

Base64 of a JSON object that has each file's name and its base64 content
(actions/runner, src/Runner.Listener/Runner.cs).
"""

from __future__ import annotations

import base64
import json

SERVER_URL = "https://github.com/"


def files(
    *, agent_id: int, name: str, place: str, group: str, group_id: int, work_folder: str, secret: str, server: str,
    ephemeral: bool = True,
):  # fmt: skip
    """The three files, as JSON documents by name. ``secret`` is what the runner proves itself with."""
    return {
        ".runner": {
            "AgentId": str(agent_id),
            "AgentName": name,
            "PoolId": str(group_id),
            "PoolName": group,
            "DisableUpdate": "True",
            "Ephemeral": str(ephemeral),
            "ServerUrl": server,
            "GitHubUrl": server + place,
            "WorkFolder": work_folder,
            "UseV2Flow": "True",
        },
        ".credentials": {
            "Scheme": "OAuth",
            "Data": {"ClientId": f"runner-{agent_id}", "AuthorizationUrl": f"{server}_runner"},
        },
        # The real file holds an RSA private key; the stand-in's runner needs but a secret of its own.
        ".credentials_rsaparams": {"d": secret},
    }


def encode(documents: dict[str, dict]) -> str:
    """``encoded_jit_config`` for these files."""
    packed = {name: base64.b64encode(json.dumps(content).encode()).decode() for name, content in documents.items()}
    return base64.b64encode(json.dumps(packed).encode()).decode()
