# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What GitHub knows and decides: runners, sessions, jobs. No I/O, and no time but the clock it is given."""

from __future__ import annotations

import hmac
import random
import re
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from . import jit
from .errors import ApiError, RunnerError, not_found, registration_deleted
from .jobs import COMPLETED, IN_PROGRESS, QUEUED, RESULTS, Job
from .places import Place, World
from .runners import Runner, Session

DAY = 86400.0
#: https://docs.github.com/rest/actions/self-hosted-runners: the token "expires after one hour".
TOKEN_LIFE = 3600.0
MAX_LABELS = 100
MAX_NAME = 64


@dataclass
class Timing:
    """How long GitHub waits, in seconds; the admin API changes these so that a test need not wait as long."""

    #: A runner that asks for no message for so long is offline.
    offline_after: float = 5.0
    #: A job that its runner does not begin is given to another.
    acquire_within: float = 15.0
    #: A job whose runner has gone is given up (actions-runner-controller's graceful-stop.sh: about ten minutes).
    abandon_after: float = 600.0
    #: https://docs.github.com/actions/reference/runners/self-hosted-runners: ephemeral runners, offline for a day.
    forget_ephemeral_after: float = DAY
    #: The same page: all others, offline for a fortnight.
    forget_after: float = 14 * DAY


