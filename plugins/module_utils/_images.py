# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bring images to the host, side by side."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable

from . import _docker
from ._failure import Failure

_AT_ONCE = 4


def ensure(
    client: Any | None,
    references: list[str],
    policy: str,
    check_mode: bool,
    login: Callable[[str], dict[str, str] | None] = lambda reference: None,
) -> dict[str, Any]:
    """Bring every image here as ``policy`` says (never, missing, always); gives ``changed``, ``images``, ``actions``.

    ``login`` gives what an image's registry wants, and is asked only where that is needed. ``client`` is None on a host
    without Docker, in check mode. Raises Failure, naming each image that cannot be had.
    """
    wanted = list(dict.fromkeys(qualified(reference) for reference in references))
    with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
        outcomes = list(pool.map(lambda one: _outcome(client, one, policy, check_mode, login), wanted))
    failures = [str(outcome) for outcome in outcomes if isinstance(outcome, Failure)]
    if failures:
        raise Failure("; ".join(failures))
    images = [outcome for outcome in outcomes if not isinstance(outcome, Failure)]
    return {
        "changed": any(image["changed"] for image in images),
        "images": images,
        "actions": [f"Pulled image {image['name']}" for image in images if image["changed"]],
    }


def qualified(reference: str) -> str:
    """A reference with its tag or digest: Docker pulls every tag of a name that has none."""
    last = reference.rpartition("/")[2]
    return reference if ":" in last or "@" in last else f"{reference}:latest"


def _outcome(
    client: Any | None, reference: str, policy: str, check_mode: bool, login: Callable[[str], dict[str, str] | None]
) -> dict[str, Any] | Failure:
    """One image's result, or why there is none: the others are to be tried all the same."""
    try:
        return _one(client, reference, policy, check_mode, login)
    except Failure as failure:
        return failure


def _one(
    client: Any | None, reference: str, policy: str, check_mode: bool, login: Callable[[str], dict[str, str] | None]
) -> dict[str, Any]:
    if client is None:
        return _result(reference, None, None, policy != "never")
    with _docker.sentences(f"pull {reference}", "look at its name, and whether the registry wants a login"):
        before = _docker.find(client.images.get, reference)
        if before is None and policy == "never":
            raise Failure(f"the host has no image {reference}: pull it, or use pull=missing")
        if policy == "never" or (policy == "missing" and before is not None):
            return _result(reference, before, before, False)
        if check_mode:
            remote = client.images.get_registry_data(reference, auth_config=login(reference)).id
            same = before is not None and any(
                digest.endswith(f"@{remote}") for digest in before.attrs.get("RepoDigests") or []
            )
            return _result(reference, before, before if same else None, not same)
        after = _pull(client, reference, login(reference))
        return _result(reference, before, after, before is None or before.id != after.id)


def _pull(client: Any, reference: str, login: dict[str, str] | None) -> Any:
    """Pull an image. The SDK's own ``images.pull`` passes over what goes wrong once the registry has answered."""
    from docker.utils import parse_repository_tag

    repository, tag = parse_repository_tag(reference)
    for event in client.api.pull(repository, tag=tag, stream=True, decode=True, auth_config=login):
        if "error" in event:
            raise Failure(f"cannot pull {reference}: {' '.join(event['error'].split())}")
    return client.images.get(reference)


def _result(reference: str, before: Any | None, after: Any | None, changed: bool) -> dict[str, Any]:
    digests = (after.attrs.get("RepoDigests") or []) if after is not None else []
    return {
        "name": reference,
        "id": after.id if after is not None else None,
        "digest": next((digest.partition("@")[2] for digest in digests), None),
        "previous_id": before.id if before is not None else None,
        "changed": changed,
    }
