# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which permission manages runners, by GitHub's name for it and by the words on GitHub's pages. Pure.

Source: GitHub's OpenAPI description of each call, and
https://docs.github.com/rest/authentication/permissions-required-for-fine-grained-personal-access-tokens.
"""

from __future__ import annotations

from .scope import Scope

# What a GitHub App and a fine-grained token need: an enterprise's runners are for classic tokens alone.
NEEDED = {"organization": "organization_self_hosted_runners", "repository": "administration"}
# What a classic token needs.
SCOPES = {"organization": "admin:org", "repository": "repo", "enterprise": "manage_runners:enterprise"}
_WORDS = {
    "organization_self_hosted_runners": 'the organization permission "Self-hosted runners"',
    "administration": 'the repository permission "Administration"',
}
_LEVELS = {"read": "read", "write": "read and write"}


def words(accepted: str) -> str:
    """What an X-Accepted-GitHub-Permissions header asks for, as it is called where one ticks it."""
    told = []
    for one in accepted.replace(";", ",").split(","):
        name, _equals, level = one.strip().partition("=")
        called = f"{_WORDS[name]}: {_LEVELS.get(level, level)}" if name in _WORDS else ""
        told.append(f"{called} ({one.strip()})" if called else one.strip())
    return " or ".join(told)


def needed(scope: Scope) -> str:
    """The permission that a GitHub App or a fine-grained token needs, in words; empty for an enterprise."""
    return words(f"{NEEDED[scope.kind]}=write") if scope.kind in NEEDED else ""


def lacking_scopes(scope: Scope, has: str) -> str:
    """What a classic token with these scopes (X-OAuth-Scopes) lacks; empty where it has it."""
    found = {one.strip() for one in has.split(",")}
    wanted = SCOPES[scope.kind]
    # Wider scopes hold narrower ones: https://docs.github.com/apps/oauth-apps/building-oauth-apps/scopes-for-oauth-apps.
    return "" if found & {wanted, "admin:enterprise" if scope.kind == "enterprise" else wanted} else wanted
