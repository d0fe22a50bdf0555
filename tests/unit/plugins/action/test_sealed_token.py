# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The token is sealed on the control node, for one key, with openssl; what leaves it is ciphertext."""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleActionFail

from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import credential, envelope, sealed

TOKEN = "ghp_" + "s" * 36


def openssl(*arguments: str | Path, data: bytes = b"") -> bytes:
    return subprocess.run(["openssl", *arguments], input=data, capture_output=True, check=True).stdout


@pytest.fixture(scope="module")
def private_key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key as micro-cipher makes it at its start."""
    path = tmp_path_factory.mktemp("key") / "private.pem"
    openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:4096", "-out", path)
    return path


@pytest.fixture(scope="module")
def public_key(private_key: Path) -> str:
    """What micro-cipher prints."""
    return openssl("pkey", "-in", private_key, "-pubout").decode()


@pytest.mark.parametrize("token", [TOKEN, "x", "j" * 470], ids=["a token", "one byte", "as long as it can be"])
def test_the_real_key_opens_what_was_sealed(run_action: Any, private_key: Path, public_key: str, token: str) -> None:
    """RSA-OAEP with SHA-1, which is what micro-cipher reads; not one byte more than the token."""
    _result, [arguments] = run_action("sealed_token", token=token, public_key=public_key)
    ciphertext = base64.b64decode(arguments["_sealed"][0]["ciphertext"])
    options = ["-pkeyopt", "rsa_padding_mode:oaep", "-pkeyopt", "rsa_oaep_md:sha1"]
    assert openssl("pkeyutl", "-decrypt", "-inkey", private_key, *options, data=ciphertext) == token.encode()


def test_the_host_gets_what_it_needs_to_compare(run_action: Any, private_key: Path, public_key: str) -> None:
    """The fingerprint of this key and the verifier of this secret, the same each time; the ciphertext is another."""
    first, second = (
        run_action("sealed_token", token=TOKEN, public_key=public_key)[1][0]["_sealed"][0] for _unused in range(2)
    )
    der = openssl("pkey", "-in", private_key, "-pubout", "-outform", "DER")
    assert first["fingerprint"] == hashlib.sha256(der).hexdigest()
    assert first["verifier"] == sealed.verifier(TOKEN.encode(), first["fingerprint"])
    assert (second["fingerprint"], second["verifier"]) == (first["fingerprint"], first["verifier"])
    assert second["ciphertext"] != first["ciphertext"]


@pytest.mark.parametrize("check_mode", [False, True])
def test_the_plaintext_stays_here(
    run_action: Any, public_key: str, monkeypatch: pytest.MonkeyPatch, check_mode: bool
) -> None:
    """Neither in what the host gets, nor in openssl's arguments or environment, nor in a file."""
    real, ran = subprocess.run, []

    def run(command: list[str], **options: Any) -> Any:
        files = [Path(one).read_bytes() for one in command if Path(one).is_file() and one.endswith(".pem")]
        ran.append((command, options.get("env"), files))
        check = options.pop("check")
        return real(command, check=check, **options)

    monkeypatch.setattr(subprocess, "run", run)
    result, sent = run_action("sealed_token", check_mode=check_mode, token=TOKEN, public_key=public_key)
    assert len(ran) == 1
    for form in (TOKEN, base64.b64encode(TOKEN.encode()).decode()):
        assert form not in f"{json.dumps(sent)} {result} {ran}"
    assert set(sent[0]) == {"pools", "state", "_sealed"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({}, "the token is empty"),
        ({"token": ""}, "the token is empty"),
        ({"token": f"{TOKEN}\n"}, "newline"),
        ({"token": "x" * 471}, "471 bytes.*none has more than 470"),
        ({"token": TOKEN}, "no public key to seal with: run the module micro_cipher before"),
        ({"token": TOKEN, "public_key": "nonsense"}, "is not a PEM public key"),
        (
            {"token": TOKEN, "public_key": "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"},
            "openssl could not seal the token",
        ),
    ],
)
def test_wrong_input_is_one_line_that_shows_no_secret(run_action: Any, arguments: dict[str, str], said: str) -> None:
    """And nothing is run on the host."""
    with pytest.raises(AnsibleActionFail, match=said) as caught:
        run_action("sealed_token", **arguments)
    assert TOKEN not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_key_that_is_too_short_is_refused(run_action: Any, tmp_path: Path) -> None:
    """A long token does not fit; openssl's words say so, and the token is not among them."""
    openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024", "-out", tmp_path / "key")
    public = openssl("pkey", "-in", tmp_path / "key", "-pubout").decode()
    with pytest.raises(AnsibleActionFail, match="openssl could not seal the token") as caught:
        run_action("sealed_token", token="j" * 400, public_key=public)
    assert "jjj" not in str(caught.value)


