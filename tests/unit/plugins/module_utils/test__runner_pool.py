# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A pool gets its instances, all at once; what is too much drains, and only what is ready is called ready."""

from __future__ import annotations

import dataclasses
import os
import stat
from pathlib import Path
from typing import Any, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.socialgouv.actions_runner.plugins.module_utils import _last_good, _networks
from ansible_collections.socialgouv.actions_runner.plugins.module_utils._failure import Failure
from ansible_collections.socialgouv.actions_runner.plugins.module_utils._runner_pool import Plan, PoolRun, plan
from ansible_collections.socialgouv.actions_runner.plugins.module_utils._systemd import Systemd, Unit
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import (
    files,
    names,
    pool,
    program,
    retirement,
    state,
)
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.paths import Paths
from ansible_collections.socialgouv.actions_runner.tests.unit.plugins.module_utils.fake_docker import Client, Image
from ansible_collections.socialgouv.actions_runner.tests.unit.plugins.module_utils.fake_systemd import Systemctl

POOL = pool.Pool("default", "https://github.com/acme", "runner:1", ("self-hosted",))
RUNS, OFF, DRAINS = ("active", True), ("inactive", True), ("deactivating", False)


def units(**states: tuple[str, bool]) -> dict[str, Unit]:
    return {name[1:]: Unit(name[1:], enabled, active) for name, (active, enabled) in states.items()}


@pytest.mark.parametrize(
    ("wanted", "there", "outdated", "expected"),
    [
        (["1", "2"], {}, [], Plan(["1", "2"], ["1", "2"], [], [])),
        (["1", "2"], {"_1": RUNS, "_2": RUNS}, [], Plan([], [], [], [])),
        (["1"], {"_1": OFF}, [], Plan([], ["1"], [], [])),
        (["1"], {"_1": ("failed", True)}, [], Plan([], ["1"], [], [])),
        (["1"], {"_1": ("active", False)}, [], Plan(["1"], [], [], [])),
        (["1"], {"_1": ("activating", True)}, [], Plan([], [], [], [])),
        # One that still drains is wanted again.
        (["1"], {"_1": DRAINS}, [], Plan(["1"], ["1"], [], [])),
        # The highest goes first, by number and not by letter; what drains already is left to it.
        (["1"], {"_1": RUNS, "_2": RUNS, "_10": RUNS, "_9": DRAINS}, [], Plan([], [], ["10", "2"], [])),
        ([], {"_1": OFF}, [], Plan([], [], ["1"], [])),
        (["1", "2"], {"_1": RUNS, "_2": OFF}, ["1", "2", "3"], Plan([], ["2"], [], ["1"])),
        (["1"], {"_1": RUNS, "_2": RUNS}, ["2"], Plan([], [], ["2"], [])),
    ],
)
def test_the_plan_is_what_is_missing(
    wanted: list[str], there: dict[str, tuple[str, bool]], outdated: list[str], expected: Plan
) -> None:
    """No more and no less, in the order of people."""
    assert plan(wanted, units(**there), outdated) == expected


NAMES = [str(number) for number in range(1, 12)]
UNITS = st.dictionaries(
    st.sampled_from(NAMES), st.tuples(st.sampled_from(["active", "inactive", "deactivating", "failed"]), st.booleans())
)


@given(st.integers(0, 11), UNITS, st.lists(st.sampled_from(NAMES)))
def test_a_plan_that_was_carried_out_is_empty(
    count: int, there: dict[str, tuple[str, bool]], outdated: list[str]
) -> None:
    """Whatever there was before: a second run changes nothing, and no wanted instance is drained."""
    wanted = NAMES[:count]
    before = {name: Unit(name, enabled, active) for name, (active, enabled) in there.items()}
    todo = plan(wanted, before, outdated)
    assert not set(todo.drain) & set(wanted)
    assert set(todo.reload) <= set(wanted)
    after = dict(before)
    for name in wanted:
        after[name] = Unit(name, True, "active")
    for name in todo.drain:
        after[name] = Unit(name, False, "inactive")
    assert plan(wanted, after, []) == Plan([], [], [], [])


