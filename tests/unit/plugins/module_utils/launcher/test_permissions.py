# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A lacking permission is named by the words of the page where one ticks it."""

from __future__ import annotations

import pytest

from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import permissions, scope

ORG, REPO, ENTERPRISE = (
    scope.parse_url(f"https://github.com/{path}") for path in ("acme", "acme/widgets", "enterprises/acme-group")
)


@pytest.mark.parametrize(
    ("accepted", "said"),
    [
        (
            "organization_self_hosted_runners=write",
            'the organization permission "Self-hosted runners": read and write'
            " (organization_self_hosted_runners=write)",
        ),
        ("administration=read", 'the repository permission "Administration": read (administration=read)'),
        ("something_new=write", "something_new=write"),
        (
            "administration=write; something_new=read",
            'the repository permission "Administration": read and write (administration=write) or something_new=read',
        ),
    ],
)
def test_githubs_header_becomes_words(accepted: str, said: str) -> None:
    """With GitHub's own name beside them; what is unknown stays as it is."""
    assert permissions.words(accepted) == said


@pytest.mark.parametrize(
    ("where", "has", "lacks"),
    [
        (ORG, "repo, admin:org", ""),
        (ORG, "repo, read:org", "admin:org"),
        (ORG, "", "admin:org"),
        (REPO, "repo", ""),
        (REPO, "public_repo", "repo"),
        (ENTERPRISE, "manage_runners:enterprise", ""),
        (ENTERPRISE, "admin:enterprise", ""),
        (ENTERPRISE, "admin:org", "manage_runners:enterprise"),
    ],
)
def test_a_classic_tokens_scopes_are_compared(where: scope.Scope, has: str, lacks: str) -> None:
    """The wider scope holds the narrower one."""
    assert permissions.lacking_scopes(where, has) == lacks


def test_an_enterprise_has_no_permission_for_apps() -> None:
    """Only classic tokens manage its runners."""
    assert permissions.needed(ENTERPRISE) == ""
    assert "Self-hosted runners" in permissions.needed(ORG)
    assert "Administration" in permissions.needed(REPO)
