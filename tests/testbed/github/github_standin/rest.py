# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The REST API, as GitHub's OpenAPI description has it."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable

from aiohttp import web

from . import app_rest, faults, jit
from .answers import answer, request_headers
from .errors import ApiError, not_found
from .places import ENTERPRISE, HOSTS, ORG, REPO, SERVER_HOST, SERVER_PREFIX, Group, Place
from .service import Service
from .tokens import CLASSIC, Token, rate_headers, require

#: https://docs.github.com/rest/about-the-rest-api/api-versions
API_VERSIONS = ("2022-11-28", "2026-03-10")
PER_PAGE, MAX_PER_PAGE = 30, 100

Handler = Callable[["Call"], web.Response]


class Call:
    """One authenticated request."""

    def __init__(self, request: web.Request, token: Token, body: bytes):
        self.request = request
        self.token = token
        self._body = body

    def place(self, service: Service, *, write: bool) -> Place:
        """The place that the path names, if the token may manage (or read) its runners. Raises ApiError."""
        match = self.request.match_info
        place = service.github.world.place(match["kind"], match["name"])
        require(self.token, place, write=write)
        return place

    def runner_id(self) -> int:
        return int(self.request.match_info["runner_id"])

    def json(self) -> dict:
        """The body. Raises ApiError (400, 422)."""
        try:
            document = json.loads(self._body)
        except ValueError:
            raise ApiError(400, "Problems parsing JSON") from None
        if not isinstance(document, dict):
            raise ApiError(422, "Invalid request.\n\nThe body is not an object.")
        return document

    def page(self, items: list) -> tuple[list, dict[str, str]]:
        """The page of ``items`` that is asked for, and the Link header that leads to the others."""
        size = min(_positive(self.request.query.get("per_page"), PER_PAGE), MAX_PER_PAGE)
        number = _positive(self.request.query.get("page"), 1)
        last = max(1, -(-len(items) // size))
        wanted = {}
        if number > 1:
            wanted.update(prev=min(number - 1, last), first=1)
        if number < last:
            wanted.update(next=number + 1, last=last)
        url = self.request.url
        links = [f'<{url.update_query(per_page=size, page=page)}>; rel="{rel}"' for rel, page in wanted.items()]
        return items[(number - 1) * size : number * size], {"Link": ", ".join(links)} if links else {}


class Rest:
    """The handlers, over one service."""

    def __init__(self, service: Service):
        self._service = service
        self._github = service.github

    def routes(self) -> list[web.RouteDef]:
        routes = [
            web.get("/rate_limit", self._handler(self.rate_limit, free=True)),
            web.get("/meta", self._handler(self.meta, anonymous=True)),
            *app_rest.AppRest(self._service).routes(),
        ]
        for kind, name in ((ORG, "[^/]+"), (REPO, "[^/]+/[^/]+"), (ENTERPRISE, "[^/]+")):
            base = f"/{{kind:{kind}}}/{{name:{name}}}/actions"
            routes += [
                web.post(f"{base}/runners/registration-token", self._handler(self.registration_token)),
                web.post(f"{base}/runners/remove-token", self._handler(self.remove_token)),
                web.post(f"{base}/runners/generate-jitconfig", self._handler(self.generate_jitconfig)),
                web.get(f"{base}/runners", self._handler(self.list_runners)),
                web.get(f"{base}/runners/{{runner_id:\\d+}}", self._handler(self.get_runner)),
                web.delete(f"{base}/runners/{{runner_id:\\d+}}", self._handler(self.delete_runner)),
            ]
            if kind != REPO:
                routes.append(web.get(f"{base}/runner-groups", self._handler(self.runner_groups)))
        # An Enterprise Server has the same below a path of its own.
        routes += [web.route(route.method, f"{SERVER_PREFIX}{route.path}", route.handler) for route in routes]
        routes.append(web.route("*", "/{unknown:.*}", self._handler(self.unknown)))
        return routes

    # -- the calls

    def registration_token(self, call: Call) -> web.Response:
        return self._runner_token(call, "registration")

    def remove_token(self, call: Call) -> web.Response:
        return self._runner_token(call, "remove")

    def generate_jitconfig(self, call: Call) -> web.Response:
        place = call.place(self._service, write=True)
        runner, encoded = self._github.generate_jitconfig(place, call.json(), server_of(call.request))
        return answer({"runner": runner.as_rest(), "encoded_jit_config": encoded}, 201)

    def list_runners(self, call: Call) -> web.Response:
        place = call.place(self._service, write=False)
        found = self._seen(call, [r.as_rest() for r in self._github.runners(place, call.request.query.get("name"))])
        page, headers = call.page(found)
        return answer({"total_count": len(found), "runners": page}, headers=headers)

    def get_runner(self, call: Call) -> web.Response:
        place = call.place(self._service, write=False)
        return answer(*self._seen(call, [self._github.runner(place, call.runner_id()).as_rest()]))

    def delete_runner(self, call: Call) -> web.Response:
        place = call.place(self._service, write=True)
        lies = self._service.faults.take(call.request.path, (faults.LIE_BUSY,))
        believed = any(str(lie.delete) == "204" for lie in lies)
        self._github.delete_runner(place, call.runner_id(), even_busy=believed)
        return web.Response(status=204)

    def runner_groups(self, call: Call) -> web.Response:
        place = call.place(self._service, write=False)
        groups = [_group(place, group) for group in self._github.world.groups_of(place)]
        page, headers = call.page(groups)
        return answer({"total_count": len(groups), "runner_groups": page}, headers=headers)

    def rate_limit(self, call: Call) -> web.Response:
        token = call.token
        core = {
            "limit": token.limit,
            "used": token.used,
            "remaining": token.limit - token.used,
            "reset": int(token.reset_at),
        }
        search = {"limit": 30, "used": 0, "remaining": 30, "reset": int(token.reset_at)}
        return answer({"resources": {"core": core, "search": search}, "rate": core})

    def meta(self, call: Call) -> web.Response:
        return answer({"verifiable_password_authentication": False})

    def unknown(self, call: Call) -> web.Response:
        raise not_found()

    # -- parts

    def _runner_token(self, call: Call, purpose: str) -> web.Response:
        token, expires = self._github.runner_token(call.place(self._service, write=True), purpose)
        return answer({"token": token, "expires_at": _moment(expires)}, 201)

    def _seen(self, call: Call, runners: list[dict]) -> list[dict]:
        """Runners as they are shown, which may not be as they are."""
        if self._service.faults.take(call.request.path, (faults.LIE_BUSY,)):
            for runner in runners:
                runner["busy"] = False
        return runners

    def _handler(self, call: Handler, *, anonymous: bool = False, free: bool = False):
        """What every request goes through, in GitHub's order; ``free`` does not count against the rate limit."""

        async def handle(request: web.Request) -> web.Response:
            token = Token(CLASSIC, "nobody")
            body = await request.read()
            headers = request_headers()
            try:
                _require_user_agent(request)
                if not anonymous or request.headers.get("Authorization"):
                    token = self._service.tokens.authenticate(request.headers.get("Authorization"))
                headers["X-GitHub-Api-Version-Selected"] = _api_version(request)
                if free:
                    self._service.tokens.renew(token)
                elif not anonymous:
                    self._service.tokens.spend(token)
                response = call(Call(request, token, body))
            except ApiError as error:
                response = answer(error.body, error.status, error.headers)
            if token.reset_at:
                headers.update(rate_headers(token))
            if token.kind == CLASSIC and token.scopes:
                headers["X-OAuth-Scopes"] = ", ".join(token.scopes)
            response.headers.update(headers)
            return response

        return handle


def server_of(request: web.Request) -> str:
    """The address of the server that a request was meant for, as runners and people know it."""
    host = request.host.removeprefix("api.")
    return f"https://{host}/" if host in (*HOSTS, SERVER_HOST) else jit.SERVER_URL


def _require_user_agent(request: web.Request) -> None:
    """https://docs.github.com/rest/using-the-rest-api/getting-started-with-the-rest-api#user-agent"""
    if not request.headers.get("User-Agent"):
        raise ApiError(
            403,
            "Request forbidden by administrative rules. Please make sure your request has a User-Agent header "
            "(https://docs.github.com/en/rest/overview/resources-in-the-rest-api#user-agent-required).",
        )


def _api_version(request: web.Request) -> str:
    version = request.headers.get("X-GitHub-Api-Version", API_VERSIONS[0])
    if version not in API_VERSIONS:
        raise ApiError(400, f"{version!r} is not a supported API version: {', '.join(API_VERSIONS)}")
    return version


def _positive(text: str | None, default: int) -> int:
    """GitHub takes its default for what is no number."""
    return int(text) if text and text.isdecimal() and int(text) > 0 else default


def _moment(seconds: float) -> str:
    """A time as in ``2020-01-22T12:13:35.123-08:00``: runner tokens' ends have an offset and milliseconds."""
    zone = datetime.timezone(datetime.timedelta(hours=-8))
    return datetime.datetime.fromtimestamp(seconds, zone).isoformat(timespec="milliseconds")


def _group(place: Place, group: Group) -> dict:
    base = f"https://api.github.com/{place.path}/actions/runner-groups/{group.id}"
    document = {
        "id": group.id,
        "name": group.name,
        "visibility": "all",
        "default": group.default,
        "runners_url": f"{base}/runners",
        "allows_public_repositories": False,
        "restricted_to_workflows": False,
        "selected_workflows": [],
        "workflow_restrictions_read_only": False,
    }
    if place.kind == ORG:
        document["inherited"] = False
    return document
