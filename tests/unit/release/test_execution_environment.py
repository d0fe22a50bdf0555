# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ansible-builder takes our execution environment, and finds in the archive what a control node needs."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
DEFINITION = ROOT / "docs" / "execution-environment.yml"


def builder(*words: str | Path) -> str:
    """What ansible-builder says; it must end well."""
    done = subprocess.run(["ansible-builder", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def found(built: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What ansible-builder reads out of the installed collection, without the remarks where it has it from."""
    collections = tmp_path_factory.mktemp("collections")
    installed = collections / "ansible_collections" / "socialgouv" / "actions_runner"
    installed.mkdir(parents=True)
    # tarfile's filter is not in every Python that is supported.
    subprocess.run(["tar", "--extract", f"--file={built}", f"--directory={installed}"], check=True)
    told = yaml.safe_load(builder("introspect", collections))
    return {kind: [line.split("  #")[0] for line in lines] for kind, lines in told.items()}


def test_a_control_node_needs_no_library(found: dict[str, list[str]]) -> None:
    """Beside ansible-core."""
    assert found["python"] == []


@pytest.mark.parametrize(("platform", "ssh"), [("dpkg", "openssh-client"), ("rpm", "openssh-clients")])
def test_it_needs_openssl_and_ssh_by_the_names_of_each_family(
    found: dict[str, list[str]], platform: str, ssh: str
) -> None:
    """Small base images have neither."""
    assert sorted(line for line in found["system"] if f"[platform:{platform}]" in line) == [
        f"{ssh} [platform:{platform}]",
        f"openssl [platform:{platform}]",
    ]


def test_the_definition_in_the_docs_is_taken(tmp_path: Path) -> None:
    """The newest version of the schema, whole: what comes out is ready for `podman build`."""
    assert yaml.safe_load(DEFINITION.read_text())["version"] == 3
    builder("create", "--file", DEFINITION, "--context", tmp_path, "--output-filename", "Containerfile")
    containerfile = (tmp_path / "Containerfile").read_text()
    assert "ansible-core>=2.19" in containerfile
    # The base image has its Python elsewhere than ansible-builder looks, no git, and no list of packages.
    assert 'ARG PYCMD="/usr/local/bin/python3"' in containerfile
    assert "RUN apt-get update && apt-get install -y --no-install-recommends git" in containerfile
    wanted = yaml.safe_load((tmp_path / "_build" / "requirements.yml").read_text())
    assert [collection["name"] for collection in wanted["collections"]] == [
        f"{yaml.safe_load((ROOT / 'galaxy.yml').read_text())['repository']}.git"
    ]


def test_a_wrong_definition_is_not(tmp_path: Path) -> None:
    """So the test above says something."""
    wrong = yaml.safe_load(DEFINITION.read_text()) | {"dependencies": {"galaxies": {}}}
    (tmp_path / "wrong.yml").write_text(yaml.safe_dump(wrong))
    with pytest.raises(AssertionError, match="galaxies"):
        builder("create", "--file", tmp_path / "wrong.yml", "--context", tmp_path)