def test_a_control_node_without_openssl_names_the_remedy(
    run_action: Any, public_key: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """No traceback."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(AnsibleActionFail, match="openssl is missing on the control node: install it"):
        run_action("sealed_token", token=TOKEN, public_key=public_key)


def test_check_mode_works_before_micro_cipher_runs(run_action: Any) -> None:
    """The host then says that there would be a change."""
    _result, sent = run_action("sealed_token", check_mode=True, token=TOKEN)
    assert sent == [{"pools": [{"name": "default"}], "state": "present", "_sealed": []}]


def test_removing_needs_no_token(run_action: Any) -> None:
    """Nor a key."""
    _result, sent = run_action("sealed_token", name="gpu", state="absent")
    assert sent == [{"pools": [{"name": "gpu"}], "state": "absent"}]


APP_KEY = "-----BEGIN RSA PRIVATE KEY-----\n" + "M" * 1600 + "\n-----END RSA PRIVATE KEY-----\n"


def opened(private_key: Path, one: dict[str, str]) -> credential.Credential:
    """What a host's launcher finds in what it was sent."""
    kept = sealed.from_mapping({"payload": "", **one})
    options = ["-pkeyopt", "rsa_padding_mode:oaep", "-pkeyopt", "rsa_oaep_md:sha1"]
    block = openssl("pkeyutl", "-decrypt", "-inkey", private_key, *options, data=kept.ciphertext)
    return credential.load(envelope.unwrap(sealed.load(kept.dump()), block.decode()))


def test_several_pools_are_sealed_in_one_go(run_action: Any, private_key: Path, public_key: str) -> None:
    """Each with what it was given and nothing of another; the host opens each with its one key."""
    pools = [
        {"name": "default", "token": TOKEN},
        {"name": "gpu", "app": {"client_id": "Iv23li", "private_key": APP_KEY, "installation_id": 7}},
        {"name": "far", "token": TOKEN, "proxy_login": "me:p%40ss", "container_proxy_login": "job:x"},
    ]
    _result, [arguments] = run_action("sealed_token", pools=pools, public_key=public_key)
    assert arguments["pools"] == [{"name": "default"}, {"name": "gpu"}, {"name": "far"}]
    assert {one["name"]: opened(private_key, one) for one in arguments["_sealed"]} == {
        "default": credential.Credential(token=TOKEN),
        "gpu": credential.Credential(app=credential.App("Iv23li", APP_KEY, 7)),
        "far": credential.Credential(token=TOKEN, proxy_login="me:p%40ss", container_proxy_login="job:x"),
    }
    for secret in (TOKEN, "MMMM", "p%40ss"):
        assert secret not in json.dumps(arguments)


def test_an_app_is_told_again_without_being_kept(run_action: Any, public_key: str) -> None:
    """Its envelope is another each time, its verifier the same: an unchanged run writes nothing."""
    app = {"client_id": "Iv23li", "private_key": APP_KEY}
    first, second = (
        run_action("sealed_token", app=app, public_key=public_key)[1][0]["_sealed"][0] for _unused in range(2)
    )
    assert first["verifier"] == second["verifier"]
    assert first["payload"] != second["payload"]


def test_the_pool_with_the_wrong_credential_is_named(run_action: Any, public_key: str) -> None:
    """And nothing is sealed for the others."""
    pools = [{"name": "default", "token": TOKEN}, {"name": "gpu", "token": "a b"}]
    with pytest.raises(AnsibleActionFail, match="pool gpu: the token has a space"):
        run_action("sealed_token", pools=pools, public_key=public_key)
