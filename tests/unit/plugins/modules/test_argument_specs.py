# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the documentation promises is what a module takes, and the collection's lists name every module."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

COLLECTION = "ansible_collections.socialgouv.actions_runner"
ROOT = Path(__file__).resolve().parents[4]
NAMES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py") if path.stem != "__init__")
# Whole in its action plugin: there is nothing of it on a host.
ACTION_ONLY = {"fleet_report", "runner_check", "runner_registrations"}
MODULES = [name for name in NAMES if name not in ACTION_ONLY]
FRAGMENTS = importlib.import_module(f"{COLLECTION}.plugins.doc_fragments._attributes").ModuleDocFragment


class Taken(BaseException):
    """How AnsibleModule was called."""


def module(name: str) -> Any:
    return importlib.import_module(f"{COLLECTION}.plugins.modules.{name}")


def call_of(name: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The arguments with which a module's ``main`` makes its AnsibleModule."""

    def take(**arguments: Any) -> None:
        raise Taken(arguments)

    one = module(name)
    monkeypatch.setattr(one, "AnsibleModule", take)
    with pytest.raises(Taken) as caught:
        one.main()
    return caught.value.args[0]


def spec_of(name: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The options that a module takes, or its action plugin where that is the whole of it."""
    if name in ACTION_ONLY:
        if sys.version_info < (3, 11):
            pytest.skip("for the control node alone, where every ansible-core that is supported needs 3.11")
        return importlib.import_module(f"{COLLECTION}.plugins.action.{name}").SPEC["argument_spec"]
    return call_of(name, monkeypatch)["argument_spec"]


def documented(name: str) -> dict[str, Any]:
    return yaml.safe_load(module(name).DOCUMENTATION)


def described(options: dict[str, Any], nested: str) -> dict[str, Any]:
    """What of an option stands on both sides, in one form for both; private options are left out."""
    return {
        name: {
            "type": option.get("type", "str"),
            "elements": option.get("elements"),
            "required": option.get("required", False),
            "default": option.get("default"),
            "choices": option.get("choices"),
            "options": described(option.get(nested) or {}, nested),
        }
        for name, option in options.items()
        if not name.startswith("_")
    }


@pytest.mark.parametrize("name", NAMES)
def test_the_options_are_the_documented_ones(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Types, defaults, choices, at every depth."""
    spec = spec_of(name, monkeypatch)
    assert described(spec, "options") == described(documented(name)["options"], "suboptions")


@pytest.mark.parametrize("name", NAMES)
def test_attributes_are_told(name: str) -> None:
    """Check mode, diff mode, idempotence, platform and action group, for each module."""
    documentation = documented(name)
    told: dict[str, Any] = {}
    for fragment in documentation["extends_documentation_fragment"]:
        part = (fragment.split(".")[3:] or ["documentation"])[0].upper()
        for attribute, facts in yaml.safe_load(getattr(FRAGMENTS, part))["attributes"].items():
            told.setdefault(attribute, {}).update(facts)
    for attribute, facts in documentation.get("attributes", {}).items():
        told.setdefault(attribute, {}).update(facts)
    assert set(told) >= {"check_mode", "diff_mode", "idempotent", "platform", "action_group"}
    assert not [attribute for attribute, facts in told.items() if "support" not in facts]


@pytest.mark.parametrize("name", MODULES)
def test_every_module_runs_in_check_mode(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As its attributes say."""
    assert call_of(name, monkeypatch)["supports_check_mode"] is True


@pytest.mark.parametrize("name", NAMES)
def test_secrets_are_marked(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ansible hides at every verbosity what is marked, and only that."""
    spec = spec_of(name, monkeypatch)
    assert not [option for option in spec if "token" in option and not spec[option].get("no_log")]


@pytest.mark.parametrize("name", NAMES)
def test_examples_hold_against_the_options(name: str) -> None:
    """An example that is copied works."""
    known = set(documented(name)["options"])
    tasks = yaml.safe_load(module(name).EXAMPLES)
    used = [task[key] or {} for task in tasks for key in task if key == f"socialgouv.actions_runner.{name}"]
    assert used, "no example calls the module by its full name"
    assert not [option for task in used for option in task if option not in known]


@pytest.mark.parametrize("name", NAMES)
def test_return_values_are_described(name: str) -> None:
    """Each with a type and when it is there."""
    for value in (yaml.safe_load(module(name).RETURN) or {}).values():
        assert {"description", "returned", "type"} <= set(value)


def test_the_action_group_holds_every_module() -> None:
    """Defaults that are set once reach all of them."""
    runtime = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text())
    assert sorted(runtime["action_groups"]["all"]) == NAMES


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("runner_unit", {}, "state is present but all of the following are missing: pools"),
        ("runner_pool", {}, "state is present but any of the following are missing: count, pools"),
        ("images", {}, "missing required arguments: images"),
        ("images", {"images": ["a"], "pull": "sometimes"}, "value of pull must be one of"),
        ("cipher_network", {"state": "gone"}, "value of state must be one of"),
    ],
)
def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, name: str, given: dict[str, Any], said: str) -> None:
    """Before anything is done."""
    call = call_of(name, monkeypatch)
    validator = ArgumentSpecValidator(call["argument_spec"], required_if=call.get("required_if"))
    assert said in "; ".join(validator.validate(given).error_messages)
