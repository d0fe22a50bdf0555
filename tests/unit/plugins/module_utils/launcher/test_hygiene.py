# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What jobs left goes; what a container uses, a running job may have brought, or somebody else has made stays."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import files, leftovers, names
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.errors import Trouble
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.hygiene_policy import Policy
from ansible_collections.socialgouv.actions_runner.tests.unit.plugins.module_utils.launcher.stores import (
    DAY,
    HOUR,
    MARK,
    NOW,
    POOL,
    Engine,
    network_name,
    volume_name,
)

OWN = {names.LABEL_MARK: MARK}
ANOTHERS = {names.LABEL_MARK: "76543210"}
OLD_RUNNER = "ghcr.io/acme/runner@sha256:aa"
DIGEST = "ghcr.io/else/where@sha256:bb"
EVERYTHING = Policy("engine")


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    """A host with one pool, whose image is there and in use."""
    made = Engine(tmp_path)
    made.add_container(made.runner, ours=True, age=2 * DAY)
    return made


@pytest.fixture
def open_engine(engine: Engine) -> Engine:
    """The same, for jobs only."""
    engine.policy(EVERYTHING)
    return engine


@pytest.mark.parametrize("policy", [Policy(), EVERYTHING])
@pytest.mark.parametrize(
    ("name", "age", "goes"),
    [
        (network_name(1), DAY, True),
        (network_name(1), HOUR / 2, False),
        ("github_network_1", DAY, False),
        (f"x{network_name(1)}", DAY, False),
        ("github-runner", DAY, False),
        ("bridge", 9 * DAY, False),
    ],
)
def test_a_network_that_a_job_left_goes(engine: Engine, policy: Policy, name: str, age: float, goes: bool) -> None:
    """By the name that GitHub's runner gives it; not in the seconds before a container is on it, and no other ever."""
    engine.policy(policy)
    engine.add_network(name, age)
    assert engine.clean() == ([name] if goes else [])


def test_a_network_with_a_container_on_it_stays(engine: Engine) -> None:
    """Whoever's job that is: also another runner's, of another's."""
    engine.add_network(network_name(1), DAY)
    engine.add_container(engine.runner, network=network_name(1))
    assert engine.clean() == []


@pytest.mark.parametrize(
    ("volume", "age", "facts", "with_leftovers", "with_engine"),
    [
        ("work", DAY, {"Labels": OWN}, True, True),
        ("work", HOUR / 2, {"Labels": OWN}, False, False),
        ("work", DAY, {"Labels": ANOTHERS}, False, False),
        ("database", 99 * DAY, {}, False, False),
        (volume_name(1), DAY, {}, False, True),
        (volume_name(1), HOUR / 2, {}, False, False),
        (volume_name(1), DAY, {"Driver": "nfs"}, False, False),
        (volume_name(1), DAY, {"CreatedAt": ""}, False, False),
    ],
)
def test_volumes(
    engine: Engine, volume: str, age: float, facts: dict[str, Any], with_leftovers: bool, with_engine: bool
) -> None:
    """With this host's mark in either scope, without a name where the Engine serves jobs only, with a name never."""
    engine.add_volume(volume, age, **facts)
    assert engine.clean() == ([volume] if with_leftovers else [])
    engine.policy(EVERYTHING)
    assert engine.clean() == ([volume] if with_engine and not with_leftovers else [])


@pytest.mark.parametrize("state", ["running", "exited", "created"])
def test_what_a_container_has_stays(open_engine: Engine, state: str) -> None:
    """Also one that does not run: it can be started again."""
    image = open_engine.add_image(age=30 * DAY)
    open_engine.add_volume(volume_name(1), 30 * DAY)
    open_engine.add_container(image, state=state, volume=volume_name(1))
    assert open_engine.clean() == []


def test_a_version_of_a_runner_image_that_another_replaced_goes(engine: Engine) -> None:
    """It has lost its name to a newer pull, and it is of a repository that a pool names."""
    old = engine.add_image(age=30 * DAY, digests=(OLD_RUNNER,))
    engine.add_image(age=30 * DAY, digests=(DIGEST,))
    engine.add_image(age=30 * DAY)
    engine.add_image("ghcr.io/acme/runner:old", age=30 * DAY, digests=(OLD_RUNNER,))
    engine.add_image("ghcr.io/acme/tool:1", age=30 * DAY)
    assert engine.clean() == [OLD_RUNNER]
    assert old not in engine.all_images


