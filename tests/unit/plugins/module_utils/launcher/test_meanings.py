# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whoever sees a state is told what it means, and what to do where waiting does not help."""

from __future__ import annotations

import pytest

from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import cli, meanings, metrics, state


def test_every_state_that_can_be_shown_has_a_meaning() -> None:
    """No state is shown without a meaning, and none is described that is never shown."""
    assert set(meanings.MEANINGS) == set(metrics.STATES)


@pytest.mark.parametrize("name", [state.SEALED, state.WAITING, state.OUTDATED, state.FAILED, state.STOPPED])
def test_what_needs_somebody_names_a_remedy(name: str) -> None:
    """The states in which an instance takes no job and will not by itself."""
    assert meanings.MEANINGS[name][1]


def test_the_command_tells_them(capsys: pytest.CaptureFixture[str]) -> None:
    """``github-runner status --help`` explains each state on the host itself."""
    with pytest.raises(SystemExit):
        cli._parser().parse_args(["status", "--help"])
    shown = capsys.readouterr().out
    for name, (meaning, remedy) in meanings.MEANINGS.items():
        assert name in shown
        assert meaning in shown
        assert remedy in shown
