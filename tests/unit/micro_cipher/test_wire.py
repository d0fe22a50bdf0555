# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The parser: whatever comes, it gives a request, asks for more or refuses, and holds no more than its bounds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from micro_cipher.wire import MAX_BODY, MAX_HEAD, Answer, Conversation, Refused, Request

OK = Answer(200, b"fine")


def talk(*pieces: bytes, max_body: int = MAX_BODY) -> tuple[list[Request], int | None]:
    """Send pieces to a server that answers OK to everything: the requests, and the status of a refusal."""
    conversation = Conversation(max_body)
    requests = []
    for piece in pieces:
        if not conversation.goes_on:
            break
        conversation.receive(piece)
        try:
            while conversation.goes_on and (request := conversation.request()) is not None:
                requests.append(request)
                assert conversation.answer(OK).startswith(b"HTTP/1.1 200 ")
        except Refused as refused:
            return requests, last_word(conversation, refused.answer)
    return requests, None


def last_word(conversation: Conversation, answer: Answer) -> int:
    said = conversation.answer(answer, last=True)
    assert said.startswith(b"HTTP/1.1 %d " % answer.status)
    assert b"\r\nConnection: close\r\n" in said
    assert not conversation.goes_on
    return answer.status


def post(body: bytes, *headers: bytes, path: bytes = b"/") -> bytes:
    lines = [b"POST " + path + b" HTTP/1.1", b"Host: x", b"Content-Length: %d" % len(body), *headers, b"", body]
    return b"\r\n".join(lines)


CHUNKED = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (post(b"abc"), [Request("POST", "/", None, b"abc")]),
        (post(b""), [Request("POST", "/", None, b"")]),
        (post(b"a", path=b"/pa/th?query=1"), [Request("POST", "/pa/th", None, b"a")]),
        (post(b"a", b"Authorization: Bearer s"), [Request("POST", "/", "Bearer s", b"a")]),
        (post(b"a", b"Authorization: Bearer \xe9"), [Request("POST", "/", "Bearer \xe9", b"a")]),
        (post(b"a") + post(b"b"), [Request("POST", "/", None, b"a"), Request("POST", "/", None, b"b")]),
        (post(b"a", b"Connection: close") + post(b"b"), [Request("POST", "/", None, b"a")]),
        (CHUNKED + b"2\r\nab\r\n1\r\nc\r\n0\r\n\r\n", [Request("POST", "/", None, b"abc")]),
        (b"GET / HTTP/1.0\r\n\r\n", [Request("GET", "/", None, b"")]),
        (b"HEAD /health HTTP/1.1\r\nHost: x\r\n\r\n", [Request("HEAD", "/health", None, b"")]),
        (b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\n\r\n", [Request("GET", "/", None, b"")]),
    ],
)
def test_a_request_is_given_whole_however_it_is_cut(sent, expected):
    """In one piece or byte by byte."""
    assert talk(sent) == (expected, None)
    assert talk(*(bytes([one]) for one in sent)) == (expected, None)


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
        (b"SSH-2.0-x\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
        (CHUNKED + b"zz\r\n", 400),
        (b"GET /" + b"a" * 2 * MAX_HEAD + b" HTTP/1.1\r\nHost: x\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"a: b\r\n" * MAX_HEAD, 431),
        (CHUNKED + b"1;" + b"x" * 2 * MAX_HEAD, 431),
        (b"CONNECT x:1 HTTP/1.1\r\nHost: x:1\r\n\r\n", 405),
    ],
)
def test_what_is_no_request_is_refused(sent, status):
    """At the latest when a bound is reached, and not when the other side has had its say."""
    pieces = [sent[start : start + 512] for start in range(0, len(sent), 512)]
    assert talk(*pieces) == ([], status)


@pytest.mark.parametrize("size", [MAX_BODY, MAX_BODY + 1])
def test_a_body_is_bounded(size):
    """By what is announced, before any of it comes, and by what comes."""
    good = size <= MAX_BODY
    body = b"x" * size
    announced = post(body)[: -size or None]
    assert talk(announced) == ([], None if good else 413)
    requests, status = talk(CHUNKED + b"%x\r\n" % size + body + b"\r\n0\r\n\r\n")
    assert (len(requests), status) == ((1, None) if good else (0, 413))


def test_half_a_request_is_refused_when_no_more_comes():
    """A client that shuts its side down in the midst hears of it."""
    assert talk(post(b"abc")[:-1], b"") == ([], 400)
    assert talk(b"") == ([], None)


def test_a_client_that_waits_for_a_word_gets_it():
    """curl does so for larger bodies."""
    conversation = Conversation()
    head, body = post(b"abc", b"Expect: 100-continue")[:-3], b"abc"
    conversation.receive(head)
    assert conversation.request() is None
    assert conversation.continues().startswith(b"HTTP/1.1 100 ")
    assert conversation.continues() == b""
    conversation.receive(body)
    assert conversation.request().body == b"abc"


def test_a_head_is_answered_without_a_body():
    """The length is told all the same, or clients would wait."""
    conversation = Conversation()
    conversation.receive(b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n")
    conversation.request()
    said = conversation.answer(OK)
    assert b"Content-Length: 4\r\n" in said
    assert said.endswith(b"\r\n\r\n")
    assert conversation.goes_on


# Bytes that look like requests go deeper into the parser than bytes at random.
WORDS = st.sampled_from(
    [
        *(b"POST ", b"GET ", b"HEAD ", b"/", b"/health", b" HTTP/1.1", b" HTTP/1.0", b" HTTP/9.9", b"\r\n", b"\n"),
        *(b"Host: x\r\n", b"Content-Length: ", b"Transfer-Encoding: chunked\r\n", b"Connection: close\r\n"),
        *(b"Expect: 100-continue\r\n", b"Upgrade: h2c\r\n", b"Authorization: Bearer ", b"\r\n\r\n", b"0\r\n\r\n"),
        *(b"5\r\n", b";", b"3", b"\0", b"\xff", b"a" * 300, CHUNKED, post(b"abc"), post(b"abc")[:-3]),
    ]
)
SENT = st.lists(WORDS | st.binary(max_size=40), max_size=25).map(b"".join)


@given(SENT, st.lists(st.integers(1, 200), min_size=1, max_size=10), st.booleans())
def test_whatever_comes_is_borne(sent, cuts, ends):
    """A request, a wish for more, or a refusal; nothing else is ever raised, and the cuts make no difference."""
    pieces, start = [], 0
    while start < len(sent):
        size = cuts[len(pieces) % len(cuts)]
        pieces.append(sent[start : start + size])
        start += size
    ending = [b""] if ends else []
    requests, status = talk(*pieces, *ending, max_body=64)
    assert status in (None, 400, 405, 413, 431, 501, 505)
    assert all(len(request.body) <= 64 for request in requests)
    assert talk(sent, *ending, max_body=64) == (requests, status)


@given(st.binary(max_size=300), st.text("abcdef/?=%", max_size=20), st.booleans())
def test_a_body_arrives_as_it_was_sent(body, path, chunked):
    """Whatever bytes a ciphertext is made of, in either of HTTP's ways to send it."""
    target = f"/{path}".encode()
    sent = post(body, path=target)
    if chunked:
        pieces = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in (body[:100], body[100:]) if piece)
        sent = CHUNKED.replace(b" / ", b" %b " % target) + pieces + b"0\r\n\r\n"
    assert talk(sent) == ([Request("POST", f"/{path}".partition("?")[0], None, body)], None)
