# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Engine client says to Docker what its API documents, understands its answers, and dies of none of them."""

from __future__ import annotations

import contextlib
import json
import select
import socket
import struct
import threading
import time
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.engine import (
    Engine,
    EngineError,
    EngineUnavailable,
    FrameDecoder,
)
from ansible_collections.socialgouv.actions_runner.tests.unit.plugins.module_utils.launcher.scripted_server import (
    Script,
    Server,
    http,
    unix_server,
)


def stall() -> None:
    """Longer than the client's patience."""
    time.sleep(1.0)


@contextlib.contextmanager
def docker(tmp_path: Path, *scripts: Script, timeout: float = 10.0) -> Iterator[tuple[Engine, Server]]:
    """An Engine client and the server that it talks to."""
    with unix_server(tmp_path / "docker.sock", *scripts) as server:
        yield Engine(str(tmp_path / "docker.sock"), timeout=timeout), server


def frame(data: bytes, stream: int = 1) -> bytes:
    return struct.pack(">BxxxL", stream, len(data)) + data


def answer(document: Any, status: int = 200) -> list[bytes]:
    return [http(status, json.dumps(document).encode(), "Content-Type: application/json", "Api-Version: 1.41")]


@pytest.mark.parametrize(
    ("call", "reply", "method", "path", "query", "result"),
    [
        (
            lambda engine: engine.containers({"a": "b", "c": "d"}),
            answer([{"Id": "1"}]),
            "GET",
            "/containers/json",
            {"all": "1", "filters": '{"label": ["a=b", "c=d"]}'},
            [{"Id": "1"}],
        ),
        (lambda engine: engine.inspect("x"), answer({"Id": "x"}), "GET", "/containers/x/json", {}, {"Id": "x"}),
        (lambda engine: engine.inspect("../x"), answer({}), "GET", "/containers/..%2Fx/json", {}, {}),
        (
            lambda engine: engine.image("ghcr.io/a/b:c@sha256:0"),
            answer({"Id": "i"}),
            "GET",
            "/images/ghcr.io/a/b:c@sha256:0/json",
            {},
            {"Id": "i"},
        ),
        (
            lambda engine: engine.create("name", {"Image": "i"}),
            answer({"Id": "new"}, 201),
            "POST",
            "/containers/create",
            {"name": "name"},
            "new",
        ),
        (
            lambda engine: engine.put_archive("x", "/home/runner", b"tar"),
            [http(200)],
            "PUT",
            "/containers/x/archive",
            {"path": "/home/runner"},
            None,
        ),
        (
            lambda engine: engine.get_archive("x", "/etc/passwd"),
            [http(200, b"tar\0\xff")],
            "GET",
            "/containers/x/archive",
            {"path": "/etc/passwd"},
            b"tar\0\xff",
        ),
        (lambda engine: engine.start("x"), [http(204)], "POST", "/containers/x/start", {}, None),
        (
            lambda engine: engine.untag("github-runner-good:gpu"),
            [http(200, b"[]")],
            "DELETE",
            "/images/github-runner-good:gpu",
            {"noprune": "1"},
            None,
        ),
        (lambda engine: engine.stop("x", 30), [http(304)], "POST", "/containers/x/stop", {"t": "30"}, None),
        (lambda engine: engine.remove("x"), [http(204)], "DELETE", "/containers/x", {"force": "1", "v": "1"}, None),
        (
            lambda engine: engine.processes("x"),
            answer({"Titles": ["PID", "COMMAND"], "Processes": [["1", "run.sh"], ["7", "Runner.Worker a"]]}),
            "GET",
            "/containers/x/top",
            {"ps_args": "-eo pid,args --cols 256"},
            ["run.sh", "Runner.Worker a"],
        ),
        (lambda engine: engine.processes("x"), answer({"Processes": None}), "GET", "/containers/x/top", None, []),
        (
            lambda engine: engine.logs("x", "1.5"),
            [http(200, frame(b"out\n") + frame(b"err\xff\n", 2))],
            "GET",
            "/containers/x/logs",
            {"stdout": "1", "stderr": "1", "since": "1.5"},
            "out\nerr\ufffd\n",
        ),
    ],
)
def test_each_call_is_the_one_that_docker_documents(
    tmp_path: Path,
    call: Callable[[Engine], Any],
    reply: list[bytes],
    method: str,
    path: str,
    query: dict[str, str] | None,
    result: Any,
) -> None:
    """Method, path, query and what is made of the answer; HTTP/1.0, so that nothing comes in chunks."""
    with docker(tmp_path, reply) as (engine, server):
        assert call(engine) == result
    [request] = server.requests
    target = urllib.parse.urlsplit(request.target)
    assert (request.method, target.path, request.version) == (method, path, "HTTP/1.0")
    if query is not None:
        assert dict(urllib.parse.parse_qsl(target.query)) == query