class Host:
    """A host with a pool, its systemd, its Docker, and a time of its own."""

    def __init__(self, root: Path):
        self.paths = Paths(str(root))
        self.systemctl = Systemctl(self.paths)
        self.client = Client()
        self.client.images.local["runner:1"] = Image("sha256:1")
        self.client.networks.add("github-runner", Options=_networks.runners("github-runner").options)
        self.now = 0.0
        self.events: list[tuple[float, Callable[[], object]]] = []
        for folder in (self.paths.pools, self.paths.units):
            Path(folder).mkdir(parents=True)
        self.write_pool(POOL)
        self.run = PoolRun(self.paths, Systemd(self.systemctl, self.paths), self.client, self.sleep, lambda: self.now)

    def write_pool(self, config: pool.Pool) -> None:
        files.write(self.paths.pool(config.name), config.dump().encode(), 0o644)

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        for moment, event in list(self.events):
            if moment <= self.now:
                self.events.remove((moment, event))
                event()

    def shows(self, instance: str, shown: str = state.IDLE, **facts: Any) -> None:
        """What a launcher publishes."""
        good = {
            "pid": os.getpid(),
            "config": POOL.config,
            "image": "sha256:1",
            "program": program.program_signature(self.paths),
        }
        state.write(self.paths, state.State(instance, names.parse_instance(instance)[0], shown, **{**good, **facts}))

    def ensure(self, count: int, check_mode: bool = False, wait: bool = True, rollback: bool = False) -> dict[str, Any]:
        self.systemctl.told.clear()
        return self.run.ensure({"default": count}, wait, 120, check_mode, rollback=rollback)


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


def serve(host: Host, count: int = 2) -> None:
    """A host that was brought up and waited for."""
    wanted = [str(number) for number in range(1, count + 1)]
    host.systemctl.on = lambda verb, _units: [host.shows(one) for one in wanted] if verb == "start" else None
    host.ensure(count)


def test_a_host_is_settled_when_nobody_would_wait(host: Host) -> None:
    """Every instance serves with what is wanted now, and that is what to go back to."""
    assert not host.run.is_settled({"default": 2})
    serve(host)
    assert host.run.is_settled({"default": 2})
    assert host.run.is_settled({"default": 0})
    assert not host.run.is_settled({"default": 3})
    assert not host.run.is_settled({"default": 2, "gpu": 1})


@pytest.mark.parametrize(
    "unsettled",
    [
        lambda host: host.shows("2", state.WAITING),
        lambda host: host.shows("2", image="sha256:0"),
        lambda host: host.shows("2", pid=0),
        lambda host: host.shows("2", program="another"),
        lambda host: host.write_pool(dataclasses.replace(POOL, labels=("other",))),
        lambda host: host.client.images.local.update({"runner:1": Image("sha256:2")}),
        lambda host: host.client.images.local.pop(next(name for name in host.client.images.local if "good" in name)),
        lambda host: Path(host.paths.good("default")).unlink(),
        lambda host: Path(host.paths.good("default")).write_text("{"),
    ],
)
def test_a_host_is_not_settled_where_something_is_to_be_waited_for(
    host: Host, unsettled: Callable[[Host], object]
) -> None:
    """Be it that an instance does not serve, or that what serves is not remembered."""
    serve(host)
    unsettled(host)
    assert not host.run.is_settled({"default": 2})


def test_a_drained_host_is_settled(host: Host) -> None:
    """Its instances are not waited for."""
    Path(host.paths.drained).parent.mkdir(parents=True, exist_ok=True)
    Path(host.paths.drained).touch()
    assert host.run.is_settled({"default": 2})


def test_all_instances_come_up_in_one_go(host: Host) -> None:
    """One enable and one start for all of them; a second run does nothing."""
    host.systemctl.on = lambda verb, _units: [host.shows(one) for one in ("1", "2", "3")] if verb == "start" else None
    result = host.ensure(3)
    units_named = [f"github-runner@{number}.service" for number in (1, 2, 3)]
    assert host.systemctl.told == [["enable", *units_named], ["start", "--no-block", *units_named]]
    assert [one["state"] for one in result["instances"]] == ["idle"] * 3
    again = host.ensure(3)
    assert (again["changed"], again["actions"], host.systemctl.told) == (False, [], [])


