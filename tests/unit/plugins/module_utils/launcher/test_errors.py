# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A trouble is the same on both ends of a pipe."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.errors import Trouble, one_line

TROUBLES = st.builds(
    Trouble,
    st.text(),
    st.text(),
    state=st.text(),
    lasting=st.booleans(),
    retry_after=st.none() | st.floats(0, 10**9),
)


@given(TROUBLES)
def test_a_trouble_crosses_a_pipe_unchanged(trouble: Trouble) -> None:
    """How long to wait and what to show is decided on the other side."""
    again = Trouble.from_dict(json.loads(json.dumps(trouble.as_dict())))
    assert str(again) == str(trouble)
    assert vars(again) == vars(trouble)


@given(st.text())
def test_whatever_somebody_says_is_one_plain_line(text: str) -> None:
    """A proxy, a server or Docker may say what a terminal would obey: it is shown in tables and in the journal."""
    shown = one_line(text)
    assert shown.isprintable()
    assert len(shown) <= 1000
    assert str(Trouble("unreachable", text)) == shown


def test_what_is_plain_is_shown_as_it_is() -> None:
    """In any language."""
    assert one_line("the group 'élan' is not there") == "the group 'élan' is not there"
    assert one_line("502 \x1b]0;pwned\x07\r\nBad\u202egateway") == "502 ]0;pwned Bad gateway"
