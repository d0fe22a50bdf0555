# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who may do what, and how often."""

from __future__ import annotations

import pytest
from github_standin.errors import ApiError
from github_standin.places import Place
from github_standin.tokens import Token, Tokens, require

ORG, REPO, ENTERPRISE = Place("orgs", "acme"), Place("repos", "acme/widgets"), Place("enterprises", "acme-group")


def classic(*scopes):
    return Token("classic", "octocat", scopes=scopes)


def fine(kind="fine-grained", **permissions):
    return Token(kind, "octocat", permissions=permissions)


@pytest.mark.parametrize(
    ("token", "place", "read", "write"),
    [
        (classic("admin:org"), ORG, None, None),
        (classic("repo"), REPO, None, None),
        (classic("manage_runners:enterprise"), ENTERPRISE, None, None),
        (classic("repo"), ORG, 404, 404),
        (classic("admin:org"), REPO, 404, 404),
        (classic("read:org"), ORG, 404, 404),
        (classic(), ORG, 404, 404),
        (fine(organization_self_hosted_runners="write"), ORG, None, None),
        (fine(organization_self_hosted_runners="read"), ORG, None, 403),
        (fine(administration="write"), REPO, None, None),
        (fine(administration="read"), REPO, None, 403),
        (fine(administration="write"), ORG, 403, 403),
        (fine(organization_self_hosted_runners="write"), ENTERPRISE, 403, 403),
        (fine("installation", organization_self_hosted_runners="write"), ORG, None, None),
    ],
)
def test_what_a_token_may(token, place, read, write):
    """GitHub's table of scopes and permissions: 404 for a classic token, 403 for one with permissions."""
    for wanted, expected in ((False, read), (True, write)):
        if expected is None:
            require(token, place, write=wanted)
            continue
        with pytest.raises(ApiError) as caught:
            require(token, place, write=wanted)
        assert caught.value.status == expected


def test_a_lacking_permission_is_named():
    """The header tells which would do."""
    with pytest.raises(ApiError) as caught:
        require(fine(), ORG, write=True)
    assert caught.value.headers == {"X-Accepted-GitHub-Permissions": "organization_self_hosted_runners=write"}
    assert caught.value.message == "Resource not accessible by personal access token"


def test_what_a_token_may_not_see_is_not_there():
    """A token of another owner gets 404, whatever its permissions."""
    token = fine(organization_self_hosted_runners="write")
    token.owners = ("globex",)
    with pytest.raises(ApiError) as caught:
        require(token, ORG, write=True)
    assert caught.value.status == 404


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer nobody's", "Basic good", "good"])
def test_nobody_without_a_token(clock, header):
    """401 for none, a wrong one, and one in the wrong wrapping."""
    tokens = Tokens(clock)
    tokens.add("good", classic())
    assert tokens.authenticate("Bearer good")
    assert tokens.authenticate("token good")
    with pytest.raises(ApiError) as caught:
        tokens.authenticate(header)
    assert caught.value.status == 401


def test_a_token_expires(clock):
    """An App's lasts an hour."""
    tokens = Tokens(clock)
    tokens.add("good", Token("installation", "app", expires_at=clock() + 3600))
    tokens.authenticate("Bearer good")
    clock.pass_(3600)
    with pytest.raises(ApiError):
        tokens.authenticate("Bearer good")


def test_the_hourly_limit(clock):
    """403 with the reset time when it is used up; a new hour, a new count."""
    tokens, token = Tokens(clock), Token("classic", "octocat", limit=2)
    tokens.spend(token)
    tokens.spend(token)
    with pytest.raises(ApiError) as caught:
        tokens.spend(token)
    assert caught.value.status == 403
    assert caught.value.headers["X-RateLimit-Remaining"] == "0"
    assert int(caught.value.headers["X-RateLimit-Reset"]) == int(clock() + 3600)
    clock.pass_(3600)
    tokens.spend(token)
