# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Images come to the host as the policy says, and a change is a change of what a name stands for."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.socialgouv.actions_runner.plugins.module_utils import _images, _local_tags
from ansible_collections.socialgouv.actions_runner.plugins.module_utils._failure import Failure
from ansible_collections.socialgouv.actions_runner.tests.unit.plugins.module_utils.fake_docker import Client, Image

NAME = "ghcr.io/acme/runner:1"
OLD, NEW = Image("sha256:old", "ghcr.io/acme/runner@sha256:aa"), Image("sha256:new", "ghcr.io/acme/runner@sha256:bb")


def host(local: Image | None, registry: Image | None) -> Client:
    client = Client()
    client.images.local = {NAME: local} if local else {}
    client.images.registry = {NAME: registry} if registry else {}
    return client


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("a", "a:latest"),
        ("ghcr.io/a/b", "ghcr.io/a/b:latest"),
        ("localhost:5000/a", "localhost:5000/a:latest"),
        ("localhost:5000/a:1", "localhost:5000/a:1"),
        ("a@sha256:00", "a@sha256:00"),
        ("a:1@sha256:00", "a:1@sha256:00"),
    ],
)
def test_a_name_without_a_tag_means_latest(reference: str, expected: str) -> None:
    """Docker would pull every tag there is."""
    assert _images.qualified(reference) == expected


@pytest.mark.parametrize(
    ("local", "registry", "policy", "changed", "image_id"),
    [
        (None, NEW, "missing", True, "sha256:new"),
        (OLD, NEW, "missing", False, "sha256:old"),
        (OLD, NEW, "always", True, "sha256:new"),
        (OLD, OLD, "always", False, "sha256:old"),
        (None, NEW, "always", True, "sha256:new"),
        (OLD, NEW, "never", False, "sha256:old"),
        (OLD, None, "missing", False, "sha256:old"),
    ],
)
@pytest.mark.parametrize("check_mode", [False, True])
def test_the_policy_decides(
    local: Image | None, registry: Image | None, policy: str, changed: bool, image_id: str, check_mode: bool
) -> None:
    """Check mode says the same change and pulls nothing; a second run changes nothing."""
    client = host(local, registry)
    result = _images.ensure(client, [NAME], policy, check_mode)
    [image] = result["images"]
    assert (result["changed"], image["changed"]) == (changed, changed)
    assert image["previous_id"] == (local.id if local else None)
    assert result["actions"] == ([f"Pulled image {NAME}"] if changed else [])
    if check_mode:
        assert client.images.pulled == []
        assert image["id"] == (None if changed else image_id)
    else:
        assert image["id"] == image_id
        assert not _images.ensure(client, [NAME], policy, check_mode)["changed"]


def test_the_digest_is_the_registrys() -> None:
    """What an operator compares."""
    assert _images.ensure(host(None, NEW), [NAME], "missing", False)["images"][0]["digest"] == "sha256:bb"


@pytest.mark.parametrize("check_mode", [False, True])
def test_every_image_that_cannot_be_had_is_named(check_mode: bool) -> None:
    """In one line; those that can be had are fetched all the same."""
    client = host(None, NEW)
    with pytest.raises(
        Failure, match=r"cannot pull ghcr\.io/no/one:1: manifest.*; cannot pull ghcr\.io/no/two:1"
    ) as caught:
        _images.ensure(client, ["ghcr.io/no/one:1", NAME, "ghcr.io/no/two:1"], "missing", check_mode)
    assert "\n" not in str(caught.value)
    assert client.images.pulled.count(NAME) == (0 if check_mode else 1)


@pytest.mark.parametrize("policy", ["missing", "staged"])
def test_a_pull_that_breaks_off_says_why(policy: str) -> None:
    """A full disk is no wrong name: Docker says it in the middle of the answer."""
    client = host(None, NEW)
    client.api.pull_ends_with = {"error": "write /var/lib/docker/tmp/x:\nno space left on device"}
    with pytest.raises(Failure) as caught:
        stage(client) if policy == "staged" else _images.ensure(client, [NAME], policy, False)
    assert str(caught.value) == f"cannot pull {NAME}: write /var/lib/docker/tmp/x: no space left on device"
    assert client.images.local == {}


def test_an_image_by_digest_is_pulled_by_digest() -> None:
    """Pinned is pinned."""
    pinned = "ghcr.io/acme/runner@sha256:" + "0" * 64
    client = Client()
    client.images.registry = {pinned: Image("sha256:1", pinned)}
    assert _images.ensure(client, [pinned], "missing", False)["changed"]
    assert client.images.pulled == [pinned]


def test_an_image_that_must_be_there_is_missed_with_the_remedy() -> None:
    """pull=never does not go to the registry."""
    with pytest.raises(Failure, match=r"has no image .*: pull it, or use pull=missing"):
        _images.ensure(host(None, NEW), [NAME], "never", False)


