# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The README's section on support, made of what tools/support wrote down and of nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
RECORDS = ROOT / "tests" / "support"
README = ROOT / "README.md"
BEGIN = "<!-- support: begin -->"
END = "<!-- support: end -->"

Record = dict[str, Any]


def records() -> list[Record]:
    """All that was written down, the oldest release first."""
    found = [json.loads(path.read_text()) for path in RECORDS.glob("*.json")]
    return sorted(found, key=lambda record: _version(record.get("ansible-core", record["python"])))


def render(found: list[Record]) -> str:
    """The tables and the sentence between the markers."""
    cores = [record for record in found if "ansible-core" in record]
    pythons = [record for record in found if "ansible-core" not in record]
    # Those of a rollout that failed were not asked.
    hosts = next((record["rollout"]["hosts"] for record in reversed(cores) if record["rollout"]["hosts"]), [])
    where = " and ".join(_major(host["release"]) for host in hosts)
    parts = [
        _table(
            ("ansible-core", "on Python", "`ansible-test sanity`", "unit tests", f"rollout to {where}", "tried on"),
            [
                (
                    record["ansible-core"] + ("" if record["released"] else " (pre-release)"),
                    record["python"],
                    _outcome(record["sanity"]),
                    _outcome(record["unit"]),
                    _outcome(record["rollout"]),
                    record["date"],
                )
                for record in cores
            ],
        ),
        _table(
            ("host", "systemd", "Docker Engine", "Python", "python3-docker", "OpenSSL"),
            [
                (*(host[key] for key in ("release", "systemd", "docker", "python", "python3-docker", "openssl")),)
                for host in hosts
            ],
        ),
        *(
            f"What runs on hosts, modules and launcher, on Python {record['python']}: "
            f"unit tests {_outcome(record['unit'])}, {record['date']}."
            for record in pythons
        ),
    ]
    return "\n\n".join(parts)


def between(text: str) -> str:
    """What stands between the markers."""
    return text.partition(BEGIN)[2].partition(END)[0].strip()


def write() -> None:
    """Put the section into the README anew."""
    text = README.read_text()
    before, _begin, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    README.write_text(f"{before}{BEGIN}\n{render(records())}\n{END}{after}")


def _table(heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [heads, ("---",) * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _outcome(result: Record) -> str:
    count = f"{result['tests']} " if "tests" in result else ""
    return count + ("passed" if result["passed"] else "**failed**")


def _major(release: str) -> str:
    return release.partition(".")[0]


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".")[:2])


if __name__ == "__main__":
    write()
