# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A trouble is the same on both ends of a pipe."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.errors import Trouble

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
