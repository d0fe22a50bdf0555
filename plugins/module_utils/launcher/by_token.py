# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Registration by token: the container registers itself. Pure.

An image with an entrypoint of its own is told by variables, named as in the README of
https://github.com/myoung34/docker-github-actions-runner; one without (the official image and those built on it) runs
its own ``config.sh``. Either reads the registration token from a file that is gone when the runner starts: no variable
of the container holds it, so neither ``docker inspect`` nor /proc/1/environ shows it.
"""

from __future__ import annotations

import re
from typing import Any

from . import scope
from .errors import Trouble
from .pool import Pool
from .surroundings import Surroundings

FILE = ".registration"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,512}")
_SCOPES = {"organization": "org", "repository": "repo", "enterprise": "ent"}
# config.sh reads an option from ACTIONS_RUNNER_INPUT_NAME too: for the token, that is not seen by `ps`.
_SCRIPT = (
    f". ./{FILE} || exit 1; "
    'ACTIONS_RUNNER_INPUT_TOKEN="$RUNNER_TOKEN" ./config.sh "$@" || exit 1; '
    "unset RUNNER_TOKEN; exec ./run.sh"
)


def shape(body: dict[str, Any], pool: Pool, runner: str, image: dict[str, Any], around: Surroundings) -> dict[str, Any]:
    """The body of ContainerCreate for a runner that registers itself; ``image`` is the image's ``Config``."""
    if not image.get("Entrypoint"):
        return {**body, "Cmd": ["/bin/bash", "-c", _SCRIPT, "register", *_options(pool, runner, around.work)]}
    directory = image.get("WorkingDir") or "/"
    told = [f"{name}={value}" for name, value in variables(pool, runner, around.work_folder).items()]
    # A script of bash's reads this file before anything else.
    told.append(f"BASH_ENV={directory.rstrip('/')}/{FILE}")
    return {
        **body,
        "Entrypoint": image["Entrypoint"],
        "Cmd": image.get("Cmd") or [],
        "WorkingDir": directory,
        "Env": [*body["Env"], *told],
    }


def variables(pool: Pool, runner: str, work_folder: str) -> dict[str, str]:
    """What the myoung34 image is told, but for RUNNER_TOKEN."""
    where = scope.parse_url(pool.url)
    owner = {"organization": "ORG_NAME", "repository": "REPO_URL", "enterprise": "ENTERPRISE_NAME"}[where.kind]
    told = {
        "RUNNER_SCOPE": _SCOPES[where.kind],
        owner: where.url if where.kind == "repository" else where.owner,
        "RUNNER_NAME": runner,
        "LABELS": ",".join(pool.labels),
        "NO_DEFAULT_LABELS": "true",  # they are in LABELS where they are wanted
        "RUNNER_WORKDIR": work_folder,
        "GITHUB_HOST": where.host,
        "EPHEMERAL": "true",
        "DISABLE_AUTO_UPDATE": "true",
        # The launcher deregisters, and knows when it may.
        "DISABLE_AUTOMATIC_DEREGISTRATION": "true",
        "UNSET_CONFIG_VARS": "true",
    }
    if pool.runner_group:
        told["RUNNER_GROUP"] = pool.runner_group
    return told


def file(token: str) -> bytes:
    """The file that sets RUNNER_TOKEN, for one shell and once. Raises Trouble."""
    if not _TOKEN.fullmatch(token):
        raise Trouble("nonsense", "GitHub's registration token cannot be read")
    return f"RUNNER_TOKEN='{token}'\nunset BASH_ENV\nrm -f -- \"${{BASH_SOURCE[0]}}\"\n".encode()


def _options(pool: Pool, runner: str, work: str) -> list[str]:
    given = ["--unattended", "--ephemeral", "--disableupdate", "--url", pool.url, "--name", runner]
    given += ["--no-default-labels", "--labels", ",".join(pool.labels), "--work", work]
    return [*given, "--runnergroup", pool.runner_group] if pool.runner_group else given