def test_bodies_arrive_whole_with_their_type(tmp_path: Path) -> None:
    """JSON for a container, a tar archive for its files."""
    with docker(tmp_path, answer({"Id": "1"}), [http(200)]) as (engine, server):
        engine.create("name", {"Image": "i", "Cmd": ["x"]})
        engine.put_archive("1", "/", b"\0" * 100_000)
    made, put = server.requests
    assert (json.loads(made.body), made.headers["content-type"]) == ({"Image": "i", "Cmd": ["x"]}, "application/json")
    assert (put.body, put.headers["content-type"]) == (b"\0" * 100_000, "application/x-tar")


def test_a_container_is_cut_off_from_every_network(tmp_path: Path) -> None:
    """Docker tells which these are."""
    described = {
        "Id": "x",
        "HostConfig": {"NetworkMode": "bridge"},
        "NetworkSettings": {"Networks": {"bridge": {}, "a b": {}}},
    }
    with docker(tmp_path, answer(described), [http(200)], [http(200)]) as (engine, server):
        engine.disconnect("x")
    assert [one.target for one in server.requests[1:]] == [
        "/networks/bridge/disconnect",
        "/networks/a%20b/disconnect",
    ]
    assert [json.loads(one.body) for one in server.requests[1:]] == [{"Container": "x"}] * 2


@pytest.mark.parametrize(
    ("networks", "running", "paused", "told"),
    [
        ({}, True, False, ["/networks/github-runner/connect"]),
        ({"github-runner": {}}, True, False, []),
        ({}, False, False, []),
        ({"github-runner": {}}, True, True, ["/containers/x/unpause"]),
        ({}, True, True, ["/containers/x/unpause", "/networks/github-runner/connect"]),
    ],
)
def test_a_running_container_gets_back_what_a_drain_took_from_it(
    tmp_path: Path, networks: dict[str, Any], running: bool, paused: bool, told: list[str]
) -> None:
    """That it goes on, and the network that it was made for, which Docker remembers."""
    described = {
        "Id": "x",
        "NetworkSettings": {"Networks": networks},
        "State": {"Running": running, "Paused": paused},
        "HostConfig": {"NetworkMode": "github-runner"},
    }
    replies = [answer(described), *([[http(204)]] if paused else []), answer(described), [http(200)]]
    with docker(tmp_path, *replies) as (engine, server):
        engine.reconnect("x")
    assert [one.target for one in server.requests if one.method == "POST"] == told


def test_a_container_is_held_still_and_let_go(tmp_path: Path) -> None:
    """One that goes on already needs no more, whatever the Engine's version says of it."""
    goes_on = answer({"State": {"Running": True, "Paused": False}})
    refused = [http(500, b'{"message": "Container x is not paused"}')]
    gone = [http(404, b'{"message": "No such container: x"}')]
    with docker(tmp_path, [http(204)], [http(204)], refused, goes_on, gone, gone) as (engine, server):
        engine.pause("x")
        for _time in range(3):
            engine.unpause("x")
    posts = [one.target for one in server.requests if one.method == "POST"]
    assert posts == ["/containers/x/pause", *["/containers/x/unpause"] * 3]


def test_a_container_that_stays_held_still_is_an_error(tmp_path: Path) -> None:
    """It is tried again."""
    paused = answer({"State": {"Running": True, "Paused": True}})
    refused = [http(500, b'{"message": "cannot thaw"}')]
    with docker(tmp_path, refused, paused) as (engine, _server), pytest.raises(EngineError, match="cannot thaw"):
        engine.unpause("x")