class GitHub:
    """The state, and every transition of it. REST's raise ApiError, the runner side's RunnerError."""

    def __init__(self, now: Callable[[], float], world: World | None = None, rng: random.Random | None = None):
        self._now = now
        self._rng = rng or random.Random()
        self.world = world or World()
        self.timing = Timing()
        #: Called with a runner's id when there is a message for it, or when its session has ended.
        self.notify: Callable[[int], None] = lambda runner_id: None
        self._ids = iter(range(1, 1 << 31))
        self.reset()

    def reset(self) -> None:
        """Forget runners, jobs and runner tokens. Ids are never used twice."""
        for runner in getattr(self, "_runners", {}).values():
            runner.session = None
            self.notify(runner.id)
        self._runners: dict[int, Runner] = {}
        self._jobs: dict[int, Job] = {}
        self._runner_tokens: dict[str, tuple[str, Place, float]] = {}

    # -- REST

    def runners(self, place: Place, name: str | None = None) -> list[Runner]:
        """The runners of a place, oldest first; only the one with this name where one is given."""
        self.tick()
        return [
            runner
            for runner in self._runners.values()
            if runner.place == place and (name is None or runner.name.lower() == name.lower())
        ]

    def all_runners(self) -> list[Runner]:
        """The runners of all places."""
        self.tick()
        return list(self._runners.values())

    def runner(self, place: Place, runner_id: int) -> Runner:
        """One runner of a place."""
        self.tick()
        runner = self._runners.get(runner_id)
        if runner is None or runner.place != place:
            raise not_found()
        return runner

    def delete_runner(self, place: Place, runner_id: int, *, even_busy: bool = False) -> None:
        """Remove a registration; a runner that has a job is refused, or, ``even_busy``, loses its job."""
        runner = self.runner(place, runner_id)
        if runner.busy and not even_busy:
            raise ApiError(422, f'Bad request - Runner "{runner.name}" is still running a job')
        job = self._jobs.get(runner.job_id or 0)
        if job and job.status == IN_PROGRESS:
            self._complete(job, "abandoned", None)
        self._forget(runner)

    def generate_jitconfig(self, place: Place, body: dict, server: str = jit.SERVER_URL) -> tuple[Runner, str]:
        """Register a runner for one job; gives it and its ``encoded_jit_config``."""
        self.tick()
        _validate_jit(body)
        self._require_free(place, body["name"])
        runner = self._register(
            place,
            name=body["name"],
            labels=tuple(body["labels"]),
            group_id=self._group(place, body["runner_group_id"]),
            ephemeral=True,
            server=server,
            work_folder=body.get("work_folder") or "_work",
        )
        return runner, jit.encode(self.runner_files(runner))

    def runner_token(self, place: Place, purpose: str) -> tuple[str, float]:
        """A token with which config.sh registers (``registration``) or removes (``remove``) runners; and its end."""
        token = "A" + secrets.token_hex(14).upper()
        expires = self._now() + TOKEN_LIFE
        self._runner_tokens[token] = (purpose, place, expires)
        return token, expires

    # -- config.sh

    def register(self, url: str, token: str, body: dict, server: str = jit.SERVER_URL) -> Runner:
        """Register with a registration token, as config.sh does; it is good for any number of runners."""
        place = self._spend_runner_token(url, token, "registration")
        name = body["name"]
        for runner in self.runners(place, name):
            if not body.get("replace"):
                raise RunnerError(409, "exists", f"A runner exists with the same name {name}.")
            if runner.busy:
                raise RunnerError(409, "busy", f'Runner "{name}" is still running a job')
            self._forget(runner)
        return self._register(
            place,
            name=name,
            labels=tuple(body["labels"]),
            group_id=self._group_named(place, body.get("group")),
            ephemeral=bool(body.get("ephemeral")),
            server=server,
            work_folder=body.get("work_folder") or "_work",
        )

    def unregister(self, url: str, token: str, agent_id: int) -> None:
        """Remove with a remove token, as ``config.sh remove`` does."""
        place = self._spend_runner_token(url, token, "remove")
        try:
            self.delete_runner(place, agent_id)
        except ApiError as error:
            raise RunnerError(error.status, "refused", error.message) from error

    def runner_files(self, runner: Runner) -> dict[str, dict]:
        """The files of a configured runner, as JSON documents by name."""
        group = next(group for group in self.world.groups if group.id == runner.group_id)
        return jit.files(
            agent_id=runner.id,
            name=runner.name,
            place=runner.place.page,
            server=runner.server,
            ephemeral=runner.ephemeral,
            group=group.name,
            group_id=group.id,
            work_folder=runner.work_folder,
            secret=runner.secret,
        )

    # -- the runner's side

    def open_session(self, agent_id: int, secret: str, *, os: str, version: str) -> Session:
        """Connect a runner. One session a runner; none for one that is not, or no longer, registered."""
        self.tick()
        runner = self._runners.get(agent_id)
        if runner is None:
            raise registration_deleted()
        if not _same(runner.secret, secret):
            raise RunnerError(401, "refused", "The runner's credentials are not valid")
        if runner.session is not None:
            raise RunnerError(409, "conflict", "A session for this runner already exists.")
        runner.session = Session(id=secrets.token_urlsafe(24), last_seen=self._now())
        runner.os, runner.version, runner.last_online = os, version, self._now()
        self._dispatch()
        return runner.session

    def close_session(self, session_id: str) -> None:
        """Disconnect a runner; its registration stays, offline."""
        runner = self._by_session(session_id)
        self._disconnect(runner)

    def poll_begins(self, session_id: str) -> int:
        """The runner asks for a message; gives its id. To be followed by ``poll_ends``."""
        self.tick()
        runner = self._by_session(session_id)
        runner.session.polls += 1
        return runner.id

    def poll_ends(self, session_id: str) -> None:
        """The runner's request for a message was answered, or its connection broke."""
        for runner in self._runners.values():
            if runner.session and runner.session.id == session_id:
                runner.session.polls -= 1
                runner.session.last_seen = self._now()

    def message(self, session_id: str) -> dict | None:
        """The next message for a runner, taken out of its inbox; None where there is none."""
        inbox = self._by_session(session_id).session.inbox
        return inbox.popleft() if inbox else None

    def acquire(self, session_id: str, job_id: int) -> Job:
        """The runner begins its job."""
        runner = self._by_session(session_id)
        job = self._jobs.get(job_id)
        if job is None or job.status != QUEUED or runner.job_id != job_id:
            raise RunnerError(409, "gone", f"Job {job_id} is not assigned to this runner")
        job.status, job.started_at = IN_PROGRESS, self._now()
        job.session, job.last_seen = session_id, self._now()
        return job

    def write_log(self, session_id: str, job_id: int, data: bytes) -> None:
        """More of a running job's log."""
        job = self._running(session_id, job_id)
        job.last_seen = self._now()
        job.write(data)

    def finish(self, session_id: str, job_id: int, result: str, exit_code: int | None) -> None:
        """A job is over; the registration of an ephemeral runner is, too."""
        job = self._running(session_id, job_id)
        if result not in RESULTS:
            raise RunnerError(422, "invalid", f"There is no result {result!r}")
        self._end(job, result, exit_code)
        self._dispatch()

    # -- jobs, from outside

    def submit(
        self,
        script: str,
        labels: tuple[str, ...] = ("self-hosted",),
        *,
        name: str | None = None,
        place: str | None = None,
        timeout: float | None = None,
    ) -> Job:
        """Queue a job, and hand it to a runner at once where one is idle. Raises ApiError: no such ``place``."""
        self.tick()
        path = self.world.by_path(place).path if place else None
        number = next(self._ids)
        job = Job(number, name or f"job-{number}", script, labels, self._now(), place=path, timeout=timeout)
        self._jobs[number] = job
        self._dispatch()
        return job

    def jobs(self) -> list[Job]:
        """All jobs, oldest first."""
        self.tick()
        return list(self._jobs.values())

    def job(self, job_id: int) -> Job:
        """One job. Raises ApiError (404)."""
        self.tick()
        if job_id not in self._jobs:
            raise not_found()
        return self._jobs[job_id]

    def cancel(self, job_id: int) -> None:
        """Cancel a job as its user would: a queued one at once, a running one by asking its runner."""
        job = self.job(job_id)
        if job.status == QUEUED:
            self._unassign(job)
            self._complete(job, "canceled", None)
            self._dispatch()
        elif job.status == IN_PROGRESS:
            self._ask_to_cancel(job)

    # -- time

    def tick(self) -> None:
        """Do what has fallen due."""
        now = self._now()
        # Runners first: a job's life hangs on its runner's.
        for runner in list(self._runners.values()):
            self._tick_runner(runner, now)
        for job in list(self._jobs.values()):
            self._tick_job(job, now)
        self._dispatch()

    def _tick_job(self, job: Job, now: float) -> None:
        runner = self._runners.get(job.runner_id or 0)
        if job.status == QUEUED and job.assigned_at is not None:
            lost = runner is None or runner.session is None
            if lost or now - job.assigned_at > self.timing.acquire_within:
                self._unassign(job)
        elif job.status == IN_PROGRESS:
            if job.timeout is not None and now - job.started_at > job.timeout:
                self._ask_to_cancel(job)
            if runner and runner.session and runner.session.id == job.session:
                job.last_seen = now
            if now - job.last_seen > self.timing.abandon_after:
                self._end(job, "abandoned", None)

    def _tick_runner(self, runner: Runner, now: float) -> None:
        if runner.session:
            if runner.session.polls:
                runner.last_online = now
            elif now - runner.session.last_seen > self.timing.offline_after:
                self._disconnect(runner)
        elif not runner.busy:
            life = self.timing.forget_ephemeral_after if runner.ephemeral else self.timing.forget_after
            if now - runner.last_online > life:
                self._forget(runner)

    # -- parts

    def _dispatch(self) -> None:
        """Assign each waiting job to one of the runners that can take it. Which one is nobody's promise."""
        for job in self._jobs.values():
            if job.status != QUEUED or job.assigned_at is not None:
                continue
            idle = list(self._idle_for(job))
            if idle:
                runner = self._rng.choice(idle)
                runner.job_id, job.runner_id, job.runner_name = job.id, runner.id, runner.name
                job.assigned_at = self._now()
                self._send(runner, {"type": "job", "job": job.id})

    def _idle_for(self, job: Job) -> Iterator[Runner]:
        for runner in self._runners.values():
            if job.place is not None and runner.place.path != job.place:
                continue
            if runner.online and not runner.busy and runner.serves(job.labels):
                yield runner

    def _unassign(self, job: Job) -> None:
        """Back into the queue with a job that was assigned but never begun."""
        runner = self._runners.get(job.runner_id or 0)
        if runner and runner.job_id == job.id:
            runner.job_id = None
            if runner.session:
                kept = [message for message in runner.session.inbox if message.get("job") != job.id]
                runner.session.inbox.clear()
                runner.session.inbox.extend(kept)
        job.runner_id = job.runner_name = job.assigned_at = None

    def _ask_to_cancel(self, job: Job) -> None:
        """Ask a job's runner, once, to end it."""
        if job.cancel_asked:
            return
        job.cancel_asked = True
        runner = self._runners.get(job.runner_id or 0)
        if runner and runner.session:
            self._send(runner, {"type": "cancel", "job": job.id})

    def _complete(self, job: Job, result: str, exit_code: int | None) -> None:
        job.status, job.result, job.exit_code, job.completed_at = COMPLETED, result, exit_code, self._now()

    def _end(self, job: Job, result: str, exit_code: int | None) -> None:
        """A begun job is over, and with it the registration of an ephemeral runner."""
        self._complete(job, result, exit_code)
        runner = self._runners.get(job.runner_id or 0)
        if runner and runner.job_id == job.id:
            runner.job_id = None
            if runner.ephemeral:
                self._forget(runner)

    def _send(self, runner: Runner, message: dict) -> None:
        runner.session.inbox.append(message)
        self.notify(runner.id)

    def _disconnect(self, runner: Runner) -> None:
        runner.session = None
        runner.last_online = self._now()
        self.notify(runner.id)

    def _forget(self, runner: Runner) -> None:
        self._runners.pop(runner.id, None)
        runner.session = None
        self.notify(runner.id)

    def _by_session(self, session_id: str) -> Runner:
        for runner in self._runners.values():
            if runner.session and _same(runner.session.id, session_id):
                return runner
        raise registration_deleted()

    def _running(self, session_id: str, job_id: int) -> Job:
        job = self._jobs.get(job_id)
        if job is None or job.status != IN_PROGRESS or not _same(job.session or "", session_id):
            raise RunnerError(409, "gone", f"Job {job_id} is not running on this runner")
        return job

    def _register(self, place: Place, *, name: str, **options) -> Runner:
        now = self._now()
        runner = Runner(
            id=next(self._ids), name=name, place=place, secret=secrets.token_urlsafe(32),
            created_at=now, last_online=now, **options,
        )  # fmt: skip
        self._runners[runner.id] = runner
        return runner

    def _require_free(self, place: Place, name: str) -> None:
        if self.runners(place, name):
            raise ApiError(409, f"Already exists - A runner with the name {name} already exists.")

    def _group(self, place: Place, group_id: int) -> int:
        if group_id not in {group.id for group in self.world.groups_of(place)}:
            raise not_found()
        return group_id

    def _group_named(self, place: Place, name: str | None) -> int:
        """What config.sh --runnergroup means."""
        for group in self.world.groups_of(place):
            if group.name == name or (not name and group.default):
                return group.id
        raise RunnerError(422, "invalid", f'Could not find any self-hosted runner group named "{name}".')

    def _spend_runner_token(self, url: str, token: str, purpose: str) -> Place:
        known = self._runner_tokens.get(token)
        if known is None or known[0] != purpose or known[2] <= self._now():
            raise RunnerError(404, "refused", "Http response code: NotFound from the registration service")
        try:
            if self.world.by_url(url) == known[1]:
                return known[1]
        except ApiError:
            pass
        raise RunnerError(404, "refused", f"The token is not for {url}")


