# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The REST calls of a GitHub App, which proves itself with a JWT."""

from __future__ import annotations

import json

from aiohttp import web

from .answers import answer, request_headers, utc
from .errors import ApiError
from .github_apps import App, Installation
from .places import ORG, REPO
from .service import Service
from .tokens import Token

_CREATED = 1_750_000_000


class AppRest:
    """The handlers, over one service."""

    def __init__(self, service: Service):
        self._service = service

    def routes(self) -> list[web.RouteDef]:
        """Their routes."""
        return [
            web.get(f"/{{kind:{ORG}}}/{{name:[^/]+}}/installation", self._handler(self.installation)),
            web.get(f"/{{kind:{REPO}}}/{{name:[^/]+/[^/]+}}/installation", self._handler(self.installation)),
            web.post("/app/installations/{number:\\d+}/access_tokens", self._handler(self.access_token)),
        ]

    async def installation(self, request: web.Request, app: App) -> web.Response:
        """Where an App is installed at an owner."""
        place = self._service.github.world.place(request.match_info["kind"], request.match_info["name"])
        return answer(_installation(app, self._service.apps.installed_at(app, place)))

    async def access_token(self, request: web.Request, app: App) -> web.Response:
        """A token for an installation."""
        body = await request.read()
        try:
            wanted = json.loads(body) if body else {}
        except ValueError:
            raise ApiError(400, "Problems parsing JSON") from None
        value, token = self._service.apps.create_token(app, int(request.match_info["number"]), wanted)
        return answer(_token(value, token), 201)

    def _handler(self, call):
        async def handle(request: web.Request) -> web.Response:
            try:
                app = self._service.apps.authenticate(request.headers.get("Authorization"))
                response = await call(request, app)
            except ApiError as error:
                response = answer(error.body, error.status, error.headers)
            response.headers.update(request_headers())
            return response

        return handle


def _token(value: str, token: Token) -> dict:
    return {
        "token": value,
        "expires_at": utc(token.expires_at or 0),
        "permissions": token.permissions,
        "repository_selection": "all" if token.repositories is None else "selected",
    }


def _installation(app: App, one: Installation) -> dict:
    api = "https://api.github.com"
    account = {"login": one.owner, "id": 1, "node_id": "MDEyOk9yZ2FuaXphdGlvbjE=", "type": "Organization"}
    urls = {
        "avatar_url": "https://github.com/images/error/octocat_happy.gif",
        "gravatar_id": "",
        "url": f"{api}/orgs/{one.owner}",
        "html_url": f"https://github.com/{one.owner}",
        "site_admin": False,
        **{
            f"{name}_url": f"{api}/users/{one.owner}/{name}"
            for name in (
                *("followers", "following", "gists", "starred", "subscriptions", "organizations"),
                *("repos", "events", "received_events"),
            )
        },
    }
    return {
        "id": one.id,
        "account": {**account, **urls},
        "repository_selection": "all" if one.repositories is None else "selected",
        "access_tokens_url": f"{api}/app/installations/{one.id}/access_tokens",
        "repositories_url": f"{api}/installation/repositories",
        "html_url": f"https://github.com/organizations/{one.owner}/settings/installations/{one.id}",
        "app_id": app.id,
        "client_id": app.client_id,
        "app_slug": app.client_id.lower(),
        "target_id": 1,
        "target_type": "Organization",
        "permissions": one.permissions,
        "events": [],
        "created_at": utc(_CREATED),
        "updated_at": utc(_CREATED),
        "single_file_name": None,
        "suspended_at": utc(_CREATED) if one.suspended else None,
        "suspended_by": None,
    }