def test_a_drained_host_gets_its_instances_but_none_starts(host: Host) -> None:
    """Nor is any waited for: in maintenance, a playbook brings nothing to life."""
    Path(host.paths.drained).write_text("new disk\n")
    host.systemctl.instances("1", active="inactive")
    result = host.ensure(2)
    assert result["actions"] == ["Enabled 2"]
    assert [one[0] for one in host.systemctl.told] == ["enable"]
    assert not host.ensure(2)["changed"]


@pytest.mark.parametrize("check_mode", [False, True])
def test_what_is_too_much_is_drained(host: Host, check_mode: bool) -> None:
    """Without waiting for its job; other pools' instances are not looked at."""
    host.systemctl.instances("1", "2", "3", "gpu-1", "gpu-2")
    host.shows("1")
    result = host.ensure(1, check_mode)
    assert result["actions"] == ["Drained 3", "Drained 2"]
    if check_mode:
        assert host.systemctl.told == []
    else:
        assert [one[0] for one in host.systemctl.told] == ["disable", "stop"]
        # They are listed while they drain.
        assert [one["name"] for one in result["instances"]] == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("facts", "renewed"),
    [
        ({}, False),
        ({"config": "other"}, True),
        ({"image": "sha256:0"}, True),
        ({"program": "other"}, True),
        ({"shown": state.STARTING, "container": "c", "image": "sha256:0"}, True),
        ({"shown": state.WAITING, "image": "sha256:0", "config": None}, True),
        ({"shown": state.OUTDATED, "image": "sha256:0", "config": None}, True),
        ({"shown": state.WAITING, "config": None}, False),
        ({"shown": state.SEALED, "image": "sha256:0"}, False),
        # A job is not disturbed, and its successor is made anew anyway.
        ({"shown": state.BUSY, "config": "other", "image": "sha256:0"}, False),
        ({"shown": state.BUSY, "program": "other"}, True),
        # One that cannot connect is mended by a new configuration; one without a container has it already.
        ({"shown": state.STARTING, "container": "c", "config": "0ld"}, True),
        ({"shown": state.STARTING, "config": "0ld"}, False),
    ],
)
@pytest.mark.parametrize("check_mode", [False, True])
def test_only_idle_instances_that_are_outdated_are_renewed(
    host: Host, facts: dict[str, Any], renewed: bool, check_mode: bool
) -> None:
    """By configuration or image; a new launcher takes a busy one over without touching the job."""
    host.systemctl.instances("1")
    host.shows("1", **facts)
    result = host.ensure(1, check_mode, wait=False)
    assert result["actions"] == (["Renewed 1"] if renewed else [])
    assert bool(host.systemctl.told) is (renewed and not check_mode)


def test_the_runners_network_is_made_where_it_is_missing(host: Host) -> None:
    """And counts as a change."""
    host.client.networks.all.clear()
    assert host.ensure(0)["actions"] == ["Created network github-runner"]
    assert not host.ensure(0)["changed"]


def test_waiting_ends_when_all_are_ready(host: Host) -> None:
    """Idle and busy ones serve, and one that drains has a job still to do."""
    host.systemctl.instances("1", "2", "3")
    host.shows("1", state.STARTING)
    host.shows("2", state.BUSY)
    host.shows("3", state.DRAINING, job="build")
    host.events = [(20, lambda: host.shows("1"))]
    assert [one["state"] for one in host.ensure(3)["instances"]] == ["idle", "busy", "draining"]
    assert 20 <= host.now <= 21


