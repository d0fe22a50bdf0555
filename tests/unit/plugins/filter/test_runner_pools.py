# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each pool is completed from the defaults, and no secret goes to a module that does not need it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleFilterError

from ansible_collections.socialgouv.actions_runner.plugins.action import runner_check
from ansible_collections.socialgouv.actions_runner.plugins.filter.runner_pools import FilterModule, runner_pools
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.steps import runner_unit
from ansible_collections.socialgouv.actions_runner.plugins.plugin_utils import _credential

ROLE = Path(__file__).resolve().parents[4] / "roles" / "github_runner"
APP = {"client_id": "Iv23li", "private_key": "-----BEGIN", "installation_id": 0}
DEFAULTS = {
    "url": "https://github.com/acme",
    "token": "ghp_default",
    "app": {},
    "image": "runner:1",
    "count": 4,
    "labels": [],
}


def test_a_pool_is_as_the_defaults_say_where_it_says_nothing() -> None:
    """One that names nothing is the pool `default`."""
    parts = runner_pools([{}, {"name": "gpu", "count": 1, "labels": ["gpu"], "image": "runner:2"}], DEFAULTS)
    assert parts["counts"] == [{"name": "default", "count": 4}, {"name": "gpu", "count": 1}]
    assert [one["labels"] for one in parts["units"]] == [[], ["gpu"]]
    assert parts["images"] == ["runner:1", "runner:2"]


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ({}, {"token": "ghp_default"}),
        ({"token": "ghp_own"}, {"token": "ghp_own"}),
        ({"app": APP}, {"app": APP}),
        ({"token": None}, {"token": "ghp_default"}),
        # A variable that turned out to be empty is no credential, and is refused as such.
        ({"token": ""}, {}),
    ],
)
def test_a_pool_with_a_credential_of_its_own_gets_no_other(own: dict[str, Any], expected: dict[str, Any]) -> None:
    """Two are never mixed, and another organization's is never used by mistake."""
    [found] = runner_pools([{"name": "x", **own}], DEFAULTS)["credentials"]
    assert found == {"name": "x", **expected}


def test_a_pool_with_an_app_does_not_take_the_default_token() -> None:
    """Nor the other way round."""
    [found] = runner_pools([{"name": "x", "token": "ghp_own"}], {**DEFAULTS, "token": "", "app": APP})["credentials"]
    assert found == {"name": "x", "token": "ghp_own"}


@pytest.mark.parametrize(
    ("url", "address", "login"),
    [
        ("http://me:p%40ss@proxy:3128", "http://proxy:3128", "me:p%40ss"),
        ("http://proxy:3128", "http://proxy:3128", None),
        ("", "", None),
    ],
)
@pytest.mark.parametrize("option", ["proxy", "container_proxy"])
def test_a_login_is_taken_out_of_a_proxys_url(option: str, url: str, address: str, login: str | None) -> None:
    """The address lies on the host for all to read; the login is sealed."""
    parts = runner_pools([{option: url}], DEFAULTS)
    assert parts["units"][0][option] == address
    assert parts["credentials"][0].get(f"{option}_login") == login


def test_no_secret_is_in_what_the_host_gets_in_clear() -> None:
    """Whatever a pool holds."""
    pools = [
        {"name": "a", "token": "s3cret", "proxy": "http://u:s3cret@p:1", "control_proxy": "http://u:s3cret@p:1"},
        {"name": "b", "app": {**APP, "private_key": "s3cret"}, "container_proxy": "http://u:s3cret@p:1"},
    ]
    parts = runner_pools(pools, DEFAULTS)
    for part in ("units", "counts", "images"):
        assert "s3cret" not in json.dumps(parts[part])
    assert json.dumps(parts["credentials"]).count("s3cret") == 4


def test_pools_that_share_an_owner_and_a_credential_are_one_at_github() -> None:
    """It is asked once for all of them, and with each other credential once more."""
    pools = [
        {"name": "a", "token": "t"},
        {"name": "b", "token": "t", "labels": ["gpu"]},
        {"name": "c", "token": "u"},
        {"name": "d", "token": "t", "url": "https://github.com/other"},
    ]
    parts = runner_pools(pools, {**DEFAULTS, "url": "https://github.com/acme", "control_proxy": "http://p:1"})
    acme = {"url": "https://github.com/acme", "control_proxy": "http://p:1"}
    assert parts["scopes"] == [
        {**acme, "token": "t"},
        {**acme, "token": "u"},
        {**acme, "url": "https://github.com/other", "token": "t"},
    ]


def test_images_of_a_registry_with_a_login_wait_for_micro_cipher() -> None:
    """Which opens the login; each image once."""
    pools = [
        {"image": image} for image in ("registry.test/a:1", "ghcr.io/b:1", "registry.test/a:1", "c", "docker.io/d")
    ]
    parts = runner_pools(pools, DEFAULTS, ["registry.test", "docker.io"])
    assert parts["images"] == ["ghcr.io/b:1"]
    assert parts["private_images"] == ["registry.test/a:1", "c", "docker.io/d"]


@pytest.mark.parametrize("wrong", [{"name": "x"}, ["x"], "x", None])
def test_anything_else_is_refused_in_one_line(wrong: Any) -> None:
    """With what to write."""
    with pytest.raises(AnsibleFilterError, match="write each pool as one, with a name"):
        FilterModule().filters()["runner_pools"](wrong)


def test_the_role_passes_on_what_the_modules_take() -> None:
    """An option that is added to one place and forgotten in another is found here."""
    defaults = yaml.safe_load((ROLE / "vars" / "main.yml").read_text())["__github_runner_defaults"]
    parts = runner_pools([{**defaults, "token": "x", "app": None}])
    assert set(parts["checks"][0]) <= set(runner_check._OPTIONS)
    assert set(parts["units"][0]) == set(runner_unit.SPEC["argument_spec"]["pools"]["options"])


def test_a_pools_options_are_documented_as_what_the_role_takes() -> None:
    """Each has a variable of the same meaning, and the other way round."""
    options = yaml.safe_load((ROLE / "meta" / "argument_specs.yml").read_text())["argument_specs"]["main"]["options"]
    pool = set(options["github_runner_pools"]["options"])
    defaults = set(yaml.safe_load((ROLE / "vars" / "main.yml").read_text())["__github_runner_defaults"])
    # One micro-cipher serves all pools of a host.
    assert pool - {"name"} == defaults - {"cipher_network", "micro_cipher"}
    assert set(_credential.OPTIONS) & pool == {"token", "app"}


def test_every_variable_of_the_role_has_a_default_and_a_description() -> None:
    """The same one in both."""
    options = yaml.safe_load((ROLE / "meta" / "argument_specs.yml").read_text())["argument_specs"]["main"]["options"]
    defaults = yaml.safe_load((ROLE / "defaults" / "main.yml").read_text())
    assert {name: option.get("default") for name, option in options.items()} == defaults
