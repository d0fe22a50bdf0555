# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each of GitHub's answers means one thing for an instance: wait so long, wait for a person, or go on."""

from __future__ import annotations

import base64
import email.utils
import json
import time
import urllib.parse
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import github, scope
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.errors import Trouble

SCOPE = scope.parse_url("https://github.com/acme")
RUNNERS = "https://api.github.com/orgs/acme/actions/runners"
NOW = 1_795_514_400.0
JSON = {"content-type": "application/json; charset=utf-8"}
TOKEN = "ghp_" + "s" * 36


def reply(status: int, document: Any = None, **headers: str) -> github.Answer:
    """An answer of GitHub's; header names with underscores for hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return github.Answer(status, {**JSON, **named}, b"" if document is None else json.dumps(document).encode())


class Transport:
    """Gives the answers in their order and keeps the requests."""

    def __init__(self, *answers: github.Answer):
        self.requests: list[tuple[str, str, dict[str, str], bytes | None]] = []
        self._answers = list(answers)

    def send(self, method: str, url: str, headers: dict[str, str], body: bytes | None) -> github.Answer:
        self.requests.append((method, url, headers, body))
        return self._answers.pop(0)


def client(*answers: github.Answer) -> tuple[github.GitHub, Transport]:
    transport = Transport(*answers)
    return github.GitHub(transport, SCOPE, TOKEN), transport


def encoded(files: dict[str, bytes]) -> str:
    inner = {name: base64.b64encode(data).decode() for name, data in files.items()}
    return base64.b64encode(json.dumps(inner).encode()).decode()


def runner(number: int, **changes: Any) -> dict[str, Any]:
    return {"id": number, "name": f"r{number}", "status": "online", "busy": False, **changes}


# What an answer means.


@pytest.mark.parametrize(
    ("answer", "kind", "lasting"),
    [
        (reply(200, {}), None, None),
        (reply(201, {}), None, None),
        (github.Answer(204, {}, b""), None, None),
        (reply(401, {"message": "Bad credentials"}), "refused", True),
        (reply(403, {"message": "Resource not accessible by personal access token"}), "forbidden", True),
        (reply(404, {"message": "Not Found"}), "not_found", True),
        (reply(409, {"message": "Already exists - A runner with the name r already exists."}), "conflict", False),
        (reply(422, {"message": "Validation Failed"}), "invalid", True),
        (reply(403, {"message": "You have exceeded a secondary rate limit."}), "limited", False),
        (reply(403, {"message": "API rate limit exceeded for user ID 1."}), "limited", False),
        (reply(403, {}, retry_after="60"), "limited", False),
        (reply(429, {}, retry_after="60"), "limited", False),
        (reply(429), "limited", False),
        (github.Answer(429, {"content-type": "text/html"}, b"<html>Too many requests"), "limited", False),
        (reply(403, {}, x_ratelimit_remaining="0", x_ratelimit_reset="9999999999"), "limited", False),
        (reply(403, {}, x_ratelimit_remaining="17", x_ratelimit_reset="9999999999"), "forbidden", True),
        (reply(500), "unavailable", False),
        (reply(502), "unavailable", False),
        (github.Answer(503, {"content-type": "text/html"}, b"<html>Unicorn"), "unavailable", False),
        (github.Answer(200, {"content-type": "text/html"}, b"<html>Please log in"), "nonsense", False),
        (github.Answer(200, {}, b"hello"), "nonsense", False),
        (github.Answer(302, {"location": "https://portal.example.org/"}, b""), "nonsense", True),
        (reply(400, {"message": "Problems parsing JSON"}), "nonsense", True),
        (reply(410, {"message": "This API version is no longer supported"}), "nonsense", True),
    ],
)
def test_each_answer_means_one_thing(answer: github.Answer, kind: str | None, lasting: bool | None) -> None:
    """Whether to go on, to come back by itself, or to wait for a person."""
    trouble = github.classify(answer, SCOPE, NOW)
    assert (trouble.kind if trouble else None, trouble.lasting if trouble else None) == (kind, lasting)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (reply(401, {}), "GitHub refused the token (401)"),
        (reply(403, {}, x_accepted_github_permissions="organization_self_hosted_runners=write"), "_runners=write"),
        (reply(404, {}), "look at the URL and the token's scopes"),
        (reply(422, {"message": "Invalid label"}), "Invalid label"),
        (reply(503), "GitHub cannot serve now (503)"),
        (github.Answer(200, {"content-type": "text/html"}, b"<html>"), "look at the proxy or the network"),
    ],
)
def test_the_sentence_says_what_to_look_at(answer: github.Answer, said: str) -> None:
    """What ``status`` shows names the remedy."""
    trouble = github.classify(answer, SCOPE, NOW)
    assert trouble is not None
    assert said in str(trouble)


@pytest.mark.parametrize("message", ["one\ntwo\x1b[2J", "x" * 5000, "\u202eevil", {"a": [1]}, None])
def test_what_a_server_says_is_shown_on_one_short_plain_line(message: Any) -> None:
    """A hostile or broken server cannot fill or fool the journal."""
    text = str(github.classify(reply(422, {"message": message}), SCOPE, NOW))
    assert len(text) < 300
    assert text.isprintable()
    assert text.isascii()


def date(moment: float) -> str:
    return email.utils.formatdate(moment, usegmt=True)


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"retry_after": "17"}, 17),
        ({"retry_after": " 0 "}, 0),
        # What the server asks for directly goes before its reset time.
        ({"retry_after": "17", "x_ratelimit_remaining": "0", "x_ratelimit_reset": str(int(NOW) + 500)}, 17),
        ({"x_ratelimit_remaining": "0", "x_ratelimit_reset": str(int(NOW) + 500)}, 500),
        ({"x_ratelimit_remaining": "0", "x_ratelimit_reset": str(int(NOW) - 500)}, 1),
        # This host's clock is an hour off either way: the server's Date is the one that the reset time belongs to.
        ({"x_ratelimit_remaining": "0", "x_ratelimit_reset": str(int(NOW) + 4100), "date": date(NOW + 3600)}, 500),
        ({"x_ratelimit_remaining": "0", "x_ratelimit_reset": str(int(NOW) - 3100), "date": date(NOW - 3600)}, 500),
        ({"x_ratelimit_remaining": "0", "x_ratelimit_reset": str(int(NOW) + 500), "date": "yesterday"}, 500),
        ({"x_ratelimit_remaining": "0", "x_ratelimit_reset": "soon"}, 60),
        ({"retry_after": "soon"}, 60),
        ({"retry_after": "-5"}, 60),
        ({"retry_after": "\u00b2"}, 60),  # a digit for Unicode, no number
        ({}, 60),
    ],
)
@pytest.mark.parametrize("status", [403, 429])
def test_a_limit_says_how_long(status: int, headers: dict[str, str], wait: float) -> None:
    """In the order of GitHub's documentation, by GitHub's own clock, and a minute where it says nothing."""
    trouble = github.classify(reply(status, {"message": "API rate limit exceeded"}, **headers), SCOPE, NOW)
    assert trouble is not None
    assert (trouble.kind, trouble.retry_after) == ("limited", wait)


def test_an_outage_may_say_how_long() -> None:
    """Retry-After counts for 503 too."""
    trouble = github.classify(reply(503, retry_after="30"), SCOPE, NOW)
    assert trouble is not None
    assert trouble.retry_after == 30


@given(
    st.integers(200, 599),
    st.dictionaries(
        st.sampled_from(
            ["retry-after", "x-ratelimit-remaining", "x-ratelimit-reset", "date", "content-type", "link", "other"]
        ),
        st.text(max_size=20),
    ),
    st.binary(max_size=60),
)
def test_any_answer_is_good_or_a_trouble(status: int, headers: dict[str, str], body: bytes) -> None:
    """No answer makes another exception, and none beyond 2xx passes for good."""
    trouble = github.classify(github.Answer(status, headers, body), SCOPE, NOW)
    assert trouble is not None or status < 300
    if trouble and trouble.retry_after is not None:
        assert trouble.retry_after >= 0


# The requests.


def test_every_request_says_who_asks_and_in_which_version() -> None:
    """GitHub refuses requests without a User-Agent; the version is pinned."""
    one, transport = client(reply(200, {"runners": []}))
    list(one.runners())
    [(_method, _url, headers, body)] = transport.requests
    assert headers["Authorization"] == f"Bearer {TOKEN}"
    assert headers["Accept"] == "application/vnd.github+json"
    assert headers["X-GitHub-Api-Version"] == "2022-11-28"
    assert headers["User-Agent"].startswith("socialgouv.actions_runner/")
    assert body is None


def test_a_jit_configuration_is_asked_for_and_taken_apart() -> None:
    """Name, group and labels go out; the id and the three files come back."""
    files = {".runner": b"{}", ".credentials": b"\0\xff", ".credentials_rsaparams": b"x" * 2000}
    one, transport = client(reply(201, {"runner": {"id": 7}, "encoded_jit_config": encoded(files)}))
    assert one.create_jit_config("name", ["self-hosted", "gpu"], 3) == github.JitConfig(7, files)
    [(method, url, headers, body)] = transport.requests
    assert (method, url) == ("POST", f"{RUNNERS}/generate-jitconfig")
    assert headers["Content-Type"] == "application/json"
    assert json.loads(body or b"") == {
        "name": "name",
        "runner_group_id": 3,
        "labels": ["self-hosted", "gpu"],
        "work_folder": "_work",
    }


@pytest.mark.parametrize(
    "document",
    [
        {},
        [],
        None,
        {"runner": {"id": "x"}, "encoded_jit_config": encoded({".runner": b""})},
        {"runner": None, "encoded_jit_config": encoded({".runner": b""})},
        {"runner": {"id": 7}, "encoded_jit_config": "abc123"},
        {"runner": {"id": 7}, "encoded_jit_config": None},
    ],
)
def test_a_jit_configuration_that_cannot_be_read_is_a_trouble(document: Any) -> None:
    """The registrar then removes what GitHub may have made."""
    one, _transport = client(github.Answer(201, JSON, json.dumps(document).encode()))
    with pytest.raises(Trouble) as caught:
        one.create_jit_config("name", ["x"], 1)
    assert caught.value.kind == "nonsense"


@given(
    st.dictionaries(st.from_regex(r"\.[a-z_]{1,30}", fullmatch=True), st.binary(max_size=200), min_size=1, max_size=4)
)
def test_the_files_of_a_jit_configuration_come_out_unchanged(files: dict[str, bytes]) -> None:
    """As the runner itself would write them with --jitconfig."""
    assert github.decode_jit(encoded(files)) == files


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no base64!",
        "é",
        encoded({}),
        encoded({"../.runner": b""}),
        encoded({"/etc/passwd": b""}),
        encoded({"run.sh": b""}),
        encoded({"..": b""}),
        encoded({".runner\n": b""}),
        encoded({".runner": b"", "bin": b""}),
        base64.b64encode(b"\xff\xfe").decode(),
        base64.b64encode(b"[]").decode(),
        base64.b64encode(b"null").decode(),
        base64.b64encode(b'{".runner": 5}').decode(),
        base64.b64encode(b'{".runner": "!"}').decode(),
    ],
)
def test_nothing_but_githubs_own_dot_files_is_taken(text: str) -> None:
    """A name becomes a path in the container: a hostile server writes nowhere else."""
    with pytest.raises(ValueError, match=r".+"):
        github.decode_jit(text)


@given(st.text(max_size=100) | st.binary(max_size=60).map(lambda data: base64.b64encode(data).decode()))
def test_any_text_is_a_jit_configuration_or_a_value_error(text: str) -> None:
    """No other exception comes out of what a server sent."""
    try:
        assert github.decode_jit(text)
    except ValueError:
        return


# Lists.


@pytest.mark.parametrize("pages", [1, 2, 5])
def test_every_page_is_read(pages: int) -> None:
    """An organization with more than a hundred runners hides none."""
    answers = [
        reply(
            200,
            {"runners": [runner(number * 10), runner(number * 10 + 1)]},
            **({"link": f'<{RUNNERS}?page={number + 1}>; rel="next", <{RUNNERS}?page=9>; rel="last"'} if more else {}),
        )
        for number, more in ((number, number < pages) for number in range(1, pages + 1))
    ]
    one, transport = client(*answers)
    assert len(list(one.runners())) == 2 * pages
    assert [url for _method, url, _headers, _body in transport.requests] == [
        f"{RUNNERS}?per_page=100",
        *(f"{RUNNERS}?page={number}" for number in range(2, pages + 1)),
    ]


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("", None),
        (f'<{RUNNERS}?page=2>; rel="next"', f"{RUNNERS}?page=2"),
        (f"<{RUNNERS}?page=2>; rel=next", f"{RUNNERS}?page=2"),
        (f'<{RUNNERS}?page=1>; rel="prev", <{RUNNERS}?page=3>; rel="next"', f"{RUNNERS}?page=3"),
        (f'<{RUNNERS}?page=1>; rel="prev"', None),
        ('<https://evil.example.org/?page=2>; rel="next"', None),
        ('<https://api.github.com.evil.example.org/?page=2>; rel="next"', None),
        ('<http://api.github.com/x>; rel="next"', None),
        ("nonsense", None),
    ],
)
def test_the_next_page_is_only_sought_at_the_same_server(link: str, expected: str | None) -> None:
    """The token follows the link: it must not lead elsewhere."""
    assert github.next_page(link, "https://api.github.com") == expected


def test_a_list_without_an_end_is_a_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that gives one page after another does not keep the host asking."""
    monkeypatch.setattr(github, "_PAGES_MAX", 3)
    endless = reply(200, {"runners": [runner(1)]}, link=f'<{RUNNERS}?page=2>; rel="next"')
    one, transport = client(*[endless] * 5)
    with pytest.raises(Trouble, match="has no end: 3 pages were read"):
        list(one.runners())
    assert len(transport.requests) == 3


