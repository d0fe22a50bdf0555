# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Cut what the contract tests need out of GitHub's OpenAPI description.

    npm install --prefix FOLDER @octokit/openapi@23.0.2
    python3 tests/contract/extract.py FOLDER/node_modules/@octokit/openapi

writes tests/contract/openapi/*.json: of each description the paths below, with everything that they refer to. The
description is under the MIT licence, whose text is put beside them.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parent / "openapi"
VERSION = "23.0.2"
_RUNNERS = (
    "/actions/runners",
    "/actions/runners/generate-jitconfig",
    "/actions/runners/registration-token",
    "/actions/runners/remove-token",
    "/actions/runners/{runner_id}",
)
_OWNERS = {
    "api.github.com": ("/orgs/{org}", "/repos/{owner}/{repo}"),
    # Enterprises' paths are in Enterprise Cloud's description, not in github.com's.
    "ghec": ("/enterprises/{enterprise}",),
    "ghes-3.19": ("/orgs/{org}", "/repos/{owner}/{repo}", "/enterprises/{enterprise}"),
}
_APP = (
    "/orgs/{org}/installation",
    "/repos/{owner}/{repo}/installation",
    "/app/installations/{installation_id}/access_tokens",
)
_OTHERS = {
    "api.github.com": (
        "/orgs/{org}/actions/runner-groups",
        *_APP,
        "/rate_limit",
        "/meta",
    ),
    "ghec": ("/enterprises/{enterprise}/actions/runner-groups",),
    "ghes-3.19": (
        "/orgs/{org}/actions/runner-groups",
        "/enterprises/{enterprise}/actions/runner-groups",
        *_APP,
    ),
}
# Errors that every path can answer with, though few of them say so.
_ALWAYS = ("#/components/schemas/basic-error",)


def paths(name: str) -> list[str]:
    """The paths to keep of the description ``name``."""
    return [owner + path for owner in _OWNERS[name] for path in _RUNNERS] + list(_OTHERS[name])


def extract(document: dict[str, Any], wanted: list[str]) -> dict[str, Any]:
    """A description of the wanted paths alone. Raises KeyError where it has not all of them."""
    result: dict[str, Any] = {key: document[key] for key in ("openapi", "info", "servers")}
    result["paths"] = {path: document["paths"][path] for path in wanted}
    todo = [*_references(result["paths"]), *_ALWAYS]
    seen: set[str] = set()
    while todo:
        reference = todo.pop()
        if reference in seen:
            continue
        seen.add(reference)
        _hash, *parents, last = reference.split("/")
        source, target = document, result
        for parent in parents:
            source, target = source[parent], target.setdefault(parent, {})
        target[last] = source[last]
        todo += _references(source[last])
    return result


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        reference = node.get("$ref")
        if isinstance(reference, str):
            yield reference
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)


def main(package: Path) -> None:
    """Write the extracts of an installed package. Exits with one line where it is not the pinned one."""
    try:
        version = json.loads((package / "package.json").read_text())["version"]
    except (OSError, ValueError, KeyError):
        sys.exit(f"{package} is no installed package: npm install --prefix FOLDER @octokit/openapi@{VERSION}")
    if version != VERSION:
        sys.exit(f"{package} is version {version}: npm install --prefix FOLDER @octokit/openapi@{VERSION}")
    TARGET.mkdir(exist_ok=True)
    for name in _OWNERS:
        document = json.loads((package / "generated" / f"{name}.json").read_text())
        text = json.dumps(extract(document, paths(name)), indent=1, sort_keys=True)
        (TARGET / f"{name}.json").write_text(text + "\n")
    shutil.copy(package / "LICENSE", TARGET / "LICENSE")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