@pytest.mark.parametrize(
    ("facts", "said", "after"),
    [
        (
            {"shown": state.WAITING, "reason": "GitHub refused the token (401): seal a valid one", "lasting": True},
            "1 of 2 instances are not ready: 1 waiting: GitHub refused the token (401): seal a valid one",
            8,
        ),
        ({"shown": state.WAITING, "reason": "GitHub cannot serve now (503)"}, "cannot serve now", 120),
        ({"shown": state.IDLE, "pid": 2**22 + 1}, "1 of 2", 120),
        (None, "1 shows no state: look at its journal", 120),
    ],
)
def test_what_is_not_ready_is_named_with_its_reason(
    host: Host, facts: dict[str, Any] | None, said: str, after: float
) -> None:
    """After its time, or as soon as it is clear that only a person can help; with all states in the result."""
    host.systemctl.instances("1", "2")
    host.shows("2")
    if facts is not None:
        host.shows("1", **facts)
    with pytest.raises(Failure) as caught:
        host.ensure(2)
    assert said in str(caught.value)
    assert after <= host.now <= after + 1
    assert [one["name"] for one in caught.value.facts["instances"]] == ["1", "2"]


@pytest.mark.parametrize("wait", [True, False])
def test_a_trouble_of_before_is_given_time_to_pass(host: Host, wait: bool) -> None:
    """A token that was just sealed is noticed within seconds: the old state does not fail the play."""
    host.systemctl.instances("1")
    host.shows("1", state.SEALED, reason="seal it again", lasting=True)
    host.events = [(5, lambda: host.shows("1"))]
    host.ensure(1, wait=wait)
    assert (host.now > 0) is wait


def test_a_host_without_the_pool_says_what_to_run(host: Host) -> None:
    """And in check mode tells what would be done."""
    Path(host.paths.pool("default")).unlink()
    with pytest.raises(Failure, match="install it with the module runner_unit first"):
        host.ensure(1)
    assert host.ensure(1, check_mode=True)["actions"] == ["Enabled 1", "Started 1"]
    assert host.systemctl.told == []


@pytest.mark.parametrize("wait", [True, False])
def test_all_instances_are_drained(host: Host, wait: bool) -> None:
    """With ``wait``, the end of all jobs is waited for."""
    host.systemctl.instances("1", "2", "gpu-1")
    host.events = [
        (30, lambda: host.systemctl.active.pop("github-runner@1.service")),
        (60, lambda: host.systemctl.active.pop("github-runner@2.service")),
    ]
    result = host.run.remove({"default"}, wait, 120, False)
    assert result["actions"] == ["Drained 2", "Drained 1"]
    assert (60 <= host.now <= 62) is wait
    assert host.systemctl.active["github-runner@gpu-1.service"] == "active"
    if wait:
        assert not host.run.remove({"default"}, wait, 120, False)["changed"]


def test_a_drain_that_takes_longer_says_whom_it_waits_for(host: Host) -> None:
    """And nobody is killed."""
    host.systemctl.instances("1", "2")
    with pytest.raises(Failure, match="these instances still drain after 120 s: 1, 2; run it again later"):
        host.run.remove({"default"}, True, 120, False)
    assert [one[0] for one in host.systemctl.told] == ["disable", "stop"]


GPU = dataclasses.replace(POOL, name="gpu", image="runner:2", network="gpu-net")


def test_several_pools_come_up_in_one_go(host: Host) -> None:
    """One enable and one start for all instances of all pools, each pool with its network and its image."""
    host.write_pool(GPU)
    host.client.images.local["runner:2"] = Image("sha256:2")

    def on(verb: str, units_named: list[str]) -> None:
        if verb == "start":
            host.shows("1")
            host.shows("gpu-1", config=GPU.config, image="sha256:2")

    host.systemctl.on = on
    result = host.run.ensure({"default": 1, "gpu": 1}, True, 120, False)
    assert result["actions"] == ["Created network gpu-net", "Enabled 1", "Enabled gpu-1", "Started 1", "Started gpu-1"]
    assert [one[0] for one in host.systemctl.told] == ["enable", "start"]
    assert [(one["name"], one["pool"]) for one in result["instances"]] == [("1", "default"), ("gpu-1", "gpu")]
    assert not host.run.ensure({"default": 1, "gpu": 1}, True, 120, False)["changed"]


