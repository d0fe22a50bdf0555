# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The two stand-ins agree on the bed's runner protocol, and GitHub shows what it does to a registration."""

from __future__ import annotations

import pytest

RUNNERS = "/orgs/acme/actions/runners"


@pytest.fixture
def registered(github):
    """A runner: its id, and its JIT configuration."""
    body = {"name": "one", "runner_group_id": 1, "labels": ["self-hosted", "linux"]}
    made = github.ask("POST", f"{RUNNERS}/generate-jitconfig", body).document
    return made["runner"]["id"], made["encoded_jit_config"]


def shown(github, number):
    """Status and busy as REST shows them, or the status code of its refusal."""
    answer = github.ask("GET", f"{RUNNERS}/{number}")
    return (answer.document["status"], answer.document["busy"]) if answer.status == 200 else answer.status


def test_a_job_is_run_and_its_runner_is_gone(github, registered, connect):
    """Online, busy, done, gone: an ephemeral runner's whole life."""
    number, encoded = registered
    assert shown(github, number) == ("offline", False)
    runner = connect(encoded)
    assert shown(github, number) == ("online", False)
    job = github.steer("POST", "/jobs", {"script": "echo hello", "labels": ["Linux"]})["id"]
    assert runner.message().document == {"type": "job", "job": job}
    assert runner.acquire(job).document["script"] == "echo hello"
    assert shown(github, number) == ("online", True)
    assert runner.append_log(job, b"hello\n").status == 204
    assert runner.finish(job, "succeeded", 0).status == 204
    assert shown(github, number) == 404
    assert runner.message().status == 404
    done = github.steer("GET", f"/jobs/{job}")
    assert (done["status"], done["result"], done["exit_code"], done["log"]) == ("completed", "succeeded", 0, "hello\n")
    assert (done["runner_id"], done["runner_name"]) == (number, "one")


def test_a_job_waits_for_all_its_labels(github, registered, connect):
    """A runner that lacks one label is not given the job."""
    connect(registered[1])
    job = github.steer("POST", "/jobs", {"script": "true", "labels": ["self-hosted", "gpu"]})["id"]
    assert github.steer("GET", f"/jobs/{job}")["status"] == "queued"
    assert shown(github, registered[0]) == ("online", False)


def test_a_runner_that_leaves_stays_registered(github, registered, connect):
    """Stopping a runner does not deregister it: the launcher has to."""
    runner = connect(registered[1])
    assert runner.delete_session().status == 204
    assert shown(github, registered[0]) == ("offline", False)
    assert connect(registered[1]).session


def test_one_session_a_runner(registered, connect):
    """A configuration that was copied does not make a second runner."""
    connect(registered[1])
    with pytest.raises(AssertionError, match="409"):
        connect(registered[1])


def test_a_removed_runner_is_told(github, registered, connect):
    """A registration that is deleted ends the runner's wait, and its configuration is of no use any more."""
    runner = connect(registered[1])
    assert github.ask("DELETE", f"{RUNNERS}/{registered[0]}").status == 204
    assert runner.message().status == 404
    with pytest.raises(AssertionError, match="404"):
        connect(registered[1])


def test_a_cancelled_job_reaches_its_runner(github, registered, connect):
    """Who cancels a job asks its runner to end it."""
    runner = connect(registered[1])
    job = github.steer("POST", "/jobs", {"script": "sleep 60"})["id"]
    runner.message()
    runner.acquire(job)
    github.steer("POST", f"/jobs/{job}/cancel")
    assert runner.message().document == {"type": "cancel", "job": job}


def test_a_busy_flag_may_lie(github, registered, connect):
    """As peers have seen it (actions/runner#4422): never kill on ``busy: false`` alone."""
    connect(registered[1])
    github.steer("POST", "/jobs", {"script": "true"})
    github.steer("POST", "/faults", {"kind": "lie-busy"})
    assert shown(github, registered[0]) == ("online", False)
    assert github.ask("DELETE", f"{RUNNERS}/{registered[0]}").status == 422