def test_each_image_is_fetched_once_and_all_are_reported_in_order() -> None:
    """A name that stands twice in the list is one image."""
    client = Client()
    references = [f"ghcr.io/acme/{name}:1" for name in "cab"]
    client.images.registry = {name: Image(f"sha256:{name}", f"{name}@sha256:0") for name in references}
    result = _images.ensure(client, [*references, references[0]], "missing", False)
    assert [one["name"] for one in result["images"]] == references
    assert sorted(client.images.pulled) == sorted(references)


def test_a_host_without_docker_would_pull() -> None:
    """Check mode on a bare host."""
    assert _images.ensure(None, [NAME], "missing", True)["changed"]


def stage(client: Client, check_mode: bool = False) -> dict[str, Any]:
    return _images.stage(client, [NAME], check_mode)


@pytest.mark.parametrize(
    ("local", "registry", "changed"), [(None, NEW, True), (OLD, NEW, True), (OLD, OLD, False), (NEW, NEW, False)]
)
@pytest.mark.parametrize("check_mode", [False, True])
def test_what_is_fetched_beforehand_moves_no_name(
    local: Image | None, registry: Image, changed: bool, check_mode: bool
) -> None:
    """Whoever starts a runner in between gets the old image; a second run fetches nothing."""
    client = host(local, registry)
    result = stage(client, check_mode)
    assert (result["changed"], result["actions"]) == (changed, [f"Fetched image {NAME}"] if changed else [])
    assert client.images.local.get(NAME) is local
    if check_mode:
        assert client.images.pulled == []
    else:
        assert client.images.pulled == (["ghcr.io/acme/runner@sha256:bb"] if changed else [])
        assert not stage(client)["changed"]


def test_what_was_fetched_is_taken_as_it_was_then() -> None:
    """The registry may have got another image meanwhile; and once taken, it does not wait any more."""
    client = host(OLD, NEW)
    stage(client)
    client.images.registry[NAME] = Image("sha256:newer", "ghcr.io/acme/runner@sha256:cc")
    assert _images.ensure(client, [NAME], "staged", True)["changed"]
    assert client.images.local[NAME] is OLD
    [image] = _images.ensure(client, [NAME], "staged", False)["images"]
    assert (image["id"], image["previous_id"], image["changed"]) == ("sha256:new", "sha256:old", True)
    assert client.images.local[NAME] is NEW
    assert _local_tags.ours(client) == []
    assert not _images.ensure(client, [NAME], "staged", False)["changed"]


@pytest.mark.parametrize(("local", "changed"), [(None, True), (OLD, False)])
def test_where_nothing_was_fetched_what_is_missing_is(local: Image | None, changed: bool) -> None:
    """A host that was not there when the others fetched."""
    assert _images.ensure(host(local, NEW), [NAME], "staged", False)["changed"] is changed


def test_check_mode_of_an_upgrade_knows_that_it_would_have_fetched() -> None:
    """Nothing waits, for check mode fetched nothing: what the registry has tells."""
    assert _images.ensure(host(OLD, NEW), [NAME], "staged", True)["changed"]
    assert not _images.ensure(host(NEW, NEW), [NAME], "staged", True)["changed"]


def test_what_waits_but_is_not_wanted_any_more_goes() -> None:
    """The registry went back to what the host has."""
    client = host(OLD, NEW)
    stage(client)
    client.images.registry[NAME] = OLD
    assert not stage(client)["changed"]
    assert _local_tags.ours(client) == []


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("ghcr.io/a/b:1", "ghcr.io/a/b"),
        ("localhost:5000/a:1", "localhost:5000/a"),
        ("localhost:5000/a@sha256:00", "localhost:5000/a"),
        ("a:1@sha256:00", "a"),
    ],
)
def test_a_repository_is_a_reference_without_tag_and_digest(reference: str, expected: str) -> None:
    """The colon of a port is none of a tag."""
    assert _images.repository(reference) == expected


def test_an_image_by_digest_is_fetched_by_it() -> None:
    """There is no name to move."""
    reference = "ghcr.io/acme/runner@sha256:bb"
    client = Client()
    client.images.registry = {reference: NEW}
    _images.stage(client, [reference], False)
    assert client.images.pulled == [reference]
    _images.ensure(client, [reference], "staged", False)
    assert client.images.local == {reference: NEW}


def test_check_mode_takes_an_image_for_a_new_one_where_nobody_can_log_in_to_ask() -> None:
    """The registry is not asked, it would refuse; what is here already is not pulled by the real run either."""
    unknown = _images.unknown_login
    assert not _images.ensure(host(OLD, None), [NAME], "missing", True, unknown)["changed"]
    assert _images.ensure(host(None, None), [NAME], "missing", True, unknown)["changed"]
    assert _images.ensure(host(OLD, None), [NAME], "always", True, unknown)["changed"]
    assert _images.stage(host(OLD, None), [NAME], True, unknown)["changed"]