@pytest.mark.parametrize(
    ("shown", "sent"),
    [({"networks": {"eth0": {"tx_packets": 3, "rx_packets": 9}, "eth1": {"tx_packets": 4}}}, 7), ({}, 0)],
)
def test_what_a_container_has_sent_is_counted_over_all_its_networks(
    tmp_path: Path, shown: dict[str, Any], sent: int
) -> None:
    """Without the second that Docker takes for a sample of the processors."""
    described = {"Id": "x", "HostConfig": {"NetworkMode": "github-runner"}}
    with docker(tmp_path, answer(described), answer(shown)) as (engine, server):
        assert engine.sent("x") == sent
    assert server.requests[1].target == "/containers/x/stats?stream=false&one-shot=true"


def test_a_container_in_anothers_network_is_cut_off_with_that_one(tmp_path: Path) -> None:
    """A runner beside an Engine of its own uses that one's network, and has none to be taken away."""
    runner = {"Id": "x", "HostConfig": {"NetworkMode": "container:y"}, "NetworkSettings": {"Networks": {}}}
    runner["State"] = {"Running": True}
    beside = {"Id": "y", "HostConfig": {"NetworkMode": "net"}, "NetworkSettings": {"Networks": {"net": {}}}}
    apart = {**beside, "NetworkSettings": {"Networks": {}}, "State": {"Running": True}}
    replies = [answer(runner), answer(beside), [http(200)], answer(runner), answer(runner), answer(apart), [http(200)]]
    with docker(tmp_path, *replies) as (engine, server):
        engine.disconnect("x")
        engine.reconnect("x")
    assert [one.target for one in server.requests if one.method == "POST"] == [
        "/networks/net/disconnect",
        "/networks/net/connect",
    ]
    assert [json.loads(one.body) for one in server.requests if one.body] == [{"Container": "y"}] * 2


def test_a_container_whose_network_is_gone_with_another_is_left_as_it_is(tmp_path: Path) -> None:
    """There is nothing to cut off or to give back; its runner ends by itself."""
    runner = {
        "Id": "x",
        "HostConfig": {"NetworkMode": "container:y"},
        "NetworkSettings": {"Networks": {}},
        "State": {"Running": True},
    }
    gone = [http(404, b'{"message": "No such container: y"}')]
    replies = [*[answer(runner), gone] * 2, answer(runner), answer(runner), gone]
    with docker(tmp_path, *replies) as (engine, server):
        engine.disconnect("x")
        assert engine.sent("x") == 0
        engine.reconnect("x")
    assert {one.method for one in server.requests} == {"GET"}


@pytest.mark.parametrize(
    ("call", "target"),
    [
        (lambda engine: engine.discard_network("a b"), "/networks/a%20b"),
        (lambda engine: engine.discard_volume("a b"), "/volumes/a%20b"),
    ],
)
def test_what_is_gone_already_is_removed(tmp_path: Path, call: Any, target: str) -> None:
    """Somebody else was there first; anything else is an error."""
    gone, used = [http(404, b'{"message": "gone"}')], [http(409, b'{"message": "in use"}')]
    with docker(tmp_path, gone, used) as (engine, server):
        call(engine)
        with pytest.raises(EngineError, match="in use"):
            call(engine)
    assert {(one.method, one.target) for one in server.requests} == {("DELETE", target)}


def test_what_stands_beside_a_runner_is_made_and_found_by_its_labels(tmp_path: Path) -> None:
    """Docker names no volumes with null."""
    place = {"Mountpoint": "/var/lib/docker/volumes/x/_data"}
    replies = [answer({"Id": "n"}), answer(place), answer([{"Id": "n"}]), answer({"Volumes": None})]
    with docker(tmp_path, *replies) as (engine, server):
        engine.create_network("x", {"option": "1"}, {"a": "b"})
        assert engine.create_volume("x", {"a": "b"}) == place["Mountpoint"]
        assert engine.marked_networks({"a": "b"}) == [{"Id": "n"}]
        assert engine.marked_volumes({"a": "b"}) == []
    network, volume = (json.loads(one.body) for one in server.requests[:2])
    assert (network["Driver"], network["Options"], network["Labels"]) == ("bridge", {"option": "1"}, {"a": "b"})
    assert volume == {"Name": "x", "Labels": {"a": "b"}}
    assert {one.target.partition("=")[2] for one in server.requests[2:]} == {"%7B%22label%22%3A+%5B%22a%3Db%22%5D%7D"}


