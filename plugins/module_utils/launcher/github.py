# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""GitHub's REST calls for self-hosted runners, over any transport. Pure but for the transport.

Source: https://docs.github.com/rest/actions/self-hosted-runners, and GitHub's OpenAPI description, against which
tests/contract holds the requests made here.
"""

from __future__ import annotations

import base64
import binascii
import email.utils
import json
import re
import time
import urllib.parse
from collections.abc import Iterator
from typing import Any, NamedTuple, Protocol

from . import VERSION, permissions
from .errors import Trouble
from .scope import Scope

API_VERSION = "2022-11-28"
_PAGE = 100
# GitHub allows 10,000 runners in a group, and has one of each page's requests in its rate limit.
_PAGES_MAX = 1000
_JIT_FILE = re.compile(r"\.[a-z_]+")


class Answer(NamedTuple):
    """What came back for a request; header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


class Transport(Protocol):
    """Carries one request and gives the answer, whatever its status; raises Trouble of kind ``unreachable``."""

    def send(self, method: str, url: str, headers: dict[str, str], body: bytes | None) -> Answer:
        """Send the request."""
        ...  # pylint: disable=unnecessary-ellipsis


class JitConfig(NamedTuple):
    """A runner's registration and the single-use credential that goes with it."""

    runner_id: int
    files: dict[str, bytes]  #: what is put into the runner's directory, by name


class GitHub:
    """The runners of one scope, seen with one access token."""

    def __init__(self, transport: Transport, scope: Scope, token: str):
        self._transport = transport
        self._scope = scope
        self._token = token
        self.quota: dict[str, float] | None = None  #: what the last answer said of the rate limit

    def create_jit_config(self, name: str, labels: list[str], group_id: int, work: str = "_work") -> JitConfig:
        """Register a runner that takes one job. Raises Trouble; its kind is ``conflict`` where the name is in use."""
        body = {"name": name, "runner_group_id": group_id, "labels": labels, "work_folder": work}
        answer = self._call("POST", f"{self._scope.runners}/generate-jitconfig", body)
        try:
            document = json.loads(answer.body)
            return JitConfig(int(document["runner"]["id"]), decode_jit(document["encoded_jit_config"]))
        except (ValueError, KeyError, TypeError) as error:
            raise Trouble("nonsense", "GitHub's answer to a JIT configuration request cannot be read") from error

    def runners(self, name: str | None = None) -> Iterator[dict[str, Any]]:
        """All runners of the scope, page by page, or the one with this exact name. Raises Trouble."""
        query = {"per_page": str(_PAGE)}
        if name is not None:
            query["name"] = name
        for body in self._pages(f"{self._scope.runners}?{urllib.parse.urlencode(query)}"):
            try:
                found = [one for one in json.loads(body)["runners"] if one["name"] and one["id"]]
            except (ValueError, KeyError, TypeError) as error:
                raise Trouble("nonsense", "GitHub's list of runners cannot be read") from error
            for runner in found:
                # Servers that do not know the filter give everybody.
                if name is None or runner["name"] == name:
                    yield runner

    def delete_runner(self, runner_id: int) -> bool:
        """Remove a registration; False where there was none any more. Raises Trouble; kind ``busy``: it has a job."""
        try:
            self._call("DELETE", f"{self._scope.runners}/{runner_id}")
        except Trouble as trouble:
            if trouble.kind == "not_found":
                return False
            if trouble.kind == "invalid":
                raise Trouble("busy", str(trouble)) from trouble
            raise
        return True

    def group_id(self, name: str) -> int:
        """The number of a runner group. Raises Trouble, naming the groups there are."""
        seen = []
        for body in self._pages(f"{self._scope.groups}?per_page={_PAGE}"):
            try:
                found = {str(one["name"]): int(one["id"]) for one in json.loads(body)["runner_groups"]}
            except (ValueError, KeyError, TypeError) as error:
                raise Trouble("nonsense", "GitHub's list of runner groups cannot be read") from error
            for known, number in found.items():
                if known.lower() == name.lower():
                    return number
            seen += found
        there = ", ".join(sorted(seen)[:20]) or "none that this token is shown"
        raise Trouble("group", f"{self._scope.owner} has no runner group {name!r}; there are: {there}", lasting=True)

    def check(self) -> None:
        """The cheapest call that shows whether the token may see the runners. Raises Trouble."""
        answer = self._call("GET", f"{self._scope.runners}?per_page=1")
        has = answer.headers.get("x-oauth-scopes")
        lacking = permissions.lacking_scopes(self._scope, has) if has else ""
        if lacking:
            raise Trouble("forbidden", f"the token lacks the scope {lacking}; it has: {has}", lasting=True)

    def registration_token(self) -> dict[str, Any]:
        """A token with which any number of runners can be registered within an hour. Raises Trouble."""
        return self._document("POST", f"{self._scope.runners}/registration-token")

    def installation(self) -> dict[str, Any]:
        """With an App's JWT: its installation at the scope's owner. Raises Trouble."""
        return self._document("GET", self._scope.installation)

    def create_access_token(self, installation: int, wanted: dict[str, Any]) -> dict[str, Any]:
        """With an App's JWT: a token for an installation, narrowed to what is wanted. Raises Trouble."""
        return self._document("POST", f"{self._scope.api}/app/installations/{installation}/access_tokens", wanted)

    def _pages(self, first: str) -> Iterator[bytes]:
        """The pages of a list. Raises Trouble, also where it has no end."""
        url: str | None = first
        for _page in range(_PAGES_MAX):
            answer = self._call("GET", url)
            yield answer.body
            url = next_page(answer.headers.get("link", ""), self._scope.api)
            if url is None:
                return
        raise Trouble("nonsense", f"GitHub's list has no end: {_PAGES_MAX} pages were read")

    def _document(self, method: str, url: str, body: Any = None) -> dict[str, Any]:
        try:
            return dict(json.loads(self._call(method, url, body).body))
        except (ValueError, TypeError) as error:
            raise Trouble("nonsense", "GitHub's answer cannot be read") from error

    def _call(self, method: str, url: str, body: Any = None) -> Answer:
        headers = {
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {self._token}",
            "X-GitHub-Api-Version": API_VERSION,
            "User-Agent": f"socialgouv.actions_runner/{VERSION}",
        }
        data = None
        if body is not None:
            data = json.dumps(body).encode()
            headers["Content-Type"] = "application/json"
        answer = self._transport.send(method, url, headers, data)
        self.quota = quota(answer.headers) or self.quota
        trouble = classify(answer, self._scope, time.time())
        if trouble:
            raise trouble
        return answer