def test_one_runner_is_found_by_its_exact_name() -> None:
    """Servers that do not know the filter give everybody: the others are left out here."""
    one, transport = client(reply(200, {"runners": [runner(1), runner(2), runner(22)]}))
    assert [found["id"] for found in one.runners(name="r2")] == [2]
    query = urllib.parse.urlsplit(transport.requests[0][1]).query
    assert dict(urllib.parse.parse_qsl(query)) == {"per_page": "100", "name": "r2"}


@pytest.mark.parametrize(
    "document", [{}, [], 5, {"runners": None}, {"runners": 5}, {"runners": [{}]}, {"runners": [5]}]
)
def test_a_list_that_cannot_be_read_is_a_trouble(document: Any) -> None:
    """Nothing is deleted because of half a list, and nothing dies of it."""
    one, _transport = client(reply(200, document))
    with pytest.raises(Trouble) as caught:
        list(one.runners(name="r1"))
    assert caught.value.kind == "nonsense"


# Deleting.


@pytest.mark.parametrize(("status", "there"), [(204, True), (404, False)])
def test_a_registration_is_gone_afterwards(status: int, there: bool) -> None:
    """Whether it was there is said; that it was not is no error."""
    one, transport = client(github.Answer(status, JSON, b""))
    assert one.delete_runner(7) is there
    assert transport.requests[0][:2] == ("DELETE", f"{RUNNERS}/7")