def test_one_pools_trouble_is_named_and_the_others_serve(host: Host) -> None:
    """All are started before any is waited for."""
    host.write_pool(dataclasses.replace(GPU, network="github-runner"))
    host.systemctl.instances("1", "gpu-1")
    host.shows("1")
    host.shows("gpu-1", state.WAITING, reason="GitHub refused the token (401)", lasting=True)
    with pytest.raises(Failure, match=r"1 of 2 instances are not ready: gpu-1 waiting: GitHub refused"):
        host.run.ensure({"default": 1, "gpu": 1}, True, 120, False)


def purge(host: Host, check_mode: bool = False, wait: bool = True) -> dict[str, Any]:
    host.systemctl.told.clear()
    return host.run.ensure({"default": 0}, wait, 120, check_mode, purge=True)


def files_of(host: Host, name: str) -> list[str]:
    return [path for path in retirement.files_of(host.paths, name) if Path(path).exists()]


@pytest.fixture
def two(host: Host) -> Host:
    """A host with a second pool that nobody wants any more."""
    host.write_pool(GPU)
    Path(host.paths.sealed_dir).mkdir(parents=True)
    files.write(host.paths.sealed("gpu"), b"{}", 0o600)
    host.systemctl.instances("gpu-1", "gpu-2")
    host.shows("gpu-1")
    host.shows("gpu-2")
    return host


def test_a_pool_that_nobody_wants_is_drained_and_then_removed(two: Host) -> None:
    """Credential and all, once its instances have ended; a second run has nothing to do."""
    two.events = [(6, two.systemctl.active.clear)]
    result = purge(two)
    assert result["actions"] == [
        *("Drained gpu-2", "Drained gpu-1", "Retired pool gpu"),
        *(f"Removed {path}" for path in (two.paths.state("gpu-1"), two.paths.state("gpu-2"))),
        *(f"Removed {path}" for path in (two.paths.sealed("gpu"), two.paths.pool("gpu"))),
    ]
    assert files_of(two, "gpu") == []
    assert not purge(two)["changed"]


def test_a_job_of_it_is_neither_ended_nor_waited_for(two: Host) -> None:
    """The pool file says that it is retired, and stays with the credential for as long as the job needs them."""
    two.shows("gpu-1", state.BUSY, job="build")
    two.events = [(6, lambda: two.systemctl.active.pop("github-runner@gpu-2.service"))]
    result = purge(two)
    assert two.now < 10
    assert pool.load(Path(two.paths.pool("gpu")).read_text()).retired
    assert Path(two.paths.sealed("gpu")).exists()
    assert [one["name"] for one in result["instances"]] == ["gpu-1"]
    assert not purge(two)["changed"]


def test_a_job_that_a_drain_gave_up_on_keeps_the_files(two: Host) -> None:
    """Its unit has failed; the container works on, and the reconciler sees its end."""
    for instance in ("gpu-1", "gpu-2"):
        two.systemctl.active[f"github-runner@{instance}.service"] = "failed"
    two.shows("gpu-1", state.BUSY, job="build")
    two.shows("gpu-2", state.BUSY, job="build")
    purge(two)
    assert Path(two.paths.sealed("gpu")).exists()


def test_check_mode_tells_what_a_purge_would_do(two: Host) -> None:
    """As if nothing ran there, for that is what it predicts."""
    before = files_of(two, "gpu")
    actions = purge(two, check_mode=True)["actions"]
    assert actions[:3] == ["Drained gpu-2", "Drained gpu-1", "Retired pool gpu"]
    assert f"Removed {two.paths.sealed('gpu')}" in actions
    assert (two.systemctl.told, files_of(two, "gpu")) == ([], before)


def test_without_purge_other_pools_are_not_looked_at(two: Host) -> None:
    """Whoever manages one pool by itself does not lose the others."""
    assert not two.ensure(0)["changed"]
    assert Path(two.paths.pool("gpu")).exists()


def test_a_renewed_instance_is_waited_for(host: Host) -> None:
    """What is reported afterwards is the new runner, not the one that is about to go."""
    host.systemctl.instances("1")
    host.shows("1", config="0ld")
    host.events = [(2, lambda: host.shows("1", state.DRAINING)), (8, lambda: host.shows("1"))]
    host.ensure(1)
    assert 8 <= host.now <= 9


