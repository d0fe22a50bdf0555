# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A GitHub App proves itself with its key, asks for one permission, and says which it lacks."""

from __future__ import annotations

import base64
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import app, credential, scope
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.errors import Trouble
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.github import Answer, GitHub

NOW = 1_795_514_400.0
ORG = scope.parse_url("https://github.com/acme")
REPO = scope.parse_url("https://github.com/acme/widgets")
ENTERPRISE = scope.parse_url("https://github.com/enterprises/acme-group")
GRANTED = {"metadata": "read", "organization_self_hosted_runners": "write", "administration": "write"}
ACCESS = {"token": "ghs_" + "t" * 516, "expires_at": "2026-11-24T11:00:00Z", "permissions": {}}


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A private key as GitHub makes it."""
    path = tmp_path_factory.mktemp("app") / "key.pem"
    # GitHub gives it in the older of the two forms. OpenSSL 1.1.1 and 3 have other defaults, but both know these.
    made = subprocess.run(["openssl", "genpkey", "-algorithm", "RSA"], check=True, capture_output=True)
    subprocess.run(["openssl", "pkey", "-traditional", "-out", path], input=made.stdout, check=True)
    return path


@pytest.fixture(scope="module")
def one(key: Path) -> credential.App:
    """The App."""
    return credential.app_of("Iv23liTest", key.read_text())


class Transport:
    """Gives answers by the end of the path; keeps the requests."""

    def __init__(self, **answers: tuple[int, Any]):
        self.answers = answers
        self.requests: list[tuple[str, str, str, Any]] = []

    def send(self, method: str, url: str, headers: dict[str, str], body: bytes | None) -> Answer:
        self.requests.append((method, url, headers["Authorization"], json.loads(body) if body else None))
        status, document = self.answers[url.rpartition("/")[2]]
        return Answer(status, {"content-type": "application/json"}, json.dumps(document).encode())


def github(transport: Transport, where: scope.Scope = ORG) -> GitHub:
    return GitHub(transport, where, "jwt")


def test_the_jwt_is_signed_by_the_key(one: credential.App, key: Path, tmp_path: Path) -> None:
    """RS256, of the App, valid for less than ten minutes and from a minute ago."""
    text = app.jwt(one, NOW)
    head, claims, signature = (base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in text.split("."))
    assert json.loads(head) == {"alg": "RS256", "typ": "JWT"}
    assert json.loads(claims) == {"iss": "Iv23liTest", "iat": int(NOW) - 60, "exp": int(NOW) + 540}
    (tmp_path / "signature").write_bytes(signature)
    public = tmp_path / "public.pem"
    subprocess.run(["openssl", "pkey", "-in", key, "-pubout", "-out", public], check=True)
    verify = ["openssl", "dgst", "-sha256", "-verify", public, "-signature", tmp_path / "signature"]
    subprocess.run(verify, input=text.rpartition(".")[0].encode(), check=True, capture_output=True)


def test_a_key_that_cannot_sign_is_a_trouble_that_does_not_show_it() -> None:
    """A person has to give another."""
    damaged = credential.app_of("x", "-----BEGIN RSA PRIVATE KEY-----\nMIIEsecret\n-----END RSA PRIVATE KEY-----")
    with pytest.raises(Trouble, match="private key cannot sign") as caught:
        app.jwt(damaged, NOW)
    assert caught.value.lasting
    assert "MIIEsecret" not in str(caught.value)


@pytest.mark.parametrize(
    ("where", "wanted"),
    [
        (ORG, {"permissions": {"organization_self_hosted_runners": "write"}}),
        (REPO, {"permissions": {"administration": "write"}, "repositories": ["widgets"]}),
    ],
)
@pytest.mark.parametrize("number", [0, 815])
def test_the_access_token_is_as_narrow_as_can_be(
    one: credential.App, where: scope.Scope, wanted: dict[str, Any], number: int
) -> None:
    """One permission, one repository; the installation is found, or taken as it was given."""
    transport = Transport(installation=(200, {"id": 4, "permissions": GRANTED}), access_tokens=(201, ACCESS))
    given = credential.App(one.client_id, one.private_key, number)
    found = app.access_token(transport, where, given)
    assert found == app.AccessToken(ACCESS["token"], 1_795_518_000)
    *looked, (method, url, _authorization, body) = transport.requests
    assert (method, url) == ("POST", f"https://api.github.com/app/installations/{number or 4}/access_tokens")
    assert body == wanted
    assert len(looked) == (0 if number else 1)


@pytest.mark.parametrize(
    ("where", "answers", "kind", "said"),
    [
        (ORG, {"installation": (401, {"message": "no"})}, "refused", "its client id, its private key and the clock"),
        (ORG, {"installation": (404, {"message": "no"})}, "not_found", "is not installed at acme"),
        (
            ORG,
            {"installation": (200, {"id": 4, "permissions": {"metadata": "read"}})},
            "forbidden",
            'lacks the organization permission "Self-hosted runners": read and write',
        ),
        (
            ORG,
            {"installation": (200, {"id": 4, "permissions": {"organization_self_hosted_runners": "read"}})},
            "forbidden",
            "accept it at the installation",
        ),
        (
            REPO,
            {"installation": (200, {"id": 4, "permissions": {"organization_self_hosted_runners": "write"}})},
            "forbidden",
            'lacks the repository permission "Administration"',
        ),
        (
            ORG,
            {"installation": (200, {"id": 4, "permissions": GRANTED, "suspended_at": "2026-01-01T00:00:00Z"})},
            "forbidden",
            "is suspended",
        ),
        (
            ORG,
            {"installation": (200, {"id": 4, "permissions": GRANTED}), "access_tokens": (422, {"message": "no"})},
            "forbidden",
            "lacks",
        ),
        (
            ORG,
            {"installation": (200, {"id": 4, "permissions": GRANTED}), "access_tokens": (404, {"message": "no"})},
            "not_found",
            "no such installation",
        ),
        (
            ORG,
            {"installation": (200, {"id": 4, "permissions": GRANTED}), "access_tokens": (201, {"token": "x"})},
            "nonsense",
            "cannot be read",
        ),
        (ORG, {"installation": (503, {"message": "no"})}, "unavailable", "503"),
        (ENTERPRISE, {}, "forbidden", "use a classic token with manage_runners:enterprise"),
    ],
)
def test_what_an_app_cannot_do_is_said_with_its_remedy(
    one: credential.App, where: scope.Scope, answers: dict[str, Any], kind: str, said: str
) -> None:
    """Which permission, where to tick it; what a person must mend is lasting."""
    with pytest.raises(Trouble) as caught:
        app.access_token(Transport(**answers), where, one)
    assert caught.value.kind == kind
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.lasting is (kind not in ("unavailable", "nonsense"))
