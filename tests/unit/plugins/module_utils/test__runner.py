# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Only the frame of the modules turns exceptions into failures, each into its own sentence."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.socialgouv.actions_runner.plugins.module_utils import _runner
from ansible_collections.socialgouv.actions_runner.plugins.module_utils._failure import Failure
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.errors import Trouble


class Ended(BaseException):
    """A module has ended; what with."""


class Module:
    """AnsibleModule, as far as its end goes."""

    def exit_json(self, **result: Any) -> None:
        raise Ended("ok", result)

    def fail_json(self, **result: Any) -> None:
        raise Ended("failed", result)


def end(work: Any) -> tuple[Any, ...]:
    with pytest.raises(Ended) as caught:
        _runner.run(Module(), work)  # type: ignore[arg-type]
    return caught.value.args


@pytest.mark.parametrize(
    ("error", "result"),
    [
        (Failure("what to do", instances=[1]), {"msg": "what to do", "instances": [1]}),
        (Trouble("refused", "GitHub refused the token (401)"), {"msg": "GitHub refused the token (401)"}),
        (
            OSError(28, "No space left on device", "/etc/x"),
            {"msg": "/etc/x: No space left on device (make room there)"},
        ),
        (OSError("odd"), {"msg": "odd"}),
    ],
)
def test_what_cannot_be_done_is_a_sentence(error: Exception, result: dict[str, Any]) -> None:
    """With the facts that belong to it."""

    def work(_module: Any) -> dict[str, Any]:
        raise error

    assert end(work) == ("failed", result)


def test_a_command_that_the_host_lacks_is_named_with_its_package() -> None:
    """Ansible itself would say "Error executing command."."""

    class Host(Module):
        def run_command(self, command: list[str], handle_exceptions: bool = True) -> tuple[int, str, str]:
            assert not handle_exceptions
            if command == ["systemctl", "stop", "x"]:
                raise FileNotFoundError(2, "No such file or directory", "systemctl")
            return 0, "there", ""

    run = _runner.commands(Host())  # type: ignore[arg-type]
    assert run(["systemctl", "start", "x"]) == (0, "there", "")
    with pytest.raises(Failure, match="systemctl is missing on the host: install the package systemd"):
        run(["systemctl", "stop", "x"])


def test_a_result_is_the_modules_result() -> None:
    """As the function gave it."""
    assert end(lambda _module: {"changed": True, "x": 1}) == ("ok", {"changed": True, "x": 1})


def test_a_mistake_of_ours_is_not_hidden() -> None:
    """A traceback helps to mend it."""
    with pytest.raises(KeyError):
        _runner.run(Module(), lambda _module: {}["x"])  # type: ignore[arg-type]
