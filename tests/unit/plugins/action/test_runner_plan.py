# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The credentials are compared on the control node: a plan is made without one that leaves it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible.errors import AnsibleActionFail

from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import sealed
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.steps import plan

KEY = "-----BEGIN PUBLIC KEY-----\nMIICIjANBgkq\n-----END PUBLIC KEY-----\n"
TOKEN = "ghp_" + "s" * 36
OTHER = "ghp_" + "t" * 36


def given(*tokens: str) -> dict[str, Any]:
    pools = [{"name": f"pool{number}", "token": token} for number, token in enumerate(tokens)]
    others = {name: {} for name in plan.ORDER[1:] if name != "sealed_token"}
    return {**others, "credentials": pools}


def found(steps: list[str], *sealed_tokens: str) -> dict[str, Any]:
    """What the module tells of a host on which these are sealed."""
    verifiers = {
        f"pool{number}": sealed.verifier(token.encode(), sealed.fingerprint(KEY))
        for number, token in enumerate(sealed_tokens)
    }
    return {"changed": False, "steps": steps, "why": "", "public_key": KEY, "_verifiers": verifiers}


@pytest.mark.parametrize("steps", [[], ["runner_pool"]])
def test_the_same_credentials_add_no_step(run_action: Any, steps: list[str]) -> None:
    """What the host has to do is what is to be done."""
    result, _ran = run_action("runner_plan", answer=found(steps, TOKEN, OTHER), **given(TOKEN, OTHER))
    assert (result["steps"], result["why"], result["changed"]) == (steps, "", False)


@pytest.mark.parametrize("steps", [[], ["runner_pool"]])
def test_another_credential_is_sealed(run_action: Any, steps: list[str]) -> None:
    """And all that comes after it, with the pool that it is for."""
    result, _ran = run_action("runner_plan", answer=found(steps, TOKEN, TOKEN), **given(TOKEN, OTHER))
    assert result["steps"] == ["sealed_token", "runner_unit", "runner_pool"]
    assert result["why"] == "pool pool1 has another credential"


@pytest.mark.parametrize("answer", [found(["images", "sealed_token"]), {"failed": True, "msg": "unreachable"}])
def test_what_is_sealed_anyway_is_not_compared(run_action: Any, answer: dict[str, Any]) -> None:
    """Nor where the host could not be asked."""
    result, _ran = run_action("runner_plan", answer=dict(answer), **given(TOKEN))
    assert {key: result[key] for key in answer if key != "_verifiers"} == {
        key: value for key, value in answer.items() if key != "_verifiers"
    }


def test_no_credential_leaves_the_control_node(run_action: Any) -> None:
    """The host gets the names of the pools; who reads the result gets no verifier."""
    result, ran = run_action("runner_plan", answer=found([], TOKEN), **given(TOKEN))
    assert ran[0]["credentials"] == [{"name": "pool0"}]
    assert TOKEN not in f"{json.dumps(ran)} {result}"
    assert "_verifiers" not in result


@pytest.mark.parametrize(
    ("token", "said"), [("", "pool pool0: the token is empty"), ("a b", "pool pool0: the token has a space")]
)
def test_a_credential_that_is_none_ends_it(run_action: Any, token: str, said: str) -> None:
    """Before the host is asked, in the words of the step."""
    with pytest.raises(AnsibleActionFail, match=said):
        run_action("runner_plan", **given(token))