@pytest.mark.parametrize(
    ("status", "kind"), [(422, "busy"), (401, "refused"), (403, "forbidden"), (502, "unavailable")]
)
def test_a_runner_with_a_job_is_told_from_other_troubles(status: int, kind: str) -> None:
    """Only 422 means busy; nothing else may be taken for it."""
    one, _transport = client(reply(status, {"message": 'Runner "x" is still running a job'}))
    with pytest.raises(Trouble) as caught:
        one.delete_runner(7)
    assert caught.value.kind == kind


@pytest.mark.parametrize("status", [401, 403, 404, 409, 422, 429, 500])
def test_no_trouble_shows_the_token(status: int) -> None:
    """Troubles are published."""
    one, _transport = client(reply(status, {"message": "no"}))
    with pytest.raises(Trouble) as caught:
        one.create_jit_config("name", ["x"], 1)
    assert TOKEN not in f"{caught.value!r} {caught.value.as_dict()}"


def test_the_wait_is_reckoned_from_now() -> None:
    """Without a Date the host's clock is all there is."""
    reset = int(time.time()) + 300
    one, _transport = client(reply(403, {}, x_ratelimit_remaining="0", x_ratelimit_reset=str(reset)))
    with pytest.raises(Trouble) as caught:
        list(one.runners())
    assert caught.value.retry_after == pytest.approx(300, abs=10)