def test_an_old_micro_cipher_goes_too(engine: Engine) -> None:
    """Its repository is that of the container which has the name that a pool gives."""
    present = engine.add_image("ghcr.io/acme/cipher:1", age=DAY)
    engine.add_container(present, name=POOL.micro_cipher)
    engine.add_image(age=30 * DAY, digests=("ghcr.io/acme/cipher@sha256:aa",))
    assert engine.clean() == ["ghcr.io/acme/cipher@sha256:aa"]


def test_a_pools_image_stays_when_no_runner_stands(open_engine: Engine) -> None:
    """Between two runners, or after a stop of all instances: the unit never pulls."""
    open_engine.all_containers.clear()
    open_engine.full = 99.0
    assert open_engine.clean() == []


@pytest.mark.parametrize(
    ("tags", "digests", "age", "goes"),
    [
        ((), (), 2 * HOUR, True),
        ((), (), HOUR / 2, False),
        (("node:18",), (), 8 * DAY, True),
        (("node:18",), (), 6 * DAY, False),
        ((), (DIGEST,), 8 * DAY, True),
        ((), (DIGEST,), 6 * DAY, False),
        (("node:18", "acme/app:1"), (), 8 * DAY, True),
    ],
)
def test_an_engine_for_jobs_loses_what_is_unused(
    open_engine: Engine, tags: tuple[str, ...], digests: tuple[str, ...], age: float, goes: bool
) -> None:
    """What nobody can name goes soon, what somebody could name after a week, with all its names."""
    image = open_engine.add_image(*tags, age=age, digests=digests)
    assert open_engine.clean() == (list(tags or digests or (image,)) if goes else [])


@pytest.mark.parametrize(
    "pattern",
    [
        "node:18",
        "node",
        "docker.io/library/node:18",
        "docker.io/library/node",
        "no*",
        "*",
        "sha256:*",
        "node@sha256:cc",
    ],
)
def test_the_keep_list_keeps(engine: Engine, pattern: str) -> None:
    """By a name as the operator writes it, a pattern, a digest or an id."""
    engine.policy(Policy("engine", keep=(pattern,), disk_mark=1))
    engine.add_image("node:18", "mirror/node:18", age=30 * DAY, digests=("node@sha256:cc",))
    assert engine.clean() == []


@pytest.mark.parametrize("pattern", ["node:1", "od", "ode*", "nodejs", "mirror"])
def test_the_keep_list_keeps_nothing_else(engine: Engine, pattern: str) -> None:
    """A pattern is of a whole name."""
    engine.policy(Policy("engine", keep=(pattern,)))
    engine.add_image("node:18", age=30 * DAY)
    assert engine.clean() == ["node:18"]


def test_nothing_goes_that_a_running_job_may_have_brought(open_engine: Engine) -> None:
    """Whatever its age: the oldest container with a job was there before."""
    open_engine.add_container(open_engine.runner, ours=True, works=True, age=10 * DAY)
    for age in (2 * HOUR, 9 * DAY):
        open_engine.add_image(age=age)
        open_engine.add_volume(volume_name(int(age)), age)
        open_engine.add_network(network_name(int(age)), age)
    open_engine.full = 99.0
    assert open_engine.clean() == []
    assert open_engine.pruned == [10 * DAY]
    older = open_engine.add_image(age=11 * DAY)
    open_engine.add_volume(volume_name(1), 11 * DAY)
    open_engine.add_network(network_name(1), 11 * DAY)
    assert open_engine.clean() == [network_name(1), volume_name(1), older]


def test_an_image_with_a_name_waits_for_a_moment_without_jobs(open_engine: Engine) -> None:
    """A job may use what it finds here; a paused container's goes on later."""
    open_engine.add_image("node:18", age=30 * DAY)
    worker = open_engine.add_container(open_engine.runner, ours=True, works=True, age=HOUR, state="paused")
    assert open_engine.clean() == []
    open_engine.workers.remove(worker)
    assert open_engine.clean() == ["node:18"]


