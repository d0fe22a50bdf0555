# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is sealed is a credential, and comes back as the one that it was."""

from __future__ import annotations

import pytest

from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import credential
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.credential import App, Credential
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.sealed import SealedError

KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIE+/=\nabc\n-----END RSA PRIVATE KEY-----\n"
TOKEN = "ghp_" + "s" * 36


def test_a_token_alone_is_sealed_as_it_is() -> None:
    """What was sealed before there was anything else can still be read, and an upgrade seals nothing anew."""
    assert Credential(token=TOKEN).dump() == TOKEN.encode()
    assert credential.load(TOKEN) == Credential(token=TOKEN)


@pytest.mark.parametrize(
    "one",
    [
        Credential(app=App("Iv23li", KEY, 7)),
        Credential(app=App("4711", KEY)),
        Credential(token=TOKEN, proxy_login="me:p%40ss"),
        Credential(app=App("Iv23li", KEY), proxy_login="a:b", container_proxy_login="c:d"),
    ],
    ids=["App", "App by its id", "token and login", "everything"],
)
def test_everything_else_is_read_back_as_it_was_written(one: Credential) -> None:
    """Byte for byte the same each time: the verifier tells it again."""
    assert credential.load(one.dump().decode()) == one
    assert one.dump() == one.dump()


@pytest.mark.parametrize(
    "damaged", ["{", "{}x", '{"colour": "red"}', '{"app": {"client_id": "x", "y": 1}}', '{"app": 5}']
)
def test_what_is_no_credential_is_refused(damaged: str) -> None:
    """In one line, without what it holds."""
    with pytest.raises(SealedError, match="no credential: seal it again"):
        credential.load(damaged)


@pytest.mark.parametrize(
    "given",
    [KEY, KEY.strip(), KEY.replace("\n", "\r\n"), "\n  " + KEY.replace("\n", "\n  ") + "\n", KEY.replace("RSA ", "")],
    ids=["as it is", "no last newline", "from Windows", "indented", "PKCS#8"],
)
def test_a_private_key_is_taken_as_people_paste_it(given: str) -> None:
    """A vault or a template may change the white space around its lines."""
    assert credential.app_of("Iv23li", given).private_key == (KEY if "RSA" in given else KEY.replace("RSA ", ""))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("", KEY), "client id is not usable"),
        (("a b", KEY), "client id is not usable"),
        (("x", "/etc/key.pem"), "give the whole .pem file"),
        (("x", ""), "give the whole .pem file"),
        (("x", KEY.replace("RSA PRIVATE", "PUBLIC")), "give the whole .pem file"),
        (("x", KEY.replace("abc", "Proc-Type: 4,ENCRYPTED")), "no passphrase"),
        (("x", KEY, -1), "installation id is -1"),
    ],
)
def test_a_wrong_app_is_one_line_that_shows_no_key(given: tuple[object, ...], said: str) -> None:
    """With what to give instead."""
    with pytest.raises(SealedError, match=said) as caught:
        credential.app_of(*given)  # type: ignore[arg-type]
    assert "MIIE" not in str(caught.value)


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (Credential(), "the token is empty"),
        (Credential(proxy_login="a:b"), "the token is empty"),
        (Credential(token=TOKEN, app=App("x", KEY)), "give one of them"),
        (Credential(token="a b"), "a space"),
        (Credential(token=TOKEN, proxy_login="only-a-name"), "USER:PASSWORD"),
        (Credential(token=TOKEN, container_proxy_login="a:b@c"), "percent-encoded"),
        (Credential(token=TOKEN, proxy_login="a:b\nc"), "percent-encoded"),
    ],
)
def test_what_cannot_work_is_not_sealed(one: Credential, said: str) -> None:
    """And no secret is in the message, nor in the credential's own description."""
    with pytest.raises(SealedError, match=said) as caught:
        one.dump()
    for shown in (str(caught.value), repr(one)):
        assert TOKEN not in shown
        assert "MIIE" not in shown
