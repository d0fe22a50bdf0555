# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The way in for the bed and its tests: tokens, jobs, faults, the log. Never a part of what the world sees."""

from __future__ import annotations

import json
from dataclasses import asdict, fields

from aiohttp import web

from .errors import ApiError
from .github_apps import App, Installation
from .service import Service
from .state import Timing
from .tokens import CLASSIC, FINE_GRAINED, INSTALLATION, KINDS, LIMIT, Token


class Admin:
    """The handlers, over one service. Bad input is answered with 400 and {"error": sentence}."""

    def __init__(self, service: Service):
        self._service = service
        self._github = service.github

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/health", _told(self.health)),
            web.post("/tokens", _told(self.add_token)),
            web.post("/apps", _told(self.add_app)),
            web.get("/runners", _told(self.runners)),
            web.delete("/runners/{id:\\d+}", _told(self.delete_runner)),
            web.post("/jobs", _told(self.submit)),
            web.get("/jobs", _told(self.jobs)),
            web.get("/jobs/{id:\\d+}", _told(self.job)),
            web.post("/jobs/{id:\\d+}/cancel", _told(self.cancel)),
            web.post("/faults", _told(self.add_fault)),
            web.get("/faults", _told(self.faults)),
            web.delete("/faults", _told(self.clear_faults)),
            web.get("/log", _told(self.log)),
            web.get("/timing", _told(self.timing)),
            web.patch("/timing", _told(self.set_timing)),
            web.post("/reset", _told(self.reset)),
        ]

    async def health(self, request: web.Request) -> web.Response:
        return web.json_response({"ok": True})

    async def add_token(self, request: web.Request) -> web.Response:
        """Make a token known. ``expires_in`` and ``limit`` (requests an hour) are for tests of just these."""
        body = await _document(request)
        kind = body.get("kind", CLASSIC)
        if kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}")
        wanted = "permissions" if kind in (FINE_GRAINED, INSTALLATION) else "scopes"
        if wanted not in body or not str(body.get("token") or ""):
            raise ValueError(f"token and {wanted} are needed")
        owners, repositories = body.get("owners"), body.get("repositories")
        lasts = body.get("expires_in")
        self._service.tokens.add(
            str(body["token"]),
            Token(
                kind=kind,
                login=str(body.get("login", "octocat")),
                scopes=tuple(body.get("scopes", ())),
                permissions=dict(body.get("permissions", {})),
                owners=None if owners is None else tuple(owners),
                repositories=None if repositories is None else tuple(repositories),
                expires_at=None if lasts is None else self._service.now() + float(lasts),
                limit=int(body.get("limit", LIMIT)),
            ),
        )
        return web.json_response({"kind": kind}, status=201)

    async def add_app(self, request: web.Request) -> web.Response:
        """Make a GitHub App known, with its public key (PEM) and where it is installed."""
        body = await _document(request)
        installations = [
            Installation(
                id=int(one["id"]),
                owner=str(one["owner"]),
                permissions=dict(one["permissions"]),
                repositories=None if one.get("repositories") is None else tuple(one["repositories"]),
                suspended=bool(one.get("suspended")),
            )
            for one in body["installations"]
        ]
        app = App(int(body["id"]), str(body["client_id"]), str(body["public_key"]), installations)
        self._service.apps.add(app)
        return web.json_response({"id": app.id}, status=201)

    async def runners(self, request: web.Request) -> web.Response:
        found = [
            {
                **runner.as_rest(),
                "scope": runner.place.path,
                "created_at": runner.created_at,
                "connected": runner.online,
                "job_id": runner.job_id,
            }
            for runner in self._github.all_runners()
        ]
        return web.json_response({"runners": found})

    async def delete_runner(self, request: web.Request) -> web.Response:
        """As GitHub does by itself with idle runners (actions/runner#4726), or with one that a person removes."""
        number = _id(request)
        for runner in self._github.all_runners():
            if runner.id == number:
                self._github.delete_runner(runner.place, number, even_busy=True)
                return web.Response(status=204)
        raise ApiError(404, "there is no such runner")

    async def submit(self, request: web.Request) -> web.Response:
        body = await _document(request)
        if not isinstance(body.get("script"), str):
            raise ValueError("script is needed")
        labels = body.get("labels") or ["self-hosted"]
        if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
            raise ValueError("labels must be a list of strings")
        timeout = body.get("timeout")
        job = self._github.submit(
            body["script"],
            tuple(labels),
            name=body.get("name"),
            place=body.get("scope"),
            timeout=None if timeout is None else float(timeout),
        )
        return web.json_response({"id": job.id}, status=201)

    async def jobs(self, request: web.Request) -> web.Response:
        return web.json_response({"jobs": [job.as_json() for job in self._github.jobs()]})

    async def job(self, request: web.Request) -> web.Response:
        return web.json_response(self._github.job(_id(request)).as_json())

    async def cancel(self, request: web.Request) -> web.Response:
        self._github.cancel(_id(request))
        return web.Response(status=204)

    async def add_fault(self, request: web.Request) -> web.Response:
        return web.json_response(self._service.faults.add(await _document(request)).as_json(), status=201)

    async def faults(self, request: web.Request) -> web.Response:
        return web.json_response({"faults": [fault.as_json() for fault in self._service.faults.active()]})

    async def clear_faults(self, request: web.Request) -> web.Response:
        self._service.faults.clear()
        return web.Response(status=204)

    async def log(self, request: web.Request) -> web.Response:
        return web.json_response({"requests": self._service.journal.since(int(request.query.get("since", 0)))})

    async def timing(self, request: web.Request) -> web.Response:
        return web.json_response(asdict(self._github.timing))

    async def set_timing(self, request: web.Request) -> web.Response:
        body = await _document(request)
        known = {field.name for field in fields(Timing)}
        if set(body) - known:
            raise ValueError(f"timing has {', '.join(sorted(known))}")
        for name, seconds in body.items():
            setattr(self._github.timing, name, float(seconds))
        return await self.timing(request)

    async def reset(self, request: web.Request) -> web.Response:
        self._service.reset()
        return web.Response(status=204)


def _told(handler):
    """Turn bad input into one clear line."""

    async def handle(request: web.Request) -> web.Response:
        try:
            return await handler(request)
        except ApiError as error:
            return web.json_response({"error": error.message}, status=error.status)
        except (KeyError, TypeError, ValueError) as error:
            return web.json_response({"error": str(error)}, status=400)

    return handle


async def _document(request: web.Request) -> dict:
    document = json.loads(await request.read())
    if not isinstance(document, dict):
        raise ValueError("the body is not an object")
    return document


def _id(request: web.Request) -> int:
    return int(request.match_info["id"])
