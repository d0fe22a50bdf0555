# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A rollout calls its host no more often than it must, and no secret leaves the control node but sealed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from ansible.errors import AnsibleActionFail

from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import openssl, sealed
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.steps import rollout

TOKEN = "ghp_" + "s" * 36
OTHER = "ghp_" + "t" * 36
PASSWORD = "registry-" + "p" * 20
REST = ["sealed_token", "runner_pool"]
LOGINS = [{"registry": "registry.acme.org", "username": "bot", "password": PASSWORD}]


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A public key as micro-cipher prints one."""
    private = tmp_path_factory.mktemp("key") / "key.pem"
    private.write_bytes(openssl.run(("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"), b""))
    return openssl.run(("pkey", "-in", str(private), "-pubout"), b"").decode()


def given(*tokens: str, **options: Any) -> dict[str, Any]:
    pools = [{"name": f"pool{number}", "token": token} for number, token in enumerate(tokens)]
    return {"images": {"images": ["runner:1"]}, "credentials": pools, **options}


def first(key: str | None, *sealed_tokens: str, more: Sequence[str] = (), **result: Any) -> dict[str, Any]:
    """What the first half tells of a host on which these are sealed."""
    verifiers = {
        f"pool{number}": sealed.verifier(token.encode(), sealed.fingerprint(key or ""))
        for number, token in enumerate(sealed_tokens)
    }
    told = {"changed": False, "actions": [], "diff": [], "missing": [], "instances": [{"name": "1"}]}
    return {**told, "public_key": key, "_verifiers": verifiers, "_more": list(more), **result}


SECOND = {"changed": True, "actions": ["Started 1"], "diff": [{"after": "b"}], "instances": [{"name": "1", "x": 2}]}


def test_a_host_on_which_nothing_has_changed_is_called_once(run_action: Any, key: str) -> None:
    """And its instances are told from that call; who reads the result gets no verifier."""
    result, ran = run_action("runner_rollout", answers=[first(key, TOKEN, OTHER)], **given(TOKEN, OTHER))
    assert len(ran) == 1
    assert (result["changed"], result["instances"]) == (False, [{"name": "1"}])
    assert not {"_verifiers", "_more"} & set(result)


@pytest.mark.parametrize("token", [OTHER, TOKEN])
def test_what_is_to_be_done_is_done_by_the_second_call(run_action: Any, key: str, token: str) -> None:
    """Another credential is one reason, and what the host tells another. Each is sealed for the host's key."""
    told = first(key, TOKEN, more=REST if token == TOKEN else ())
    result, ran = run_action("runner_rollout", answers=[told, dict(SECOND)], **given(token))
    sealed_here = ran[1]["_sealed"]["credentials"]
    assert [(one["name"], one["fingerprint"]) for one in sealed_here] == [("pool0", sealed.fingerprint(key))]
    assert (ran[1]["_sealed"]["logins"], "_sealed" in ran[0]) == (None, False)
    assert ran[1]["steps"] == (REST if token == TOKEN else [*REST[:1], "runner_unit", *REST[1:]])
    assert (result["changed"], result["actions"], result["instances"]) == (True, ["Started 1"], SECOND["instances"])


def test_both_halves_are_told_as_one(run_action: Any, key: str) -> None:
    """In their order; where the second fails, with its words, and with what the first has done."""
    told = first(key, more=REST, changed=True, actions=["Pulled"], diff=[{"after": "a"}], warnings=["w1"])
    failed = {"failed": True, "msg": "no room", "changed": False, "actions": [], "warnings": ["w2"]}
    result, _ran = run_action("runner_rollout", answers=[dict(told), dict(SECOND)], **given(TOKEN))
    assert result["actions"] == ["Pulled", "Started 1"]
    assert result["diff"] == [{"after": "a"}, {"after": "b"}]
    result, _ran = run_action("runner_rollout", answers=[dict(told), failed], **given(TOKEN))
    assert (result["failed"], result["msg"]) == (True, "no room")
    assert (result["changed"], result["actions"], result["warnings"]) == (True, ["Pulled"], ["w1", "w2"])


@pytest.mark.parametrize(
    "told", [{"failed": True, "msg": "unreachable"}, first(None, missing=["nft"]) | {"instances": []}]
)
def test_a_first_half_that_ends_it_is_the_last_word(run_action: Any, told: dict[str, Any]) -> None:
    """A failure, or a host for which something has to be installed first."""
    result, ran = run_action("runner_rollout", answers=[dict(told)], **given(TOKEN))
    assert len(ran) == 1
    assert {name: result[name] for name in told if not name.startswith("_")} == {
        name: value for name, value in told.items() if not name.startswith("_")
    }


