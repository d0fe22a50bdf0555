# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A plan names the first step that has something to do and all after it, and changes nothing."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from ansible_collections.socialgouv.actions_runner.plugins.module_utils._failure import Failure
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import files, sealed
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.paths import Paths
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.steps import (
    cipher_network,
    images,
    micro_cipher,
    plan,
    runner_pool,
    runner_unit,
)

ROLE = Path(__file__).resolve().parents[5] / "roles" / "github_runner"
KEY = "-----BEGIN PUBLIC KEY-----\nMIICIjANBgkq\n-----END PUBLIC KEY-----\n"
INSTANCES = [{"name": "1", "state": "idle"}]


class Host:
    """A host whose steps do what they are told to, and where a credential is sealed for the key in force."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch):
        self.actions: dict[str, list[str]] = {}  #: what a step would do
        self.fails: dict[str, Exception] = {}
        self.settled = True
        self.asked: list[str] = []
        self.warnings: list[str] = []
        self.paths = Paths(str(root))
        self.params: dict[str, Any] = {"cipher_network": {}, "micro_cipher": {}, "until": None}
        self.params["images"] = {"images": ["runner:1"]}
        self.params["runner_unit"] = {"pools": [{"url": "https://github.com/acme"}]}
        self.params["runner_pool"] = {"count": 1}
        self.params["credentials"] = [{"name": "default"}]
        for step in (images, cipher_network, micro_cipher, runner_unit, runner_pool):
            monkeypatch.setattr(step, "work", self._step(step.__name__.rpartition(".")[2]))
        monkeypatch.setattr(runner_pool, "is_settled", lambda _part: self.settled)
        monkeypatch.setattr(plan, "Paths", lambda: self.paths)
        monkeypatch.setattr(shutil, "which", lambda program: f"/usr/bin/{program}")
        Path(self.paths.sealed_dir).mkdir(mode=0o700, parents=True)
        self.seal(KEY)

    def seal(self, key: str) -> None:
        found = sealed.Sealed(sealed.fingerprint(key), "0f", b"ciphertext")
        files.write(self.paths.sealed("default"), found.dump().encode(), 0o600)

    def _step(self, name: str) -> Any:
        def work(part: Any) -> dict[str, Any]:
            assert part.check_mode
            self.asked.append(name)
            part.warn(f"{name} warns")
            if name in self.fails:
                raise self.fails[name]
            actions = self.actions.get(name, [])
            return {"changed": bool(actions), "actions": actions, "public_key": KEY, "instances": INSTANCES}

        return work

    def plan(self) -> dict[str, Any]:
        return plan.work(
            SimpleNamespace(params=self.params, check_mode=False, run_command=None, warn=self.warnings.append)
        )


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    return Host(tmp_path, monkeypatch)


def test_a_host_that_is_as_wanted_has_nothing_to_do(host: Host) -> None:
    """Every step was asked, in check mode; what the table and the action plugin need is told."""
    found = host.plan()
    assert (found["steps"], found["why"], found["changed"]) == ([], "", False)
    assert (found["public_key"], found["instances"], found["_verifiers"]) == (KEY, INSTANCES, {"default": "0f"})
    assert host.asked == ["images", "cipher_network", "micro_cipher", "runner_unit", "runner_pool"]
    assert host.warnings == [f"{name} warns" for name in host.asked]


@pytest.mark.parametrize("step", ["images", "cipher_network", "micro_cipher", "runner_unit", "runner_pool"])
@pytest.mark.parametrize("fails", [False, True])
def test_from_the_first_that_has_something_to_do_on_all_are_run(host: Host, step: str, fails: bool) -> None:
    """One that would fail says so itself. Nothing after it is asked, and each warning is said once."""
    if fails:
        host.fails[step] = Failure("cannot be")
    else:
        host.actions[step] = ["Did it"]
    found = host.plan()
    assert found["steps"] == list(plan.ORDER[plan.ORDER.index(step) :])
    assert found["why"] == ("cannot be" if fails else "Did it")
    assert host.asked[-1] == step
    assert f"{step} warns" not in host.warnings


def test_without_docker_everything_is_to_be_done(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its packages first."""
    monkeypatch.setattr(shutil, "which", lambda program: None if program == "nft" else program)
    found = host.plan()
    assert (found["steps"], found["why"], host.asked) == (list(plan.ORDER), "missing: nft", [])
    assert found["missing"] == ["nft"]


