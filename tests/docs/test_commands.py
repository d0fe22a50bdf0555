# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No command and no configuration stands in the documentation that would not work as it stands there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from ansible.config.manager import ConfigManager

from ansible_collections.socialgouv.actions_runner.tests.docs import blocks, commands, kit

SHELL = [one for one in blocks.all_blocks("shell") if one.page not in commands.WALKED or one.page == "README.md"]
#: Blocks of output and drawings: what writes them, or what fails when they are wrong.
OUTPUT = {
    "README.md": "tools/recording",
    "docs/explanation/architecture.md": "tests/unit/architecture",
    "docs/explanation/security.md": "molecule/isolation/verify.yml",
    "docs/reference/command-line.md": "tools/docs",
}
#: Words that begin so and are no variables.
NO_VARIABLES = ("github_runner_", "github_runner_hygiene_", "github_runner_metrics_")


@pytest.mark.parametrize("block", SHELL, ids=str)
def test_every_command_would_run(block: blocks.Block) -> None:
    """Its program takes these words, and what they name exists."""
    found = block.commands()
    assert found
    for words in found:
        commands.check(words)


@pytest.mark.parametrize("page", commands.WALKED)
def test_pages_that_are_walked_are_walked(page: str) -> None:
    """The scenario runs that very page."""
    scenario = blocks.ROOT / "molecule" / commands.WALKED[page]
    assert Path(page).name in (scenario / "converge.yml").read_text(encoding="utf-8")


def test_every_block_is_of_a_kind_that_something_holds() -> None:
    """A language that no test knows would be a block that nothing covers."""
    for block in blocks.all_blocks():
        assert block.language in ("shell", "yaml", "ini", "text", "dockerfile", "{toctree}"), (
            f"{block}: nothing covers this block"
        )


def test_every_output_has_something_that_writes_or_holds_it() -> None:
    """What is shown as a program's output was a program's output."""
    for block in blocks.all_blocks("text"):
        assert block.page in OUTPUT, f"{block}: nothing covers this block"
        assert (blocks.ROOT / OUTPUT[block.page]).exists()


@pytest.mark.parametrize("block", blocks.all_blocks("dockerfile"), ids=str)
def test_every_dockerfile_is_of_github_s_image_and_ends_as_its_user(block: blocks.Block) -> None:
    """A runner does not run as root; between the two, only instructions that are known here."""
    first, *others, last = block.text.splitlines()
    assert first.startswith("FROM ghcr.io/actions/actions-runner:")
    assert {line.split()[0] for line in others} <= {"USER", "RUN"}
    assert last == "USER runner"


@pytest.mark.parametrize("block", blocks.all_blocks("ini"), ids=str)
def test_every_setting_is_ansible_s(block: blocks.Block) -> None:
    """Section and key are in Ansible's own list of settings."""
    known = {
        (entry["section"], entry["key"])
        for setting in ConfigManager().get_configuration_definitions(ignore_private=True).values()
        for entry in setting.get("ini", [])
    } | {("ssh_connection", "pipelining")}
    section = ""
    for line in block.text.splitlines():
        if match := re.fullmatch(r"\[(\w+)\]", line):
            section = match[1]
        elif match := re.fullmatch(r"(\w+) = \S.*", line):
            assert (section, match[1]) in known, f"{block}: Ansible has no [{section}] {match[1]}"
        else:
            assert line.startswith("#"), f"{block}: {line}"


@pytest.mark.parametrize("page", blocks.pages(), ids=str)
def test_every_variable_exists(page: Path) -> None:
    """Also those that a sentence names."""
    text = (blocks.ROOT / page).read_text(encoding="utf-8")
    known = kit.variables() | {one for name in kit.playbooks() for one in kit.playbook_variables(name)}
    known |= _metrics()
    named = set(re.findall(r"(?<![\w.])github_runner_[a-z_]+", text)) - set(NO_VARIABLES)
    assert named <= known


@pytest.mark.parametrize("page", blocks.pages(), ids=str)
def test_every_playbook_that_is_named_exists(page: Path) -> None:
    """In full, ``socialgouv.actions_runner.NAME``, it is a playbook, a module, a filter or the role."""
    text = (blocks.ROOT / page).read_text(encoding="utf-8")
    for name in re.findall(rf"{re.escape(kit.NAMESPACE)}\.([a-z_]+)", text):
        there = [
            blocks.ROOT / "playbooks" / f"{name}.yml",
            blocks.ROOT / "plugins" / "modules" / f"{name}.py",
            blocks.ROOT / "plugins" / "filter" / f"{name}.py",
            blocks.ROOT / "roles" / name,
        ]
        assert any(path.exists() for path in there), name


@pytest.mark.parametrize("name", kit.playbooks())
def test_a_playbook_describes_each_variable_of_its_own(name: str) -> None:
    """What it reads beside the role's variables stands in its comment, and so on its page; nothing else does."""
    text = (blocks.ROOT / "playbooks" / f"{name}.yml").read_text(encoding="utf-8").partition("\n- name:")[2]
    texts = [text]
    for include in re.findall(r"import_tasks: (tasks/\w+\.yml)", text):
        # What each playbook ends with is described where its table is: at status.
        if include != "tasks/report.yml" or name == "status":
            texts.append((blocks.ROOT / "playbooks" / include).read_text(encoding="utf-8"))
    used = set(re.findall(r"(?<!_)github_runner_[a-z_]+", "".join(texts)))
    own = used - kit.variables() - {"github_runner_serial", "github_runner_max_fail_percentage"}
    described = {variable for variable, _text, _default in kit.playbooks()[name].variables}
    assert own == described


def test_the_tutorial_s_workflow_asks_for_its_runners() -> None:
    """The labels of the workflow are those that the inventory of the same page gives."""
    written = {
        block.title: yaml.safe_load(block.text)
        for block in blocks.read(Path("docs/tutorial.md"))
        if block.title.endswith(".yml")
    }
    [job] = written[".github/workflows/hello.yml"]["jobs"].values()
    labels = written["inventory.yml"]["github_runners"]["vars"]["github_runner_labels"]
    assert set(job["runs-on"]) == {"self-hosted", "linux", *labels}


def _metrics() -> set[str]:
    from docs_kit import metrics

    return {f"github_runner_{one.name}" for one in metrics.families()}