def _same(secret: str, given: str) -> bool:
    return hmac.compare_digest(secret.encode(), given.encode())


def _validate_jit(body: dict) -> None:
    """The body of generate-jitconfig, in the terms of GitHub's description. Raises ApiError (422)."""
    missing = [name for name in ("name", "runner_group_id", "labels") if name not in body]
    if missing:
        names = ", ".join(f'"{name}"' for name in missing)
        raise ApiError(422, f"Invalid request.\n\n{names} {'was' if len(missing) == 1 else 'were'}n't supplied.")
    name, group, labels = body["name"], body["runner_group_id"], body["labels"]
    if not isinstance(name, str):
        raise _wrong_type("name", name, "a string")
    if not isinstance(group, int) or isinstance(group, bool):
        raise _wrong_type("runner_group_id", group, "an integer")
    if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
        raise _wrong_type("labels", labels, "an array of strings")
    if not isinstance(body.get("work_folder", ""), str):
        raise _wrong_type("work_folder", body["work_folder"], "a string")
    if not 1 <= len(labels) <= MAX_LABELS:
        raise ApiError(
            422, f"Invalid request.\n\nBetween 1 and {MAX_LABELS} labels are needed; {len(labels)} were given."
        )
    if not name or len(name) > MAX_NAME:
        raise ApiError(422, f"Invalid request.\n\nA name has 1 to {MAX_NAME} characters; this one has {len(name)}.")
    if not re.fullmatch(r"[\w.\-]+", name) or not all(label.strip() and len(label) <= 256 for label in labels):
        raise ApiError(422, "Invalid request.\n\nThe name or a label has characters or a length that it may not have.")


def _wrong_type(field: str, value: object, wanted: str) -> ApiError:
    return ApiError(422, f'Invalid request.\n\nFor "{field}", {value!r} is not {wanted}.')
