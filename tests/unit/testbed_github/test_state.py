# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What GitHub's stand-in decides about runners, sessions and jobs."""

from __future__ import annotations

import base64
import contextlib
import json
import random

import pytest
from github_standin.errors import ApiError, RunnerError
from github_standin.places import Place
from github_standin.state import GitHub

ACME = Place("orgs", "acme")
WIDGETS = Place("repos", "acme/widgets")


class Bench:
    """A GitHub with a clock in hand, and runners that connect and poll."""

    def __init__(self, clock) -> None:
        self.clock = clock
        self.github = GitHub(clock, rng=random.Random(1))

    def jit(self, name="r", labels=("self-hosted", "linux"), place=ACME, group=1):
        body = {"name": name, "runner_group_id": group, "labels": list(labels)}
        return self.github.generate_jitconfig(place, body)[0]

    def connect(self, runner):
        """The id of a new session whose poll is open."""
        session = self.github.open_session(runner.id, runner.secret, os="linux", version="2.337.0").id
        self.github.poll_begins(session)
        return session

    def working(self, name="r", **options):
        """A runner in the middle of a job: (runner, session, job)."""
        runner = self.jit(name)
        session = self.connect(runner)
        job = self.github.submit("true", **options)
        self.github.acquire(session, self.github.message(session)["job"])
        return runner, session, job

    def status(self, runner):
        shown = self.github.runner(runner.place, runner.id).as_rest()
        return shown["status"], shown["busy"]


@pytest.fixture
def bench(clock):
    return Bench(clock)


def names(bench, place=ACME):
    return [runner.name for runner in bench.github.runners(place)]


# -- registrations


def test_a_fresh_jit_runner_is_offline_and_unknown(bench):
    """As in the example of GitHub's description."""
    shown = bench.jit("fresh", ["self-hosted", "gpu"]).as_rest()
    assert (shown["os"], shown["status"], shown["busy"], shown["version"]) == ("unknown", "offline", False, None)
    assert [(label["name"], label["type"]) for label in shown["labels"]] == [
        ("self-hosted", "read-only"),
        ("gpu", "custom"),
    ]


def test_a_jit_config_carries_the_files_of_its_runner(bench):
    """Base64 of a JSON object of base64 files: what a runner unpacks into its folder."""
    body = {"name": "r", "runner_group_id": 1, "labels": ["x"], "work_folder": "elsewhere"}
    runner, encoded = bench.github.generate_jitconfig(WIDGETS, body)
    files = {name: json.loads(base64.b64decode(text)) for name, text in json.loads(base64.b64decode(encoded)).items()}
    assert set(files) == {".runner", ".credentials", ".credentials_rsaparams"}
    assert files[".runner"]["AgentId"] == str(runner.id)
    assert files[".runner"]["WorkFolder"] == "elsewhere"
    assert files[".runner"]["GitHubUrl"] == "https://github.com/acme/widgets"
    assert runner.secret not in repr(runner.as_rest())


@pytest.mark.parametrize("second", ["taken", "TAKEN"])
def test_a_name_is_taken_once_a_place(bench, second):
    """409, with GitHub's own sentence; another place has names of its own."""
    bench.jit("taken")
    with pytest.raises(ApiError) as caught:
        bench.jit(second)
    assert caught.value.status == 409
    assert caught.value.message == f"Already exists - A runner with the name {second} already exists."
    bench.jit("taken", place=WIDGETS)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"name": None}, 422),
        ({"name": 5}, 422),
        ({"name": ""}, 422),
        ({"name": "x" * 65}, 422),
        ({"name": "with space"}, 422),
        ({"labels": []}, 422),
        ({"labels": ["x"] * 101}, 422),
        ({"labels": "x"}, 422),
        ({"labels": [1]}, 422),
        ({"labels": [" "]}, 422),
        ({"runner_group_id": "1"}, 422),
        ({"runner_group_id": True}, 422),
        ({"runner_group_id": 99}, 404),
        ({"work_folder": 1}, 422),
    ],
)
def test_a_wrong_wish_makes_no_runner(bench, change, status):
    """What GitHub's description does not allow is refused, and nothing is left behind."""
    body = {"name": "r", "runner_group_id": 1, "labels": ["x"], **change}
    body = {key: value for key, value in body.items() if value is not None}
    with pytest.raises(ApiError) as caught:
        bench.github.generate_jitconfig(ACME, body)
    assert (caught.value.status, names(bench)) == (status, [])