@pytest.mark.parametrize(
    ("reply", "runs"),
    [
        (answer({"State": {"Running": True}}), True),
        (answer({"State": {"Running": False}}), False),
        ([http(404, b'{"message": "No such container: x"}')], False),
    ],
)
def test_what_is_not_there_does_not_run(tmp_path: Path, reply: list[bytes], runs: bool) -> None:
    """Any other answer of Docker's tells nothing."""
    with docker(tmp_path, reply, [http(500)]) as (engine, _server):
        assert engine.runs("x") is runs
        with pytest.raises(EngineError):
            engine.runs("x")


def test_an_answer_in_drops_is_read_to_its_end(tmp_path: Path) -> None:
    """The end of an answer is the end of the connection, wherever it was cut on the way."""
    whole = answer({"Id": "x" * 5000})[0]
    with docker(tmp_path, [whole[start : start + 7] for start in range(0, len(whole), 7)]) as (engine, _server):
        assert engine.inspect("x") == {"Id": "x" * 5000}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"message": "No such container: x"}', "No such container: x"),
        (b"", "Docker answered 404"),
        (b"<html>", "Docker answered 404"),
        (b"[]", "Docker answered 404"),
    ],
)
def test_an_error_carries_dockers_sentence_and_status(tmp_path: Path, body: bytes, said: str) -> None:
    """The status decides, the sentence is shown."""
    with docker(tmp_path, [http(404, body)]) as (engine, _server), pytest.raises(EngineError, match=said) as caught:
        engine.inspect("x")
    assert caught.value.status == 404
    assert not isinstance(caught.value, EngineUnavailable)


@pytest.mark.parametrize(
    ("status", "call", "result"),
    [
        (404, lambda engine: engine.remove("x"), None),
        (409, lambda engine: engine.remove("x"), None),
        (404, lambda engine: engine.processes("x"), []),
        (409, lambda engine: engine.processes("x"), []),
    ],
)
def test_what_is_gone_already_is_no_error(
    tmp_path: Path, status: int, call: Callable[[Engine], Any], result: Any
) -> None:
    """The wanted end is there, whoever brought it about."""
    with docker(tmp_path, [http(status, b'{"message": "gone"}')]) as (engine, _server):
        assert call(engine) == result


@pytest.mark.parametrize("call", [lambda engine: engine.remove("x"), lambda engine: engine.processes("x")])
def test_a_fault_of_docker_is_not_hidden(tmp_path: Path, call: Callable[[Engine], Any]) -> None:
    """A container that could not be removed is not taken for removed, nor a job for ended."""
    with (
        docker(tmp_path, answer({"message": "cannot"}, 500)) as (engine, _server),
        pytest.raises(EngineError, match="cannot"),
    ):
        call(engine)


@pytest.mark.parametrize(
    "script",
    [
        pytest.param([], id="closed at once"),
        pytest.param([b"HTTP/1.0 200 OK\r\nContent-"], id="closed in the head"),
        pytest.param([http(200, b'{"Id": "x"', "Content-Length: 500")], id="closed in the body"),
        pytest.param([http(200)], id="no body"),
        pytest.param([stall], id="never answers"),
        pytest.param([http(200), stall], id="stops in the body"),
        pytest.param([b"\r\n\r\n"], id="no status line"),
        pytest.param([b"HELLO THERE\r\n\r\n"], id="another protocol"),
        pytest.param([http(200, b"<html>")], id="no JSON"),
    ],
)
def test_a_broken_answer_is_an_engine_that_does_not_answer(tmp_path: Path, script: list[Any]) -> None:
    """dockerd may be killed at any byte: the launcher waits for it and takes over what lives on."""
    with docker(tmp_path, script, timeout=0.3) as (engine, _server), pytest.raises(EngineUnavailable):
        engine.inspect("x")


