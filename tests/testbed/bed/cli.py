# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command line of the test bed."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from . import docker, hosts, inventory, lifecycle, packages
from .errors import BedError
from .layout import GITHUB, HOST_PREFIX, REGISTRY, STATES, SUITES, State
from .process import run
from .progress import say
from .stand_in import StandIn

EXIT_BAD = 1
EXIT_INTERRUPTED = 130
JOB_POLL_SECONDS = 0.25


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code is 0 if all went well."""
    options = build_parser().parse_args(arguments)
    os.environ["PATH"] = packages.search_path(os.environ.get("PATH", os.defpath))
    try:
        return options.act(options, State.default()) or 0
    except BedError as exc:
        say(f"testbed: {exc}")
        return EXIT_BAD
    except BrokenPipeError:
        # Whoever read our output has had enough; Python must not complain about it once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_BAD
    except KeyboardInterrupt:
        say("testbed: interrupted; the same command takes up where this one stopped")
        return EXIT_INTERRUPTED


def build_parser() -> argparse.ArgumentParser:
    """The parser of all commands; each sets `act` to the function that does it."""
    parser = argparse.ArgumentParser(prog="testbed", description="Real hosts, a registry and a GitHub on one machine.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    up = commands.add_parser("up", help="bring the bed up; what is there stays")
    up.add_argument("--hosts", type=_positive, default=1, metavar="N", help="hosts there shall be at least (1)")
    up.add_argument(
        "--suite",
        dest="suites",
        type=_suites,
        default=SUITES[:1],
        metavar="A,B",
        help=f"Debian's releases that new hosts have in turn: {', '.join(SUITES)} ({SUITES[0]})",
    )
    up.add_argument("--bare", action="store_true", help="new hosts have no Docker Engine and no Python libraries")
    up.set_defaults(act=_up)

    down = commands.add_parser("down", help="remove the bed; built images stay")
    down.add_argument(
        "--all", action="store_true", help="every bed of this checkout, and the Docker Engine if a bed started it"
    )
    down.add_argument("--force", action="store_true", help="also remove the bed of another checkout")
    down.set_defaults(act=_down)

    for name, text, act in (
        ("inventory", "print the path of the inventory", _inventory),
        ("token-file", "print the path of the variables file with the token", _token_file),
        ("env", 'print shell exports for the control node: eval "$(testbed env)"', _env),
        ("runners", "print the runners GitHub knows, as JSON", _runners),
        ("jobs", "print the jobs GitHub was given, as JSON", _jobs),
        ("status", "print what runs, and where it is reached", _status),
    ):
        commands.add_parser(name, help=text).set_defaults(act=act)

    submit = commands.add_parser("submit", help="give GitHub a job")
    submit.add_argument("--labels", type=_labels, default=["self-hosted"], metavar="A,B", help="(self-hosted)")
    submit.add_argument("--name", help="the job's name")
    submit.add_argument("--scope", metavar="PATH", help="only for runners of it, such as orgs/acme")
    submit.add_argument("--wait", action="store_true", help="wait for its end, print its log, exit 0 if it succeeded")
    submit.add_argument("--timeout", type=float, default=300, metavar="S", help="how long to wait (300)")
    script = submit.add_mutually_exclusive_group(required=True)
    script.add_argument("script", nargs="?", metavar="SCRIPT", help="a file, or - for standard input")
    script.add_argument("-c", dest="commands", metavar="COMMANDS", help="the commands themselves")
    submit.set_defaults(act=_submit)

    load = commands.add_parser("load", help="give GitHub one job after another, and print how many")
    load.add_argument("--while", dest="flag", type=Path, required=True, metavar="FILE", help="for as long as it exists")
    load.add_argument("--queue", type=_positive, default=4, metavar="N", help="not while so many wait already (4)")
    load.add_argument("--every", type=float, default=1, metavar="S", help="seconds between two jobs (1)")
    load.add_argument("--most", type=_positive, default=1000, metavar="N", help="jobs at most (1000)")
    load.add_argument("-c", dest="commands", required=True, metavar="COMMANDS", help="what each job does")
    load.set_defaults(act=_load)

    token = commands.add_parser("add-token", help="let GitHub know another token, which is read from standard input")
    token.set_defaults(act=_add_token)

    push = commands.add_parser("push", help="serve a local image under a name of ghcr.io")
    push.add_argument("local", metavar="LOCAL")
    push.add_argument("remote", metavar="REMOTE")
    push.set_defaults(act=_push)

    fault = commands.add_parser("fault", help="make a server misbehave")
    fault.add_argument("server", choices=["github"])
    fault.add_argument("kind", type=_fault_kind, metavar="STATUS|slow|drop|portal|lie-busy|clear")
    fault.add_argument("--for", dest="duration", type=float, metavar="S", help="seconds it lasts (until `clear`)")
    fault.add_argument("--retry-after", type=int, metavar="S", help="seconds that the answer asks to wait")
    fault.add_argument("--path", metavar="REGEX", help="only requests whose path matches")
    fault.add_argument("--seconds", type=float, metavar="S", help="the delay of `slow`")
    fault.add_argument("--count", type=_positive, metavar="N", help="only the next N requests")
    fault.add_argument("--delete", choices=["204", "422"], help="how `lie-busy` answers DELETE of a busy runner (422)")
    fault.set_defaults(act=_fault)

    log = commands.add_parser("log", help="print every request GitHub received, one JSON object a line")
    log.add_argument("--since", type=int, default=0, metavar="N", help="only those after number N")
    log.set_defaults(act=_log)

    tell = commands.add_parser("tell", help="make a call of GitHub's admin API, and print its answer")
    tell.add_argument("method", choices=["GET", "POST", "PATCH", "DELETE"])
    tell.add_argument("path", metavar="PATH", help="such as /tokens: tests/testbed/github/README.md")
    tell.add_argument("body", nargs="?", type=json.loads, metavar="JSON")
    tell.set_defaults(act=_tell)

    shell = commands.add_parser("shell", help="open a shell on a host, or run a command there")
    shell.add_argument("host", metavar="HOST", help=f"such as {HOST_PREFIX}1")
    shell.add_argument("command", nargs=argparse.REMAINDER, metavar="COMMAND")
    shell.set_defaults(act=_shell)

    reboot = commands.add_parser("reboot", help="restart a host and wait until it is back")
    reboot.add_argument("host", metavar="HOST")
    reboot.set_defaults(act=_reboot)
    return parser


def fault_request(options: argparse.Namespace) -> dict[str, object]:
    """The body of a fault for the stand-in, from the command line."""
    wanted = {
        "kind": "status" if options.kind.isdigit() else options.kind,
        "status": int(options.kind) if options.kind.isdigit() else None,
        "seconds": options.seconds,
        "for": options.duration,
        "count": options.count,
        "retry_after": options.retry_after,
        "path": options.path,
        "delete": options.delete,
    }
    return {name: value for name, value in wanted.items() if value is not None}


def read_script(options: argparse.Namespace) -> str:
    """The script of a job. Raises BedError if the file cannot be read."""
    if options.commands is not None:
        return options.commands
    if options.script == "-":
        return sys.stdin.read()
    try:
        return Path(options.script).read_text()
    except OSError as exc:
        raise BedError(f"cannot read {options.script}: {exc.strerror}") from exc


def _up(options: argparse.Namespace, state: State) -> None:
    began = time.monotonic()
    lifecycle.up(state, options.hosts, bare=options.bare, suites=options.suites)
    ports = lifecycle.host_ports(state)
    say(f"the bed is up in {time.monotonic() - began:.1f} s: {' '.join(ports)}; inventory: {state.inventory}")


def _down(options: argparse.Namespace, state: State) -> None:
    # A name is a bed's for as long as its process: each of the others is taken down by one of its own.
    others = sorted(folder.name for folder in STATES.glob("*/") if folder != state.folder) if options.all else []
    for name in others:
        print(run([sys.executable, sys.argv[0], "down"], env={"TESTBED_NAME": name, "TESTBED_STATE": ""}), end="")
    lifecycle.down(state, force=options.force)
    if options.all:
        lifecycle.stop_engine()
    say("the bed is down")


def _inventory(_options: argparse.Namespace, state: State) -> None:
    _print_path(state.inventory)


def _token_file(_options: argparse.Namespace, state: State) -> None:
    _print_path(state.token_vars)


def _env(_options: argparse.Namespace, state: State) -> None:
    print(inventory.exports(state, lifecycle.proxy_port()), end="")


def _runners(_options: argparse.Namespace, _state: State) -> None:
    print(json.dumps(lifecycle.stand_in().call("GET", "/runners")["runners"], indent=2))


def _jobs(_options: argparse.Namespace, _state: State) -> None:
    print(json.dumps(lifecycle.stand_in().call("GET", "/jobs")["jobs"], indent=2))


def _load(options: argparse.Namespace, _state: State) -> None:
    github = lifecycle.stand_in()
    given = 0
    while options.flag.exists() and given < options.most:
        waiting = [job for job in github.call("GET", "/jobs")["jobs"] if job["status"] == "queued"]
        if len(waiting) < options.queue:
            github.call("POST", "/jobs", {"script": options.commands, "labels": ["self-hosted"]})
            given += 1
        time.sleep(options.every)
    print(given)


def _add_token(_options: argparse.Namespace, _state: State) -> None:
    token = {"token": sys.stdin.read().strip(), "scopes": ["admin:org", "repo"]}
    lifecycle.stand_in().call("POST", "/tokens", token)


def _status(_options: argparse.Namespace, state: State) -> None:
    ports = lifecycle.host_ports(state)
    for name in (GITHUB, REGISTRY):
        details = docker.container(name)
        print(f"{name:12} {details['State']['Status'] if details else 'absent'}")
    for name, port in ports.items():
        print(f"{name:12} running   ssh root@127.0.0.1 -p {port}")
    if not ports:
        print("no host: run `testbed up`")


def _submit(options: argparse.Namespace, _state: State) -> int:
    github = lifecycle.stand_in()
    body: dict[str, object] = {"script": read_script(options), "labels": options.labels}
    for key in ("name", "scope"):
        if getattr(options, key):
            body[key] = getattr(options, key)
    job = github.call("POST", "/jobs", body)["id"]
    if not options.wait:
        print(job)
        return 0
    try:
        seen = _wait_for_job(github, job, options.timeout)
    except (BedError, KeyboardInterrupt):
        # Nobody waits for it any more: it must not take a runner from whoever comes next.
        github.call("POST", f"/jobs/{job}/cancel")
        raise
    print(seen["log"], end="" if seen["log"].endswith("\n") else "\n")
    say(f"job {job} {seen['result']} on {seen['runner_name']} (exit code {seen['exit_code']})")
    return 0 if seen["result"] == "succeeded" else EXIT_BAD


def _wait_for_job(github: StandIn, job: int, seconds: float) -> dict[str, Any]:
    deadline = time.monotonic() + seconds
    while True:
        seen = github.call("GET", f"/jobs/{job}")
        if seen["status"] == "completed":
            return seen
        if time.monotonic() > deadline:
            raise BedError(
                f"job {job} was still {seen['status']} after {seconds:g} s and is cancelled: see `testbed runners`"
            )
        time.sleep(JOB_POLL_SECONDS)


def _push(options: argparse.Namespace, state: State) -> None:
    moved = lifecycle.registry(state).push(options.local, options.remote)
    say(f"{options.remote} is {options.local}" if moved else f"{options.remote} was {options.local} already")


def _fault(options: argparse.Namespace, _state: State) -> None:
    github = lifecycle.stand_in()
    if options.kind == "clear":
        github.call("DELETE", "/faults")
    else:
        github.call("POST", "/faults", fault_request(options))


def _log(options: argparse.Namespace, _state: State) -> None:
    for request in lifecycle.stand_in().call("GET", f"/log?since={options.since}")["requests"]:
        print(json.dumps(request))


def _tell(options: argparse.Namespace, _state: State) -> None:
    print(json.dumps(lifecycle.stand_in().call(options.method, options.path, options.body), indent=2))


def _shell(options: argparse.Namespace, state: State) -> None:
    command = hosts.ssh_command(state, lifecycle.host_port(state, options.host))
    words = options.command[1:] if options.command[:1] == ["--"] else options.command
    os.execvp(command[0], [*command, *words])


def _reboot(options: argparse.Namespace, state: State) -> None:
    lifecycle.reboot(state, options.host)


def _print_path(path: Path) -> None:
    if not path.exists():
        raise BedError("the bed is not up: run `testbed up`")
    print(path)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def _labels(text: str) -> list[str]:
    return [label.strip() for label in text.split(",") if label.strip()]


def _suites(text: str) -> tuple[str, ...]:
    suites = tuple(_labels(text))
    if not suites or set(suites) - set(SUITES):
        raise argparse.ArgumentTypeError(f"must be of {', '.join(SUITES)}")
    return suites


def _fault_kind(text: str) -> str:
    if text in ("slow", "drop", "portal", "lie-busy", "clear") or (text.isdigit() and 400 <= int(text) <= 599):
        return text
    raise argparse.ArgumentTypeError("must be an HTTP status from 400 to 599, slow, drop, portal, lie-busy or clear")