@pytest.mark.parametrize("missing", ["name", "labels", "runner_group_id"])
def test_a_wish_that_lacks_a_field_is_told_which(bench, missing):
    """422 that names the field."""
    body = {"name": "r", "runner_group_id": 1, "labels": ["x"]}
    del body[missing]
    with pytest.raises(ApiError, match=missing) as caught:
        bench.github.generate_jitconfig(ACME, body)
    assert caught.value.status == 422


def test_a_repository_has_no_groups_of_its_own(bench):
    """Only group 1 is known there; an organisation has more."""
    bench.jit("a", group=2)
    with pytest.raises(ApiError) as caught:
        bench.jit("b", place=WIDGETS, group=2)
    assert caught.value.status == 404


def test_deleting_is_for_the_idle(bench):
    """422 while a job runs, in GitHub's words; then it is gone, and a second time it is 404."""
    idle, (busy, session, job) = bench.jit("idle"), bench.working("busy")
    bench.github.delete_runner(ACME, idle.id)
    with pytest.raises(ApiError, match='Bad request - Runner "busy" is still running a job') as caught:
        bench.github.delete_runner(ACME, busy.id)
    assert caught.value.status == 422
    bench.github.finish(session, job.id, "succeeded", 0)
    for gone in (idle, busy):
        with pytest.raises(ApiError) as caught:
            bench.github.delete_runner(ACME, gone.id)
        assert caught.value.status == 404


def test_a_runner_is_not_found_elsewhere(bench):
    """An id of one place means nothing in another."""
    runner = bench.jit()
    with pytest.raises(ApiError) as caught:
        bench.github.delete_runner(WIDGETS, runner.id)
    assert (caught.value.status, names(bench)) == (404, ["r"])


def test_a_delete_that_comes_with_an_assignment_is_refused(bench):
    """A job may be on its way to a runner that the caller has just seen idle: the runner is busy from that moment."""
    runner = bench.jit()
    bench.connect(runner)
    assert bench.status(runner) == ("online", False)
    bench.github.submit("true")
    with pytest.raises(ApiError) as caught:
        bench.github.delete_runner(ACME, runner.id)
    assert caught.value.status == 422


def test_deleting_a_busy_runner_all_the_same_loses_its_job(bench):
    """Whoever trusts a wrong `busy` and deletes can be seen to have done harm."""
    runner, session, job = bench.working()
    bench.github.delete_runner(ACME, runner.id, even_busy=True)
    assert (job.status, job.result) == ("completed", "abandoned")
    with pytest.raises(RunnerError):
        bench.github.finish(session, job.id, "succeeded", 0)


# -- sessions


def test_one_session_at_a_time(bench):
    """A second listener with the same configuration is a conflict until the first has gone."""
    runner = bench.jit()
    session = bench.connect(runner)
    with pytest.raises(RunnerError) as caught:
        bench.connect(runner)
    assert caught.value.code == "conflict"
    bench.github.close_session(session)
    assert bench.status(runner) == ("offline", False)
    bench.connect(runner)
    assert bench.status(runner) == ("online", False)


def test_a_wrong_secret_opens_nothing(bench):
    """Nobody else's configuration is good for a runner."""
    runner, other = bench.jit("a"), bench.jit("b")
    for secret in (other.secret, "", "ünïcode"):
        with pytest.raises(RunnerError) as caught:
            bench.github.open_session(runner.id, secret, os="linux", version="1")
        assert caught.value.code == "refused"


