# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A URL says who owns the runners, as with GitHub's own config.sh, on each of GitHub's kinds of servers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import scope

API = "https://api.github.com"


@pytest.mark.parametrize(
    ("url", "kind", "runners"),
    [
        ("https://github.com/acme", "organization", f"{API}/orgs/acme/actions/runners"),
        ("https://github.com/acme/", "organization", f"{API}/orgs/acme/actions/runners"),
        (" https://github.com/acme\n", "organization", f"{API}/orgs/acme/actions/runners"),
        ("https://www.GitHub.com/acme", "organization", f"{API}/orgs/acme/actions/runners"),
        ("https://github.com/acme/widgets", "repository", f"{API}/repos/acme/widgets/actions/runners"),
        ("https://github.com/acme/widgets.git", "repository", f"{API}/repos/acme/widgets/actions/runners"),
        ("https://github.com/acme/.github", "repository", f"{API}/repos/acme/.github/actions/runners"),
        ("https://github.com/enterprises/big", "enterprise", f"{API}/enterprises/big/actions/runners"),
        ("https://acme.ghe.com/acme", "organization", "https://api.acme.ghe.com/orgs/acme/actions/runners"),
        ("https://git.example.org/acme", "organization", "https://git.example.org/api/v3/orgs/acme/actions/runners"),
        (
            "https://git.example.org:8443/acme/widgets",
            "repository",
            "https://git.example.org:8443/api/v3/repos/acme/widgets/actions/runners",
        ),
    ],
)
def test_the_scope_is_read_from_the_url(url: str, kind: str, runners: str) -> None:
    """github.com, data residency and Enterprise Server each keep their API elsewhere."""
    found = scope.parse_url(url)
    assert (found.kind, found.runners) == (kind, runners)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "acme",
        "github.com/acme",
        "http://github.com/acme",
        "https://",
        "https://github.com",
        "https://github.com/",
        "https://github.com/enterprises",
        "https://github.com/acme/widgets/settings",
        "https://github.com/acme?tab=repositories",
        "https://github.com/acme#top",
        "https://github.com/ac me",
        "https://github.com/acme/wid%2Fgets",
        "https://github.com/-acme",
        "https://token@github.com/acme",
        "https://[github.com/acme",
        "https://github.com:port/acme",
    ],
)
def test_what_names_no_owner_is_refused_with_the_remedy(url: str) -> None:
    """One line that says what to write instead."""
    with pytest.raises(scope.ScopeError, match=r"use https://github\.com/ORG") as caught:
        scope.parse_url(url)
    assert "\n" not in str(caught.value)


def test_a_password_in_a_url_is_not_shown() -> None:
    """A URL with credentials is refused without repeating them."""
    with pytest.raises(scope.ScopeError) as caught:
        scope.parse_url("https://me:ghp_secret@github.com/acme")
    assert "ghp_secret" not in str(caught.value)


@given(st.text(max_size=60).map("https://github.com/{}".format) | st.text(max_size=60))
def test_any_text_gives_a_scope_below_its_own_server_or_a_scope_error(url: str) -> None:
    """No input makes another exception, or an address that leads elsewhere than below the API."""
    try:
        found = scope.parse_url(url)
    except scope.ScopeError:
        return
    assert found.runners.startswith(f"{found.api}/")
    assert found.runners.endswith("/actions/runners")
    assert not set(found.runners) & set(" \n\r\t?#@%")
