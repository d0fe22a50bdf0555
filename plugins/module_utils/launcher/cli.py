# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command line of the launcher."""

from __future__ import annotations

import argparse
import os
import sys
from types import SimpleNamespace

from . import VERSION, host, names
from .engine import Engine, EngineError
from .errors import Trouble
from .paths import Paths


def main() -> int:
    """Run one subcommand; gives the exit code."""
    arguments = _resident(sys.argv[1:]) or _parser().parse_args()
    if os.geteuid() != 0 and arguments.command != "status":
        sys.stderr.write("github-runner: run it as root\n")
        return 2
    try:
        return int(arguments.run(arguments, Paths()))
    except names.InvalidName as error:
        sys.stderr.write(f"github-runner: {error}\n")
        return 2
    except (Trouble, EngineError) as error:
        sys.stderr.write(f"github-runner: {error}\n")
    except OSError as error:
        sys.stderr.write(f"github-runner: {error.filename or 'this host'}: {error.strerror or error}\n")
    return 1


def _resident(words: list[str]) -> SimpleNamespace | None:
    """What the units call, read without a parser: it would stay in memory for as long as the instance."""
    if len(words) != 2 or words[0] != "launch" or words[1].startswith("-"):
        return None
    return SimpleNamespace(command="launch", run=_launch, instance=words[1])


def _parser() -> argparse.ArgumentParser:
    from . import meanings

    parser = argparse.ArgumentParser(prog="github-runner", description="Ephemeral GitHub Actions runners of this host.")
    parser.add_argument("--version", action="version", version=f"github-runner {VERSION}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    launch = commands.add_parser("launch", help="keep one instance going (what the unit runs)")
    launch.add_argument("instance", metavar="INSTANCE")
    launch.set_defaults(run=_launch)

    drain = commands.add_parser("drain", help="take no new job, let the running one end, then stop")
    drain.add_argument("instances", metavar="INSTANCE", nargs="+")
    drain.add_argument("--force", action="store_true", help="end the running job too")
    drain.set_defaults(run=_drain)

    status = commands.add_parser(
        "status",
        help="show every instance",
        epilog=meanings.text(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    status.add_argument("--json", action="store_true", help="for programs")
    status.set_defaults(run=_status)

    reconcile = commands.add_parser("reconcile", help="make GitHub's registrations and this host's containers agree")
    reconcile.set_defaults(run=_reconcile)

    hygiene = commands.add_parser("hygiene", help="remove what jobs have left in Docker")
    hygiene.add_argument("--dry-run", action="store_true", help="only say what would be removed")
    hygiene.set_defaults(run=_hygiene)
    metrics = commands.add_parser("metrics", help="what there is to count, for Prometheus")
    metrics.add_argument(
        "--output", metavar="FILE", help="where node_exporter's textfile collector reads it (print it)"
    )
    metrics.set_defaults(run=_metrics)
    return parser


def _launch(arguments: SimpleNamespace | argparse.Namespace, paths: Paths) -> int:
    from .signals import Signals

    # First of all: a drain that came before would end this process, and nobody would look after its container.
    signals = Signals()
    from . import life
    from .memory import Memory
    from .offload import Offloaded
    from .remote import Remote

    names.parse_instance(arguments.instance)
    try:
        # In a child process: OpenSSL, which makes the host's mark, stays in memory where it is once loaded.
        here = host.Host(*Offloaded(lambda: host.read(paths)).result())
    except Trouble as trouble:
        return life.wait_in_vain(arguments.instance, paths, signals, trouble)
    engine = Engine(paths.docker_socket)
    memory = Memory()
    registrar = Remote(paths, engine, memory)
    return life.Life(
        arguments.instance,
        here,
        paths,
        engine,
        registrar,
        signals,
        offload=lambda call, warm=None: Offloaded(call, warm, memory),
    ).run()


def _drain(arguments: argparse.Namespace, paths: Paths) -> int:
    from . import drain, systemd

    units = [names.unit_name(instance) for instance in arguments.instances if names.parse_instance(instance)]
    if arguments.force:
        systemd.systemctl("kill", "--kill-who=main", "--signal=SIGQUIT", *units)
    code = systemd.systemctl("stop", *units)
    engine = Engine(paths.docker_socket)
    for instance in arguments.instances:
        left = drain.left_running(paths, engine, instance, arguments.force)
        if left:
            sys.stderr.write(f"github-runner: {left}\n")
            code = 1
    return code


def _status(arguments: argparse.Namespace, paths: Paths) -> int:
    from . import status

    document = status.collect(paths, host.read(paths))
    colours = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    sys.stdout.write(status.as_json(document) if arguments.json else status.table(document, colours=colours))
    return 0


def _reconcile(_arguments: argparse.Namespace, paths: Paths) -> int:
    from .reconcile import Reconciliation
    from .registrar import Registrar

    engine = Engine(paths.docker_socket)
    return 1 if Reconciliation(paths, engine, host.read(paths), Registrar(paths, engine)).run() else 0


def _hygiene(arguments: argparse.Namespace, paths: Paths) -> int:
    from . import hygiene
    from .engine_stores import Stores

    hygiene.Hygiene(paths, Stores(paths.docker_socket), host.read(paths), arguments.dry_run).run()
    return 0


def _metrics(arguments: argparse.Namespace, paths: Paths) -> int:
    from . import metrics

    text = metrics.render(metrics.collect(paths, Engine(paths.docker_socket)))
    if arguments.output:
        metrics.write(arguments.output, text)
    else:
        sys.stdout.write(text)
    return 0