@pytest.mark.parametrize("private", [[], ["registry.acme.org/runner:1"]])
def test_no_secret_leaves_the_control_node(run_action: Any, key: str, private: list[str]) -> None:
    """The host gets the names of the pools and ciphertext; logins only where an image wants them, and sealed."""
    options = {"images": private, "logins": LOGINS, "micro_cipher": "cipher"}
    told = [first(key, more=REST), dict(SECOND)]
    result, ran = run_action("runner_rollout", answers=told, **given(TOKEN, private_images=options))
    assert [one["credentials"] for one in ran] == [[{"name": "pool0"}]] * 2
    sent = {"images": private, "micro_cipher": "cipher"}
    unknown = [one["private_images"].pop("_login_unknown") for one in ran]
    assert [one["private_images"] for one in ran] == [sent, sent]
    assert unknown == [bool(private), False]
    assert not [secret for secret in (TOKEN, PASSWORD) if secret in f"{json.dumps(ran)} {result}"]
    assert bool(ran[1]["_sealed"]["logins"]) == bool(private)


def test_a_login_in_the_wrong_place_stays_here(run_action: Any) -> None:
    """It is refused before the host is called: only those of private_images are sealed."""
    with pytest.raises(AnsibleActionFail, match="put images that need one into private_images"):
        run_action("runner_rollout", answers=[], **given(TOKEN, images={"images": ["a"], "logins": LOGINS}))


def test_steps_without_a_secret_need_none(run_action: Any) -> None:
    """And the last ones alone are one call: there is nothing to seal for."""
    pools = [{"name": "pool0"}]
    result, ran = run_action("runner_rollout", answers=[dict(SECOND)], steps=["runner_pool"], credentials=pools)
    assert [one["_sealed"] for one in ran] == [{"credentials": [], "logins": None}]
    assert (result["missing"], result["public_key"], result["instances"]) == ([], None, SECOND["instances"])
    _result, ran = run_action("runner_rollout", answers=[first(None)], steps=["images"], credentials=pools)
    assert len(ran) == 1


def test_without_a_key_nothing_is_sealed(run_action: Any) -> None:
    """In check mode micro-cipher may not run yet, and all is told; else that is said."""
    private = {"images": ["registry.acme.org/runner:1"], "logins": LOGINS}
    options = given(TOKEN, private_images=private)
    answers = [first(None, more=REST), dict(SECOND)]
    _result, ran = run_action("runner_rollout", check_mode=True, answers=answers, **options)
    assert ran[1]["_sealed"] == {"credentials": [], "logins": None}
    told = first(None, more=REST, changed=True, actions=["Pulled"])
    with pytest.raises(AnsibleActionFail, match="there is no public key to seal with") as caught:
        run_action("runner_rollout", answers=[told], **options)
    assert (caught.value.result["changed"], caught.value.result["actions"]) == (True, ["Pulled"])


def test_wrong_logins_are_found_before_the_host_is_touched(run_action: Any) -> None:
    """A new micro-cipher for which nothing is sealed would be the end of a run that has begun."""
    private = {"images": ["registry.acme.org/runner:1"], "logins": [{"registry": "registry.acme.org"}]}
    with pytest.raises(AnsibleActionFail, match="a registry's login is not complete"):
        run_action("runner_rollout", answers=[], **given(TOKEN, private_images=private))


@pytest.mark.parametrize("secret", ["a token", "a login"])
def test_a_control_node_that_cannot_seal_touches_no_host(
    run_action: Any, monkeypatch: pytest.MonkeyPatch, secret: str
) -> None:
    """It would put a new key in the place of the one in force, and have nothing sealed for it."""
    private = {"images": ["registry.acme.org/runner:1"], "logins": LOGINS}
    options = given(TOKEN) if secret == "a token" else given(private_images=private)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(AnsibleActionFail, match="openssl is missing on the control node: install it"):
        run_action("runner_rollout", answers=[], **options)


def test_a_host_may_have_no_pool(run_action: Any) -> None:
    """Nothing is sealed, and no key is missed."""
    _result, ran = run_action("runner_rollout", answers=[first(None, more=REST), dict(SECOND)], **given())
    assert ran[1]["_sealed"] == {"credentials": [], "logins": None}


@pytest.mark.parametrize(
    ("token", "said"), [("", "pool pool0: the token is empty"), ("a b", "pool pool0: the token has a space")]
)
def test_a_credential_that_is_none_ends_it(run_action: Any, token: str, said: str) -> None:
    """Before the host is called, in the words of the step."""
    with pytest.raises(AnsibleActionFail, match=said):
        run_action("runner_rollout", **given(token))


def test_every_step_is_in_one_half() -> None:
    """But the first, which is the caller's."""
    assert ("docker", *rollout.FIRST_HALF, *rollout.SECOND_HALF) == rollout.ORDER