def test_an_absent_engine_is_named_with_its_socket(tmp_path: Path) -> None:
    """The journal says where Docker was looked for."""
    path = str(tmp_path / "docker.sock")
    with pytest.raises(EngineUnavailable, match=path):
        Engine(path).inspect("x")
    socket.socket(socket.AF_UNIX).bind(path)
    with pytest.raises(EngineUnavailable, match="Connection refused"):
        Engine(path).inspect("x")


def test_output_is_followed_as_it_comes(tmp_path: Path) -> None:
    """What came with the head, what comes later, and the end; a frame in two halves is one piece."""
    later = threading.Event()
    whole = frame(b"2 two\n", 2)
    script = [http(200, frame(b"1 one\n") + whole[:5]), lambda: later.wait(5), whole[5:] + frame(b"3 three\n")]
    with docker(tmp_path, script) as (engine, server):
        stream = engine.follow("x", "7.000000001")
        pieces = stream.begun()
        assert stream.begun() == []
        later.set()
        while True:
            select.select([stream], [], [], 5)
            more = stream.read()
            if more is None:
                break
            pieces += more
        stream.close()
    assert pieces == [b"1 one\n", b"2 two\n", b"3 three\n"]
    query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(server.requests[0].target).query))
    assert query == {"stdout": "1", "stderr": "1", "follow": "1", "timestamps": "1", "since": "7.000000001"}


def test_a_quiet_runner_is_followed_for_longer_than_the_timeout(tmp_path: Path) -> None:
    """An idle runner prints nothing for hours: that is no failure of Docker's."""
    with docker(tmp_path, [http(200), stall, frame(b"late\n")], timeout=0.5) as (engine, _server):
        stream = engine.follow("x", "0")
        assert stream.begun() == []
        assert stream.read() == [b"late\n"]
        stream.close()


@pytest.mark.parametrize("status", [404, 500])
def test_what_cannot_be_followed_is_an_error(tmp_path: Path, status: int) -> None:
    """A container that is gone is told from an Engine in trouble."""
    with docker(tmp_path, answer({"message": "no"}, status)) as (engine, _server), pytest.raises(EngineError) as caught:
        engine.follow("x", "0")
    assert caught.value.status == status


@given(st.lists(st.binary(max_size=50), max_size=6), st.lists(st.integers(0, 400), max_size=8))
def test_frames_are_taken_apart_wherever_they_are_cut(payloads: list[bytes], cuts: list[int]) -> None:
    """The payloads come out whole and in order, for any cutting of the stream, and nothing of the headers with them."""
    data = b"".join(map(frame, payloads))
    bounds = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    decoder = FrameDecoder()
    found = [one for start, end in zip(bounds, bounds[1:]) for one in decoder.feed(data[start:end])]
    assert found == payloads


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"Action": "die", "Actor": {"Attributes": {"exitCode": "7"}}}\n', 7),
        (b'{"Action": "die", "Actor": {"Attributes": {"exitCode": "0"}}}\n{"Action": "die"', 0),
        (b"", None),
    ],
)
def test_a_death_is_read_from_the_events(tmp_path: Path, body: bytes, code: int | None) -> None:
    """The first one since a moment, with its exit code; None where there was none in time."""
    with docker(tmp_path, [http(200, body)]) as (engine, server):
        assert engine.death("x", "5.000000001", 0.1) == code
    [request] = server.requests
    path, _question, query = request.target.partition("?")
    asked = dict(urllib.parse.parse_qsl(query))
    assert (path, asked["since"]) == ("/events", "5.000000001")
    assert json.loads(asked["filters"]) == {"type": ["container"], "container": ["x"], "event": ["die"]}
    assert float(asked["until"]) > time.time() - 60


@pytest.mark.parametrize("body", [b"nonsense\n", b"{}\n", b'{"Actor": {"Attributes": {"exitCode": "x"}}}\n'])
def test_an_event_that_cannot_be_read_is_no_crash(tmp_path: Path, body: bytes) -> None:
    """Like every answer of Docker's."""
    with docker(tmp_path, [http(200, body)]) as (engine, _server), pytest.raises(EngineUnavailable):
        engine.death("x", "0", 0.1)