def test_a_jit_config_is_used_up_by_its_job(bench):
    """After the job the registration is gone, and with it all that the configuration was good for."""
    runner, session, job = bench.working()
    bench.github.finish(session, job.id, "succeeded", 0)
    assert names(bench) == []
    with pytest.raises(RunnerError) as caught:
        bench.connect(runner)
    assert caught.value.code == "deleted"
    with pytest.raises(RunnerError) as caught:
        bench.github.message(session)
    assert caught.value.code == "deleted"


def test_a_deleted_runner_is_told_when_it_next_asks(bench):
    """Its open request is woken, and finds that the registration is gone."""
    woken = []
    bench.github.notify = woken.append
    runner = bench.jit()
    session = bench.connect(runner)
    bench.github.delete_runner(ACME, runner.id)
    assert woken == [runner.id]
    with pytest.raises(RunnerError) as caught:
        bench.github.message(session)
    assert caught.value.code == "deleted"


def test_a_runner_that_falls_silent_is_offline(bench):
    """An open poll keeps it online for ever; without one it has a few seconds to ask again."""
    runner = bench.jit()
    session = bench.connect(runner)
    bench.clock.pass_(3600)
    assert bench.status(runner) == ("online", False)
    bench.github.poll_ends(session)
    bench.clock.pass_(bench.github.timing.offline_after - 1)
    assert bench.status(runner) == ("online", False)
    bench.clock.pass_(2)
    assert bench.status(runner) == ("offline", False)


@pytest.mark.parametrize(("ephemeral", "days"), [(True, 1), (False, 14)])
def test_offline_runners_are_forgotten(bench, ephemeral, days):
    """Ephemeral ones after a day, others after a fortnight."""
    runner = bench.jit()
    runner.ephemeral = ephemeral
    bench.clock.pass_(days * 86400 - 1)
    assert names(bench) == ["r"]
    bench.clock.pass_(2)
    assert names(bench) == []


# -- jobs


@pytest.mark.parametrize(
    ("runner_labels", "job_labels", "taken"),
    [
        (["self-hosted", "linux", "x64"], ["self-hosted"], True),
        (["Self-Hosted", "GPU"], ["gpu", "self-hosted"], True),
        (["self-hosted"], ["self-hosted", "gpu"], False),
        (["gpu"], ["self-hosted"], False),
    ],
)
def test_labels_decide(bench, runner_labels, job_labels, taken):
    """A runner takes a job if it has all of its labels, whatever their case."""
    session = bench.connect(bench.jit(labels=runner_labels))
    job = bench.github.submit("true", tuple(job_labels))
    assert (job.runner_id is not None) == taken
    assert (bench.github.message(session) is not None) == taken


def test_a_job_waits_for_a_runner(bench):
    """Queued first, runner later: the job goes to it at once."""
    job = bench.github.submit("true")
    runner = bench.jit()
    session = bench.connect(runner)
    assert bench.github.message(session) == {"type": "job", "job": job.id}
    assert (job.status, bench.status(runner)) == ("queued", ("online", True))
    bench.github.acquire(session, job.id)
    assert (job.status, job.runner_name) == ("in_progress", "r")


def test_a_job_may_be_for_one_place(bench):
    """It passes by the runners of others."""
    bench.connect(bench.jit("org"))
    session = bench.connect(bench.jit("repo", place=WIDGETS))
    job = bench.github.submit("true", place="repos/acme/widgets")
    assert job.runner_name == "repo"
    assert bench.github.message(session)
    with pytest.raises(ApiError) as caught:
        bench.github.submit("true", place="repos/acme/nothing")
    assert caught.value.status == 404