@pytest.mark.parametrize("there", ["nothing", "another key's", "damaged"])
def test_what_micro_cipher_cannot_open_is_sealed_again(host: Host, there: str) -> None:
    """As after a reboot."""
    if there == "nothing":
        Path(host.paths.sealed("default")).unlink()
    elif there == "damaged":
        files.write(host.paths.sealed("default"), b"{", 0o600)
    else:
        host.seal(KEY.replace("MIIC", "AAAA"))
    found = host.plan()
    assert found["steps"] == ["sealed_token", "runner_unit", "runner_pool"]
    assert found["why"] == "pool default has no credential that can be opened"


@pytest.mark.parametrize("wait", [True, False])
def test_instances_that_do_not_serve_are_waited_for(host: Host, wait: bool) -> None:
    """By the step that knows how, if it is to wait."""
    host.settled = False
    host.params["runner_pool"]["wait"] = wait
    assert host.plan()["steps"] == (["runner_pool"] if wait else [])


def test_a_plan_may_end_early(host: Host) -> None:
    """Where only a later step could tell, as of images that need a login."""
    host.params["until"] = "sealed_token"
    assert host.plan()["steps"] == ["sealed_token", "runner_unit", "runner_pool"]
    host.actions["images"] = ["Pulled"]
    assert host.plan()["steps"] == list(plan.ORDER[1:])


def test_a_credential_does_not_come_to_the_host(host: Host) -> None:
    """Not even into a plan."""
    host.params["credentials"][0]["token"] = "ghp_x"
    assert "a credential must not come to the host" in host.plan()["why"]


def test_wrong_options_are_the_steps_to_name(host: Host) -> None:
    """With the words of its own check."""
    host.params["images"] = {"images": ["runner:1"], "pull": "sometimes"}
    found = host.plan()
    assert found["steps"] == list(plan.ORDER[1:])
    assert "value of pull must be one of" in found["why"]


def test_the_role_asks_for_what_it_will_do() -> None:
    """Each step's options are in its plan as they are in its task, but for what no plan can tell."""
    tasks = {}
    for path in (ROLE / "tasks").glob("*.yml"):
        for task in yaml.safe_load(path.read_text()):
            name = next((key for key in task if key.startswith("socialgouv.")), "")
            if path.stem != "private_images" and name:
                tasks[name.rpartition(".")[2]] = dict(task[name])
    planned = tasks.pop("runner_plan")
    assert tasks["images"].pop("state") == "{{ __github_runner_image_state | default(omit) }}"
    assert tasks["sealed_token"].pop("public_key")
    assert tasks.pop("sealed_token") == {"pools": planned.pop("credentials")}
    steps = set(plan.ORDER) - {"docker", "sealed_token"}
    assert {name: tasks[name] for name in steps} == {name: planned[name] for name in steps}
    variables = yaml.safe_load((ROLE / "vars" / "main.yml").read_text())
    assert variables["__github_runner_all_steps"] == list(plan.ORDER)


def test_the_role_runs_a_step_where_the_plan_names_it() -> None:
    """Each under its own name, and none without being asked for."""
    asked = {}
    for task in yaml.safe_load((ROLE / "tasks" / "main.yml").read_text()):
        asked[task["ansible.builtin.import_tasks"]] = str(task.get("when", ""))
    named = ("docker", "images", "network", "micro_cipher", "seal", "unit", "instances")
    assert len(named) == len(plan.ORDER)
    for file, step in zip(named, plan.ORDER):
        assert f"'{step}' in __github_runner_steps" in asked[f"{file}.yml"]
