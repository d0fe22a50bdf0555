# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bring images to the host, side by side."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable

from . import _docker, _local_tags
from ._failure import Failure

_AT_ONCE = 4


# What an image's registry wants, asked only where it is needed.
Login = Callable[[str], "dict[str, str] | None"]


class LoginUnknown(Exception):
    """There is a login, and nothing on the host yet that could open it."""


def unknown_login(reference: str) -> dict[str, str] | None:
    """What a registry wants, where check mode cannot tell: micro-cipher does not run yet. Raises LoginUnknown."""
    raise LoginUnknown(reference)


def _no_login(reference: str) -> dict[str, str] | None:
    return None


def ensure(
    client: Any | None, references: list[str], policy: str, check_mode: bool, login: Login = _no_login
) -> dict[str, Any]:
    """Bring every image here as ``policy`` says; gives ``changed``, ``images``, ``actions``.

    never, missing, always; staged takes what ``stage`` has fetched, where there is such, and else means missing.
    ``client`` is None on a host without Docker, in check mode. Raises Failure, naming each image that cannot be had.
    """
    return _side_by_side(references, "Pulled", lambda one: _one(client, one, policy, check_mode, login))


def stage(client: Any | None, references: list[str], check_mode: bool, login: Login = _no_login) -> dict[str, Any]:
    """Fetch what the registry has for every image, but move no name; gives and raises as ``ensure`` does."""
    return _side_by_side(references, "Fetched", lambda one: _stage(client, one, check_mode, login))


def _side_by_side(references: list[str], done: str, do: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    def outcome(reference: str) -> dict[str, Any] | Failure:
        """One image's result, or why there is none: the others are to be tried all the same."""
        try:
            return do(reference)
        except Failure as failure:
            return failure

    wanted = list(dict.fromkeys(qualified(reference) for reference in references))
    with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
        outcomes = list(pool.map(outcome, wanted))
    failures = [str(outcome) for outcome in outcomes if isinstance(outcome, Failure)]
    if failures:
        raise Failure("; ".join(failures))
    images = [outcome for outcome in outcomes if not isinstance(outcome, Failure)]
    return {
        "changed": any(image["changed"] for image in images),
        "images": images,
        "actions": [f"{done} image {image['name']}" for image in images if image["changed"]],
    }


def qualified(reference: str) -> str:
    """A reference with its tag or digest: Docker pulls every tag of a name that has none."""
    last = reference.rpartition("/")[2]
    return reference if ":" in last or "@" in last else f"{reference}:latest"


def _one(client: Any | None, reference: str, policy: str, check_mode: bool, login: Login) -> dict[str, Any]:
    if client is None:
        return _result(reference, None, None, policy != "never")
    if policy == "staged":
        return _take_staged(client, reference, check_mode, login)
    with _docker.sentences(f"pull {reference}", "look at its name, and whether the registry wants a login"):
        before = _docker.find(client.images.get, reference)
        if before is None and policy == "never":
            raise Failure(f"the host has no image {reference}: pull it, or use pull=missing")
        if policy == "never" or (policy == "missing" and before is not None):
            return _result(reference, before, before, False)
        if check_mode:
            same = _has(before, _digest(client, reference, login))
            return _result(reference, before, before if same else None, not same)
        after = _pull(client, reference, reference, login)
        return _result(reference, before, after, before is None or before.id != after.id)


def _take_staged(client: Any, reference: str, check_mode: bool, login: Login) -> dict[str, Any]:
    name = _local_tags.staged(reference)
    with _docker.sentences(f"take the image that was fetched for {reference}"):
        staged = _docker.find(client.images.get, name)
        before = _docker.find(client.images.get, reference)
    if staged is None:
        # In check mode nothing was fetched: what would have been is what the registry has.
        return _one(client, reference, "always" if check_mode else "missing", check_mode, login)
    with _docker.sentences(f"take the image that was fetched for {reference}"):
        if not check_mode:
            _local_tags.put(staged, reference)
            _local_tags.drop(client, name)
    return _result(reference, before, staged, before is None or before.id != staged.id)


def _stage(client: Any | None, reference: str, check_mode: bool, login: Login) -> dict[str, Any]:
    if client is None:
        return _result(reference, None, None, True)
    with _docker.sentences(f"pull {reference}", "look at its name, and whether the registry wants a login"):
        name = _local_tags.staged(reference)
        digest = _digest(client, reference, login)
        before = _docker.find(client.images.get, reference)
        staged = _docker.find(client.images.get, name)
        if _has(before, digest):
            # What a run before has fetched meanwhile is not wanted any more.
            if staged is not None and not check_mode:
                _local_tags.drop(client, name)
            return _result(reference, before, before, False)
        if _has(staged, digest) or check_mode:
            return _result(reference, before, staged, not _has(staged, digest))
        # By its digest: no name moves, and what the registry is given meanwhile is not what comes.
        fetched = _pull(client, f"{repository(reference)}@{digest}", reference, login)
        _local_tags.put(fetched, name)
        return _result(reference, before, fetched, True)


def _digest(client: Any, reference: str, login: Login) -> str:
    """What the registry has by that name; something that no image has, where nobody can log in to ask."""
    try:
        return reference.partition("@")[2] or str(
            client.images.get_registry_data(reference, auth_config=login(reference)).id
        )
    except LoginUnknown:
        return "unknown"


def repository(reference: str) -> str:
    """A reference without its tag and digest."""
    name = reference.partition("@")[0]
    last = name.rpartition("/")[2]
    return name[: len(name) - len(last)] + last.partition(":")[0]


def _has(image: Any | None, digest: str) -> bool:
    digests = (image.attrs.get("RepoDigests") or []) if image is not None else []
    return any(one.endswith(f"@{digest}") for one in digests)


def _pull(client: Any, reference: str, wanted: str, login: Login) -> Any:
    """Pull an image. The SDK's own ``images.pull`` passes over what goes wrong once the registry has answered."""
    from docker.utils import parse_repository_tag

    repository, tag = parse_repository_tag(reference)
    for event in client.api.pull(repository, tag=tag, stream=True, decode=True, auth_config=login(wanted)):
        if "error" in event:
            raise Failure(f"cannot pull {wanted}: {' '.join(str(event['error']).split())}")
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