def classify(answer: Answer, scope: Scope, now: float) -> Trouble | None:
    """What an answer means for the instance; None where it is good. ``now`` is Unix time."""
    status = answer.status
    if 200 <= status < 300:
        # A captive portal or a proxy's error page comes with 200 and is no JSON.
        if answer.body and "json" not in answer.headers.get("content-type", ""):
            return Trouble(
                "nonsense", f"{scope.api} gave no GitHub answer ({status}): look at the proxy or the network"
            )
        return None
    text = _message(answer.body)
    if status in (403, 429):
        wait = _limit(status, answer.headers, text, now)
        if wait is not None:
            return Trouble("limited", f"GitHub's rate limit is used up ({status})", retry_after=wait)
    if status == 401:
        return Trouble("refused", "GitHub refused the token (401): seal a valid one", lasting=True)
    if status == 403:
        wanted = answer.headers.get("x-accepted-github-permissions")
        hint = f": it lacks {permissions.words(wanted)}" if wanted else f": {text}" if text else ""
        return Trouble("forbidden", f"GitHub does not let this token manage runners (403){hint}", lasting=True)
    if status == 404:
        has = answer.headers.get("x-oauth-scopes")
        lacking = permissions.lacking_scopes(scope, has) if has is not None else ""
        hint = f"it lacks the scope {lacking}" if lacking else "look at the URL and the token's scopes"
        return Trouble("not_found", f"GitHub shows this token no runners of {scope.owner} (404): {hint}", lasting=True)
    if status == 409:
        return Trouble("conflict", "GitHub already has a runner of that name (409)")
    if status == 422:
        return Trouble("invalid", f"GitHub refused the request (422){': ' + text if text else ''}", lasting=True)
    if status >= 500:
        retry = _seconds(answer.headers.get("retry-after"))
        return Trouble("unavailable", f"GitHub cannot serve now ({status})", retry_after=retry)
    return Trouble(
        "nonsense", f"GitHub gave an unexpected answer ({status}){': ' + text if text else ''}", lasting=True
    )


def quota(headers: dict[str, str]) -> dict[str, float] | None:
    """The rate limit in an answer: ``limit``, ``remaining``, ``reset`` (Unix time); None where it names none."""
    found = {name: _seconds(headers.get(f"x-ratelimit-{name}")) for name in ("limit", "remaining", "reset")}
    known = {name: value for name, value in found.items() if value is not None}
    return known if len(known) == len(found) else None


def decode_jit(encoded: str) -> dict[str, bytes]:
    """The files of a JIT configuration. Raises ValueError.

    It is base64 of a JSON object of names and base64 contents: actions/runner, Runner.cs.
    """
    try:
        document = json.loads(base64.b64decode(encoded, validate=True))
        files = {name: base64.b64decode(content, validate=True) for name, content in document.items()}
    except (binascii.Error, AttributeError, TypeError) as error:
        raise ValueError("not a JIT configuration") from error
    # A name is made into a path in the container: nothing but GitHub's own dot files.
    if not files or not all(_JIT_FILE.fullmatch(name) for name in files):
        raise ValueError("not a JIT configuration")
    return files


def next_page(link: str, api: str) -> str | None:
    """The address of the next page in a Link header (RFC 8288), only where it leads to the same API."""
    for part in link.split(","):
        match = re.match(r'\s*<([^>]+)>\s*;.*\brel="?next"?', part)
        if match and match[1].startswith(api + "/"):
            return match[1]
    return None


def _limit(status: int, headers: dict[str, str], text: str, now: float) -> float | None:
    """Seconds to wait where an answer is a rate limit's; None where it is not.

    Order as in https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api. The server's own Date is
    the clock for its reset time: the host's may be off.
    """
    retry = _seconds(headers.get("retry-after"))
    if retry is not None:
        return retry
    reset = _seconds(headers.get("x-ratelimit-reset"))
    if headers.get("x-ratelimit-remaining") == "0" and reset is not None:
        date = headers.get("date")
        try:
            now = email.utils.parsedate_to_datetime(date).timestamp() if date else now
        except (TypeError, ValueError):
            pass
        return max(1.0, reset - now)
    return 60.0 if status == 429 or "rate limit" in text.lower() else None


def _seconds(value: str | None) -> float | None:
    digits = (value or "").strip()
    return float(digits) if digits.isascii() and digits.isdigit() else None


def _message(body: bytes) -> str:
    """GitHub's own sentence, on one line and short, for it is shown."""
    try:
        text = str(json.loads(body)["message"])
    except (ValueError, KeyError, TypeError):
        return ""
    return re.sub(r"[^\x20-\x7e]+", " ", text)[:200]