def test_one_job_a_runner(bench):
    """Two jobs, one runner: the second waits, and is not the ephemeral runner's."""
    _runner, session, job = bench.working()
    second = bench.github.submit("true")
    assert second.runner_id is None
    bench.github.finish(session, job.id, "failed", 3)
    assert (job.status, job.result, job.exit_code) == ("completed", "failed", 3)
    assert (second.status, second.runner_id) == ("queued", None)
    bench.connect(bench.jit("next"))
    assert second.runner_name == "next"


def test_a_runner_that_stays_takes_the_next_job(bench):
    """Without --ephemeral a runner goes on."""
    runner, session, job = bench.working()
    runner.ephemeral = False
    second = bench.github.submit("true")
    bench.github.finish(session, job.id, "succeeded", 0)
    assert second.runner_name == "r"
    assert bench.status(runner) == ("online", True)


def test_a_job_that_is_not_begun_goes_to_another(bench):
    """A runner that vanishes, or sleeps, between assignment and acquiring loses nothing but its turn."""
    sleeper = bench.jit("sleeper")
    asleep = bench.connect(sleeper)
    job = bench.github.submit("true")
    awake = bench.connect(bench.jit("awake"))
    bench.clock.pass_(bench.github.timing.acquire_within + 1)
    bench.github.close_session(asleep)
    bench.github.tick()
    bench.github.tick()
    assert job.runner_name == "awake"
    with pytest.raises(RunnerError):
        bench.github.acquire(asleep, job.id)
    bench.github.acquire(awake, job.id)


def test_a_job_whose_runner_is_gone_is_abandoned_in_the_end(bench):
    """Until then the runner is offline and busy, and cannot be deleted."""
    runner, session, job = bench.working()
    bench.github.poll_ends(session)
    bench.clock.pass_(60)
    assert bench.status(runner) == ("offline", True)
    with pytest.raises(ApiError):
        bench.github.delete_runner(ACME, runner.id)
    bench.clock.pass_(bench.github.timing.abandon_after)
    bench.github.tick()
    assert (job.result, names(bench)) == ("abandoned", [])


def test_a_long_silent_job_is_not_abandoned(bench):
    """As long as its listener polls, a job may take its time."""
    _runner, _session, job = bench.working()
    for _hour in range(24):
        bench.clock.pass_(3600)
        bench.github.tick()
    assert job.status == "in_progress"


def test_a_job_survives_its_runners_reconnection(bench):
    """The listener loses its connection for a while; the worker goes on, and reports under the session it had."""
    runner, session, job = bench.working()
    bench.github.poll_ends(session)
    bench.clock.pass_(30)
    assert bench.status(runner) == ("offline", True)
    bench.connect(runner)
    bench.github.write_log(session, job.id, b"still here\n")
    bench.github.finish(session, job.id, "succeeded", 0)
    assert (job.result, bytes(job.log)) == ("succeeded", b"still here\n")


def test_nobody_else_speaks_for_a_job(bench):
    """Log and result come from the session that the job was given to."""
    _runner, _session, job = bench.working()
    stranger = bench.connect(bench.jit("stranger"))
    for call in (
        lambda: bench.github.write_log(stranger, job.id, b"lie"),
        lambda: bench.github.finish(stranger, job.id, "succeeded", 0),
        lambda: bench.github.acquire(stranger, job.id),
    ):
        with pytest.raises(RunnerError):
            call()
    assert (job.status, bytes(job.log)) == ("in_progress", b"")


def test_cancelling(bench):
    """A queued job ends at once, a running one by its runner, which is asked once."""
    _runner, session, job = bench.working()
    waiting = bench.github.submit("true")
    for _twice in range(2):
        bench.github.cancel(waiting.id)
        bench.github.cancel(job.id)
    assert (waiting.status, waiting.result) == ("completed", "canceled")
    assert bench.github.message(session) == {"type": "cancel", "job": job.id}
    assert bench.github.message(session) is None
    bench.github.finish(session, job.id, "canceled", 130)
    assert job.result == "canceled"


