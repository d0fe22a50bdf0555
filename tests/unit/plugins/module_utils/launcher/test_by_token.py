# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A container that registers itself is told what its image reads, and its token is in no variable."""

from __future__ import annotations

import dataclasses
import subprocess
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import (
    by_token,
    container,
    pool,
    surroundings,
)
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.errors import Trouble

POOL = pool.Pool("default", "https://github.com/acme", "runner:1", ("self-hosted", "gpu"), registration="token")
RUNNER = "default-host-1-0123456789abcd"
TOKEN = "AABF3JGZDX3P5PMEXLND6TS6FCWO6"
MYOUNG34 = {
    "Entrypoint": ["/entrypoint.sh"],
    "Cmd": ["./bin/Runner.Listener", "run", "--startuptype", "service"],
    "WorkingDir": "/actions-runner",
}


def body(config: pool.Pool, image: dict[str, Any]) -> dict[str, Any]:
    around = surroundings.Surroundings("github-runner.slice", config.network)
    plain = container.create_body(config, "1", "01234567", RUNNER, around)
    return by_token.shape(plain, config, RUNNER, image, around)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://github.com/acme", {"RUNNER_SCOPE": "org", "ORG_NAME": "acme", "GITHUB_HOST": "github.com"}),
        (
            "https://ghes.example.org/acme/widgets",
            {
                "RUNNER_SCOPE": "repo",
                "REPO_URL": "https://ghes.example.org/acme/widgets",
                "GITHUB_HOST": "ghes.example.org",
            },
        ),
        (
            "https://acme.ghe.com/enterprises/acme-group",
            {"RUNNER_SCOPE": "ent", "ENTERPRISE_NAME": "acme-group", "GITHUB_HOST": "acme.ghe.com"},
        ),
    ],
)
@pytest.mark.parametrize("group", ["", "gpu machines"])
def test_an_image_with_an_entrypoint_gets_the_variables_of_the_readme(
    url: str, told: dict[str, str], group: str
) -> None:
    """Those, and no others but its own group; the launcher deregisters, the variables go once they have served."""
    config = dataclasses.replace(POOL, url=url, runner_group="" if told["RUNNER_SCOPE"] == "repo" else group)
    made = body(config, MYOUNG34)
    assert (made["Entrypoint"], made["Cmd"]) == (MYOUNG34["Entrypoint"], MYOUNG34["Cmd"])
    assert made["WorkingDir"] == "/actions-runner"
    assert dict(one.split("=", 1) for one in made["Env"] if one not in container.ENVIRONMENT) == {
        **told,
        **({"RUNNER_GROUP": group} if config.runner_group else {}),
        "RUNNER_NAME": RUNNER,
        "LABELS": "self-hosted,gpu",
        "NO_DEFAULT_LABELS": "true",
        "RUNNER_WORKDIR": "/home/runner/_work",
        "EPHEMERAL": "true",
        "DISABLE_AUTO_UPDATE": "true",
        "DISABLE_AUTOMATIC_DEREGISTRATION": "true",
        "UNSET_CONFIG_VARS": "true",
        "BASH_ENV": "/actions-runner/.registration",
    }


@pytest.fixture
def official(tmp_path: Path) -> Path:
    """The folder of an official image whose scripts write down how they were called."""
    for name, text in {
        "config.sh": 'printf "%s\n" "$@" >config.arguments\nenv >config.environment\n[ ! -e {file} ] || echo left',
        "run.sh": "env >run.environment\n{ tr '\\0' ' ' </proc/$$/cmdline; } >run.cmdline",
    }.items():
        text = text.replace("{file}", by_token.FILE).replace("{{", "{").replace("}}", "}")
        (tmp_path / name).write_text(f"#!/bin/bash\n{text}\n")
        (tmp_path / name).chmod(0o755)
    (tmp_path / by_token.FILE).write_bytes(by_token.file(TOKEN))
    return tmp_path


def test_an_image_without_one_runs_its_own_config(official: Path) -> None:
    """Ephemeral, with exactly these labels; the token is in no argument, and gone before a job can come."""
    made = body(dataclasses.replace(POOL, runner_group="gpu machines"), {"Entrypoint": None})
    assert (made["Entrypoint"], made["WorkingDir"]) == ([], container.HOME)
    assert not [one for one in made["Env"] if one not in container.ENVIRONMENT]
    done = subprocess.run(made["Cmd"], cwd=official, capture_output=True, text=True, check=True)
    assert done.stdout == ""
    assert (official / "config.arguments").read_text().splitlines() == [
        *("--unattended", "--ephemeral", "--disableupdate", "--url", "https://github.com/acme", "--name", RUNNER),
        *("--no-default-labels", "--labels", "self-hosted,gpu", "--work", "_work", "--runnergroup", "gpu machines"),
    ]
    assert f"ACTIONS_RUNNER_INPUT_TOKEN={TOKEN}" in (official / "config.environment").read_text().splitlines()
    assert TOKEN not in (official / "run.environment").read_text()
    assert not (official / by_token.FILE).exists()


@pytest.mark.parametrize("broken", ["config.sh", by_token.FILE])
def test_what_cannot_register_does_not_run(official: Path, broken: str) -> None:
    """The launcher sees that the container ended, and backs off."""
    (official / broken).write_text("exit 1\n")
    made = body(POOL, {})
    assert subprocess.run(made["Cmd"], cwd=official, capture_output=True, check=False).returncode == 1
    assert not (official / "run.environment").exists()


def test_the_file_serves_one_shell_once(tmp_path: Path) -> None:
    """A script of bash's finds RUNNER_TOKEN, none of its children does, and neither is there a file for them."""
    path = tmp_path / by_token.FILE
    path.write_bytes(by_token.file(TOKEN))
    script = tmp_path / "entrypoint.sh"
    script.write_text('echo "$RUNNER_TOKEN"; export -n RUNNER_TOKEN; env; bash -c "echo child: $BASH_ENV"')
    done = subprocess.run(
        ["bash", script],
        env={"BASH_ENV": str(path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[0] == TOKEN
    assert done.stdout.count(TOKEN) == 1
    assert "BASH_ENV=" not in done.stdout
    assert not path.exists()


@pytest.mark.parametrize("token", ["", "a'b", "$(reboot)", "a b", "x" * 513, "a\nb"])
def test_a_token_that_is_none_becomes_no_script(token: str) -> None:
    """A hostile server runs nothing in a container."""
    with pytest.raises(Trouble, match="cannot be read"):
        by_token.file(token)