def test_above_the_mark_the_oldest_go_until_there_is_room(open_engine: Engine) -> None:
    """At any age and while jobs run, but not what is younger than these."""
    open_engine.add_container(open_engine.runner, ours=True, works=True, age=4 * HOUR)
    for age in (3 * HOUR, 6 * HOUR, 5 * HOUR, 2 * DAY):
        open_engine.add_image(f"node:{age:.0f}", age=age)
    open_engine.full, open_engine.frees = 85.0, 3.0
    assert open_engine.clean() == [f"node:{2 * DAY:.0f}", f"node:{6 * HOUR:.0f}"]
    open_engine.full, open_engine.frees = 99.0, 0.0
    assert open_engine.clean() == [f"node:{5 * HOUR:.0f}"]


@pytest.mark.parametrize(("full", "unused_for"), [(50.0, DAY), (95.0, HOUR)])
def test_the_build_cache_goes_with_its_use(open_engine: Engine, full: float, unused_for: float) -> None:
    """A day after it, or an hour where there is no room: the Engine keeps what a build has in use."""
    open_engine.full = full
    open_engine.clean()
    assert open_engine.pruned == [unused_for]


def test_a_shared_engine_keeps_its_build_cache(engine: Engine) -> None:
    """It may be anybody's."""
    engine.clean()
    assert engine.pruned == []


def test_an_image_counts_from_when_it_was_first_seen_unused(open_engine: Engine) -> None:
    """Docker does not say when it was pulled: its own age is that of its making, somewhere else, years ago."""
    image = open_engine.add_image(seen=False)
    assert open_engine.clean() == []
    assert open_engine.clean(now=NOW + HOUR / 2) == []
    assert Path(open_engine.paths.unused_images).stat().st_mode & 0o777 == 0o600
    assert open_engine.clean(now=NOW + 2 * HOUR) == [image]
    open_engine.clean(now=NOW + 3 * HOUR)
    assert json.loads(Path(open_engine.paths.unused_images).read_text()) == {}


def test_an_image_that_was_in_use_begins_anew(open_engine: Engine) -> None:
    """What jobs use now and then stays for those that come."""
    image = open_engine.add_image("node:18", age=30 * DAY)
    open_engine.add_container(image, state="exited")
    open_engine.clean()
    open_engine.all_containers.pop()
    for days in (0.1, 6, 7):
        assert open_engine.clean(now=NOW + days * DAY) == []
    assert open_engine.clean(now=NOW + 7.2 * DAY) == ["node:18"]


@pytest.mark.parametrize(("tagged", "goes"), [(8 * DAY, True), (6 * DAY, False), (0.0, False)])
def test_an_image_that_got_a_name_here_counts_from_then(open_engine: Engine, tagged: float, goes: bool) -> None:
    """A job has built it again, to the same."""
    open_engine.add_image("acme/app:1", age=30 * DAY, tagged=tagged)
    assert open_engine.clean() == (["acme/app:1"] if goes else [])


@pytest.mark.parametrize("text", ["", "[]", "{", '{"sha256:1": "x"}', '{"sha256:1": 99999999999999}'])
def test_damaged_notes_make_everything_new(open_engine: Engine, text: str) -> None:
    """Which removes less, and never more."""
    open_engine.add_image("node:18", age=30 * DAY)
    Path(open_engine.paths.unused_images).write_text(text)
    assert open_engine.clean() == []


