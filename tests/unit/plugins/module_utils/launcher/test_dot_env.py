# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the runner needs to get out of its container is in files, and only where a pool asks for it."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import dot_env, pool
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.credential import Credential

POOL = pool.Pool("default", "https://github.com/acme", "runner:1", ("self-hosted",))
CA = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"
NOBODY = Credential(token="x")


def environment(config: pool.Pool, credential: Credential = NOBODY) -> dict[str, str]:
    text = dot_env.files(config, credential, "/home/runner")[dot_env.ENVIRONMENT].decode()
    return dict(line.split("=", 1) for line in text.splitlines())


def test_a_pool_that_needs_nothing_gets_nothing() -> None:
    """The launcher's own proxy and authority are no business of the container's."""
    config = dataclasses.replace(POOL, proxy="http://proxy:3128", ca=CA)
    assert dot_env.files(config, Credential(token="x", proxy_login="a:b"), "/home/runner") == {}


@pytest.mark.parametrize("login", ["", "me:p%40ss"])
def test_a_proxy_is_told_in_both_spellings(login: str) -> None:
    """Programs read one or the other."""
    config = dataclasses.replace(POOL, container_proxy="http://proxy:3128", container_no_proxy="localhost,.example.org")
    found = environment(config, Credential(token="x", container_proxy_login=login))
    url = "http://me:p%40ss@proxy:3128" if login else "http://proxy:3128"
    wanted = {"http_proxy": url, "https_proxy": url, "no_proxy": "localhost,.example.org"}
    assert found == {**wanted, **{name.upper(): value for name, value in wanted.items()}}


@pytest.mark.parametrize("bundle", [True, False])
def test_an_authority_is_added_to_those_of_the_host(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, bundle: bool
) -> None:
    """The variables replace what a program trusts, so the public ones are in the file too."""
    host = tmp_path / "bundle.crt"
    if bundle:
        host.write_bytes(b"PUBLIC\n\n")
    monkeypatch.setattr(dot_env, "_BUNDLES", (str(tmp_path / "absent"), str(host)))
    config = dataclasses.replace(POOL, container_ca=CA)
    files = dot_env.files(config, NOBODY, "/actions-runner/")
    assert files[dot_env.AUTHORITIES] == (b"PUBLIC\n" if bundle else b"") + CA.encode() + b"\n"
    assert set(environment(config).values()) == {f"/home/runner/{dot_env.AUTHORITIES}"}
    assert b"=/actions-runner/" + dot_env.AUTHORITIES.encode() in files[dot_env.ENVIRONMENT]