NEXT = pool.Pool("default", "https://github.com/acme", "runner:2", ("self-hosted",))


class Upgrade:
    """A host that served with runner:1 and is given runner:2."""

    def __init__(self, host: Host):
        self.host = host
        host.client.images.local["runner:2"] = Image("sha256:2", "runner@sha256:dd")
        host.systemctl.instances("1", "2")
        for name in ("1", "2"):
            host.shows(name)
        host.ensure(2)
        host.write_pool(NEXT)

    def becomes(self, config: pool.Pool, image: str, shown: str = state.IDLE, **facts: Any) -> Callable[[], None]:
        """What the launchers do when they are told to renew."""
        return lambda: (
            [
                self.host.shows(name, shown, config=config.config, image=image, **facts)  # type: ignore[func-returns-value]
                for name in ("1", "2")
            ]
            and None
        )

    def on_reload(self, *outcomes: tuple[float, Callable[[], None]]) -> None:
        """At each reload the next outcome comes about, some seconds later."""
        waiting = list(outcomes)

        def told(verb: str, _units: list[str]) -> None:
            if verb == "reload" and waiting:
                after, outcome = waiting.pop(0)
                self.host.events.append((self.host.now + after, outcome))

        self.host.systemctl.on = told


@pytest.fixture
def upgrade(host: Host) -> Upgrade:
    return Upgrade(host)


def test_an_old_runner_is_no_success_of_a_new_image(upgrade: Upgrade) -> None:
    """What was idle before, and drains for the new one, is waited for."""
    drains = upgrade.becomes(POOL, "sha256:1", state.DRAINING)
    upgrade.on_reload((1, drains))
    upgrade.host.events.append((30, upgrade.becomes(NEXT, "sha256:2")))
    upgrade.host.ensure(2, rollback=True)
    assert 30 <= upgrade.host.now <= 31
    good = _last_good.read(upgrade.host.paths, "default")
    assert good is not None
    assert (good.pool, good.image_ids, good.digest) == (NEXT, ("sha256:2",), "sha256:dd")
    assert upgrade.host.client.images.get("github-runner-good:default").id == "sha256:2"


def test_a_host_whose_new_runners_do_not_come_goes_back(upgrade: Upgrade) -> None:
    """To configuration and image alike, and it is a failure that says so."""
    host = upgrade.host
    broken = upgrade.becomes(NEXT, "sha256:2", state.WAITING, reason="3 runners in a row ended at once")
    upgrade.on_reload((1, broken), (5, upgrade.becomes(POOL, "sha256:1")))
    with pytest.raises(Failure) as caught:
        host.ensure(2, rollback=True)
    said = str(caught.value)
    assert said.startswith("went back to runner:1 (sha256:1), with which all serve: 2 of 2 instances are not ready: ")
    assert said.endswith("1, 2 waiting: 3 runners in a row ended at once")
    assert pool.load(Path(host.paths.pool("default")).read_text()) == POOL
    assert 125 <= host.now <= 126
    assert [one["image_id"] for one in caught.value.facts["instances"]] == ["sha256:1"] * 2
    # And it stays what is gone back to.
    good = _last_good.read(host.paths, "default")
    assert good is not None
    assert good.image_ids == ("sha256:1",)


def test_a_tag_that_moved_moves_back(host: Host) -> None:
    """The same name, another image: what the name stands for is what is brought back."""
    upgrade = Upgrade(host)
    host.write_pool(POOL)
    host.client.images.local["runner:1"] = Image("sha256:bad")
    broken = upgrade.becomes(POOL, "sha256:bad", state.WAITING, reason="broken")
    upgrade.on_reload((1, broken), (5, upgrade.becomes(POOL, "sha256:1")))
    with pytest.raises(Failure, match="with which all serve"):
        host.ensure(2, rollback=True)
    assert host.client.images.get("runner:1").id == "sha256:1"


WITH_ENGINE = dataclasses.replace(POOL, docker_access="dind", dind_image="engine:1")