def test_a_dry_run_tells_and_does_nothing(open_engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    """The same that a run would then do."""
    open_engine.add_image("node:18", age=30 * DAY)
    open_engine.add_volume(volume_name(1), DAY)
    open_engine.add_network(network_name(1), DAY)
    open_engine.add_image(seen=False)
    noted = Path(open_engine.paths.unused_images).read_text()
    assert open_engine.clean(dry_run=True) == []
    assert open_engine.pruned == []
    assert Path(open_engine.paths.unused_images).read_text() == noted
    foretold = capsys.readouterr().err
    assert len(open_engine.clean()) == 3
    done = capsys.readouterr().err
    assert [line.replace("would remove", "removed") for line in foretold.splitlines()[:3]] == done.splitlines()
    assert "would remove the build cache that nothing has used for 24 h" in foretold


def test_a_dry_run_does_not_tell_of_what_docker_would_refuse(
    open_engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is on a network or of an image is looked at before."""
    open_engine.add_network(network_name(1), DAY)
    open_engine.add_container(open_engine.add_image(age=30 * DAY), network=network_name(1))
    open_engine.clean(dry_run=True)
    assert "would remove the network" not in capsys.readouterr().err


def test_a_second_run_finds_nothing(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    """And says so."""
    engine.add_network(network_name(1), DAY)
    assert engine.clean() == [network_name(1)]
    capsys.readouterr()
    assert engine.clean() == []
    assert capsys.readouterr().err == "github-runner: there is nothing to remove\n"


@pytest.mark.parametrize("damaged", ["pool", "policy"])
def test_what_cannot_be_read_ends_it(open_engine: Engine, damaged: str) -> None:
    """Without its pool file an image looks like anybody's, without its policy a host has no keep-list."""
    open_engine.add_image("node:18", age=30 * DAY)
    path = open_engine.paths.pool("gpu") if damaged == "pool" else open_engine.paths.hygiene
    files.write(path, b"{", 0o644)
    with pytest.raises(Trouble, match="run the playbook again"):
        open_engine.clean()
    assert open_engine.removed == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1970-01-01T00:00:10Z", 10),
        ("1970-01-01T00:00:10.999999999Z", 10),
        ("1970-01-01T01:00:10+01:00", 10),
        ("1969-12-31T20:30:10.5-03:30", 10),
        ("0001-01-01T00:00:00Z", float("inf")),
        ("", float("inf")),
        ("yesterday", float("inf")),
    ],
)
def test_moments_of_the_engine(text: str, expected: float) -> None:
    """It writes some in the host's own zone; one that says nothing is never long ago."""
    assert leftovers.moment(text) == expected


AGES = st.sampled_from([HOUR / 2, 2 * HOUR, 8 * HOUR, 3 * DAY, 30 * DAY])
IMAGE = st.fixed_dictionaries(
    {
        "tags": st.sampled_from([(), ("node:18",), ("kept:1",)]),
        "age": AGES,
        "tagged": st.none() | AGES,
        "seen": st.booleans(),
        "used": st.booleans(),
    }
)


@settings(max_examples=200)
@given(
    st.sampled_from([Policy(), EVERYTHING, Policy("engine", ("kept",), max_age=0, disk_mark=1)]),
    st.lists(IMAGE, max_size=5),
    st.lists(st.tuples(AGES, st.booleans(), st.booleans(), st.booleans()), max_size=5),
    st.lists(AGES, max_size=2),
)
def test_whatever_lies_about_nothing_that_counts_goes(
    policy: Policy, images: list[dict[str, Any]], volumes: list[tuple[float, bool, bool, bool]], jobs: list[float]
) -> None:
    """In any mixture: what is used, young, kept, or younger than a running job's container is there afterwards."""
    with tempfile.TemporaryDirectory() as root:
        engine = Engine(Path(root))
        engine.policy(policy)
        oldest = max([HOUR, *jobs])
        must_stay = {engine.runner}
        for age in jobs:
            engine.add_container(engine.runner, ours=True, works=True, age=age)
        for facts in images:
            one = engine.add_image(*facts["tags"], age=facts["age"], tagged=facts["tagged"], seen=facts["seen"])
            if facts["used"]:
                engine.add_container(one, state="exited")
            kept = "kept:1" in facts["tags"] and "kept" in policy.keep
            age = min(facts["age"], facts["tagged"] or facts["age"]) if facts["seen"] else 0
            if facts["used"] or kept or age <= oldest or policy.scope == "leftovers":
                must_stay.add(one)
        for number, (age, ours, nameless, used) in enumerate(volumes):
            name = volume_name(number) if nameless else f"volume{number}"
            engine.add_volume(name, age, Labels=OWN if ours else {})
            if used:
                engine.add_container(engine.runner, volume=name)
            if used or age <= oldest or not (ours or (nameless and policy.scope == "engine")):
                must_stay.add(name)
        engine.clean()
        assert must_stay <= {*engine.all_images, *engine.all_volumes}


def test_a_full_disk_is_made_room_on(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """That something cannot be noted for the next look does not keep images from going."""
    engine.add_image(age=30 * DAY, digests=(OLD_RUNNER,))

    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "write", full)
    assert engine.clean() == [OLD_RUNNER]
