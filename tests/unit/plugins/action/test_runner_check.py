# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Wrong options are found before any host is touched."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleActionFail

TOKEN = "ghp_" + "s" * 36
GOOD = {"url": "https://github.com/acme", "token": TOKEN, "image": "runner:1"}


def test_good_options_change_nothing(run_action: Any) -> None:
    """And nothing is run on the host."""
    result, ran = run_action("runner_check", count=4, labels=["gpu"], **GOOD)
    assert (result["changed"], ran) == (False, [])
    assert TOKEN not in str(result)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"url": "https://github.com"}, r"use https://github\.com/ORG"),
        ({"url": "http://github.com/acme"}, r"use https://github\.com/ORG"),
        ({"token": ""}, "the token is empty"),
        ({"token": f"{TOKEN}\n"}, "newline"),
        ({"token": "x" * 471}, "471 bytes"),
        ({"image": ""}, "image ''"),
        ({"labels": ["a,b"]}, "the label 'a,b'"),
        ({"count": -1}, "-1"),
        ({"count": 10_000}, "10000"),
    ],
)
def test_a_wrong_option_is_one_line_that_shows_no_secret(run_action: Any, wrong: dict[str, Any], said: str) -> None:
    """It names the option and what to use instead."""
    with pytest.raises(AnsibleActionFail, match=said) as caught:
        run_action("runner_check", **{**GOOD, **wrong})
    assert TOKEN not in str(caught.value)
    assert "\n" not in str(caught.value)