def test_a_job_has_its_time(bench):
    """After its timeout it is cancelled."""
    _runner, session, _job = bench.working(timeout=60)
    bench.clock.pass_(59)
    bench.github.tick()
    assert bench.github.message(session) is None
    bench.clock.pass_(2)
    bench.github.tick()
    assert bench.github.message(session)["type"] == "cancel"


# -- config.sh


def test_a_registration_token_registers_any_number(bench):
    """For an hour, and for its own place only."""
    token, expires = bench.github.runner_token(ACME, "registration")
    assert expires - bench.clock() == 3600
    url = "https://github.com/acme"
    for name in ("a", "b"):
        bench.github.register(url, token, {"name": name, "labels": ["x"], "ephemeral": True})
    assert names(bench) == ["a", "b"]
    with pytest.raises(RunnerError):
        bench.github.register("https://github.com/globex", token, {"name": "c", "labels": ["x"]})
    bench.clock.pass_(3601)
    with pytest.raises(RunnerError):
        bench.github.register(url, token, {"name": "d", "labels": ["x"]})


def test_replacing_needs_to_be_asked_for(bench):
    """--replace takes over a name, but never from a runner at work."""
    token, _expires = bench.github.runner_token(ACME, "registration")
    busy, _session, _job = bench.working("busy")
    idle = bench.jit("idle")
    with pytest.raises(RunnerError, match="A runner exists with the same name idle"):
        bench.github.register("https://github.com/acme", token, {"name": "idle", "labels": ["x"]})
    new = bench.github.register("https://github.com/acme", token, {"name": "idle", "labels": ["x"], "replace": True})
    assert new.id != idle.id
    with pytest.raises(RunnerError, match="still running a job"):
        bench.github.register("https://github.com/acme", token, {"name": "busy", "labels": ["x"], "replace": True})
    assert bench.github.runner(ACME, busy.id).busy


def test_a_remove_token_removes(bench):
    """And a registration token does not."""
    runner = bench.jit()
    wrong, _expires = bench.github.runner_token(ACME, "registration")
    right, _expires = bench.github.runner_token(ACME, "remove")
    with pytest.raises(RunnerError):
        bench.github.unregister("https://github.com/acme", wrong, runner.id)
    bench.github.unregister("https://github.com/acme", right, runner.id)
    assert names(bench) == []


# -- all of it at once


@pytest.mark.parametrize("seed", range(20))
def test_whatever_happens_no_job_runs_twice(clock, seed):
    """Runners come, go, are deleted and finish in any order: each job is at one runner, and ends at most once."""
    bench, rng = Bench(clock), random.Random(seed)
    github, live, ends = bench.github, {}, {}
    for step in range(400):
        action = rng.choice(["join", "join", "submit", "submit", "poll", "poll", "poll", "finish", "leave", "delete"])
        session = rng.choice(list(live)) if live else None
        # What comes at the wrong moment is refused; that is looked at above.
        with contextlib.suppress(ApiError, RunnerError):
            if action == "join":
                runner = bench.jit(f"r{step}")
                live[bench.connect(runner)] = runner
            elif action == "submit":
                github.submit("true")
            elif session is None:
                continue
            elif action == "poll":
                message = github.message(session)
                if message:
                    github.acquire(session, message["job"])
            elif action == "finish":
                job_id = live[session].job_id or 0
                github.finish(session, job_id, "succeeded", 0)
                ends[job_id] = ends.get(job_id, 0) + 1
            elif action == "leave":
                github.close_session(session)
                del live[session]
            else:
                github.delete_runner(ACME, live[session].id)
                del live[session]
        clock.pass_(rng.uniform(0, 4))
        at_work = [runner.job_id for runner in github.all_runners() if runner.job_id is not None]
        assert len(at_work) == len(set(at_work))
        running = {job.id for job in github.jobs() if job.status == "in_progress"}
        assert running <= set(at_work)
    assert ends
    assert set(ends.values()) == {1}