def test_an_engine_that_moved_is_proven_and_moves_back_like_a_runner(host: Host) -> None:
    """Jobs need it as much: an idle runner is renewed for it, and what it was before is kept and brought back."""
    upgrade = Upgrade(host)
    host.write_pool(WITH_ENGINE)
    host.client.images.local["engine:1"] = Image("sha256:e1")
    upgrade.becomes(WITH_ENGINE, "sha256:1", engine_image="sha256:e1")()
    host.ensure(2)
    assert host.client.images.get("github-runner-good:default.engine").id == "sha256:e1"
    host.client.images.local["engine:1"] = Image("sha256:e2")
    broken = upgrade.becomes(WITH_ENGINE, "sha256:1", state.WAITING, engine_image="sha256:e2", reason="broken")
    upgrade.on_reload((1, broken), (5, upgrade.becomes(WITH_ENGINE, "sha256:1", engine_image="sha256:e1")))
    with pytest.raises(
        Failure, match=r"went back to runner:1 \(sha256:1\) with engine:1 \(sha256:e1\), with which all"
    ):
        host.ensure(2, rollback=True)
    assert host.client.images.get("engine:1").id == "sha256:e1"
    good = _last_good.read(host.paths, "default")
    assert good is not None
    assert good.image_ids == ("sha256:1", "sha256:e1")


def test_who_does_not_hear_is_told_again(upgrade: Upgrade) -> None:
    """A launcher that was updated too starts anew at the first reload, and takes the old runner over."""
    upgrade.on_reload((1, upgrade.becomes(POOL, "sha256:1")), (1, upgrade.becomes(NEXT, "sha256:2")))
    upgrade.host.ensure(2, rollback=True)
    assert [one[0] for one in upgrade.host.systemctl.told] == ["reload", "reload"]
    assert 3 <= upgrade.host.now <= 6


def test_without_the_option_or_anything_good_nothing_goes_back(upgrade: Upgrade) -> None:
    """Trouble that another image does not mend is not blamed on the image either."""
    host = upgrade.host
    upgrade.becomes(NEXT, "sha256:2", state.WAITING, reason="broken")()
    with pytest.raises(Failure) as caught:
        host.ensure(2)
    assert "went back" not in str(caught.value)
    assert pool.load(Path(host.paths.pool("default")).read_text()) == NEXT
    host.write_pool(POOL)
    upgrade.becomes(POOL, "sha256:1", state.WAITING, reason="GitHub is down")()
    with pytest.raises(Failure) as caught:
        host.ensure(2, rollback=True)
    assert "went back" not in str(caught.value)
    Path(host.paths.good("default")).write_text("{")
    host.write_pool(NEXT)
    with pytest.raises(Failure) as caught:
        host.ensure(2, rollback=True)
    assert "went back" not in str(caught.value)


def test_where_the_good_image_is_gone_it_says_so(upgrade: Upgrade) -> None:
    """The new pool stays: there is nothing to put in its place."""
    host = upgrade.host
    upgrade.becomes(NEXT, "sha256:2", state.WAITING, reason="broken")()
    for name in ("runner:1", "github-runner-good:default"):
        del host.client.images.local[name]
    with pytest.raises(Failure, match=r"runner:1 \(sha256:1\), which was good before, is gone"):
        host.ensure(2, rollback=True)
    assert pool.load(Path(host.paths.pool("default")).read_text()) == NEXT


def test_all_busy_proves_nothing(upgrade: Upgrade) -> None:
    """Their jobs go on, and what was good stays good until a new runner is online."""
    for name in ("1", "2"):
        upgrade.host.shows(name, state.BUSY, job="build")
    upgrade.host.ensure(2, rollback=True)
    good = _last_good.read(upgrade.host.paths, "default")
    assert good is not None
    assert good.pool == POOL


def test_what_is_good_is_remembered_once(host: Host) -> None:
    """A second run writes nothing."""
    host.systemctl.instances("1")
    host.shows("1")
    host.ensure(1)
    before = Path(host.paths.good("default")).stat()
    assert stat.S_IMODE(before.st_mode) == 0o600
    host.ensure(1)
    assert Path(host.paths.good("default")).stat().st_ino == before.st_ino
