# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the runners of the test bed speak with GitHub. The real protocol is not public; this one is our own.

    POST   /_runner/session          {agent_id, secret, os, version}        201 {session}
    GET    /_runner/message?wait=S   200 {type: job|cancel, job}            204 nothing within S seconds
    DELETE /_runner/session          204
    POST   /_runner/jobs/ID/acquire  200 {id, name, script, repository, labels, url}
    POST   /_runner/jobs/ID/log      bytes                                  204
    POST   /_runner/jobs/ID/finish   {result, exit_code}                    204
    POST   /_runner/register         {url, token, name, labels, ...}        201 {agent_id, files}
    POST   /_runner/remove           {url, token, agent_id}                 204

All but the first and the last two carry ``Authorization: Session ID``. An error is {code, message}; the code is one of
deleted, refused, conflict, gone, exists, busy, invalid.
"""

from __future__ import annotations

import asyncio
import json

from aiohttp import web

from .errors import RunnerError
from .rest import server_of
from .service import Service

MAX_WAIT = 60.0
#: How often an open request looks whether its runner is still there.
_PULSE = 0.5


class RunnerSide:
    """The handlers, over one service."""

    def __init__(self, service: Service):
        self._service = service
        self._github = service.github

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/_runner/session", _told(self.open_session)),
            web.delete("/_runner/session", _told(self.close_session)),
            web.get("/_runner/message", _told(self.message)),
            web.post("/_runner/jobs/{job:\\d+}/acquire", _told(self.acquire)),
            web.post("/_runner/jobs/{job:\\d+}/log", _told(self.log)),
            web.post("/_runner/jobs/{job:\\d+}/finish", _told(self.finish)),
            web.post("/_runner/register", _told(self.register)),
            web.post("/_runner/remove", _told(self.remove)),
        ]

    async def open_session(self, request: web.Request) -> web.Response:
        body = await _document(request)
        session = self._github.open_session(
            int(body["agent_id"]), str(body["secret"]), os=str(body["os"]), version=str(body["version"])
        )
        return web.json_response({"session": session.id}, status=201)

    async def close_session(self, request: web.Request) -> web.Response:
        self._github.close_session(_session(request))
        return web.Response(status=204)

    async def message(self, request: web.Request) -> web.Response:
        session = _session(request)
        deadline = self._service.now() + min(float(request.query.get("wait", MAX_WAIT)), MAX_WAIT)
        runner_id = self._github.poll_begins(session)
        try:
            while _connected(request) and not self._service.stopping:
                news = self._service.news(runner_id)
                message = self._github.message(session)
                if message is not None:
                    return web.json_response(message)
                left = deadline - self._service.now()
                if left <= 0:
                    break
                try:
                    await asyncio.wait_for(news.wait(), min(left, _PULSE))
                except asyncio.TimeoutError:
                    continue
            return web.Response(status=204)
        finally:
            self._github.poll_ends(session)

    async def acquire(self, request: web.Request) -> web.Response:
        job = self._github.acquire(_session(request), _job(request))
        runner = next(runner for runner in self._github.all_runners() if runner.id == job.runner_id)
        repository = self._github.world.repository(runner.place)
        return web.json_response(
            {
                "id": job.id,
                "name": job.name,
                "script": job.script,
                "labels": list(job.labels),
                "repository": repository,
                "url": f"https://github.com/{repository}",
            }
        )

    async def log(self, request: web.Request) -> web.Response:
        self._github.write_log(_session(request), _job(request), await request.read())
        return web.Response(status=204)

    async def finish(self, request: web.Request) -> web.Response:
        body = await _document(request)
        self._github.finish(_session(request), _job(request), str(body["result"]), body.get("exit_code"))
        return web.Response(status=204)

    async def register(self, request: web.Request) -> web.Response:
        body = await _document(request)
        runner = self._github.register(str(body["url"]), str(body["token"]), body, server_of(request))
        return web.json_response({"agent_id": runner.id, "files": self._github.runner_files(runner)}, status=201)

    async def remove(self, request: web.Request) -> web.Response:
        body = await _document(request)
        self._github.unregister(str(body["url"]), str(body["token"]), int(body["agent_id"]))
        return web.Response(status=204)


def _told(handler):
    """Turn what goes wrong into an answer that the runner understands."""

    async def handle(request: web.Request) -> web.Response:
        try:
            return await handler(request)
        except RunnerError as error:
            return web.json_response({"code": error.code, "message": error.message}, status=error.status)
        except (KeyError, TypeError, ValueError) as error:
            return web.json_response({"code": "invalid", "message": f"{error!r}"}, status=400)

    return handle


async def _document(request: web.Request) -> dict:
    document = json.loads(await request.read())
    if not isinstance(document, dict):
        raise ValueError("the body is not an object")
    return document


def _session(request: web.Request) -> str:
    return request.headers.get("Authorization", "").partition(" ")[2]


def _job(request: web.Request) -> int:
    return int(request.match_info["job"])


def _connected(request: web.Request) -> bool:
    return request.transport is not None and not request.transport.is_closing()
