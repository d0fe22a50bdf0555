# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets, settings and states lie apart, and tests move the whole tree."""

from __future__ import annotations

import inspect

from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.paths import Paths


def every_path(paths: Paths) -> dict[str, str]:
    plain = [name for name, value in inspect.getmembers(Paths) if isinstance(value, property)]
    found = {name: getattr(paths, name) for name in plain}
    return {**found, "pool()": paths.pool("x"), "sealed()": paths.sealed("x"), "state()": paths.state("x")}


def test_every_path_moves_with_the_root() -> None:
    """No test touches the machine that it runs on."""
    real, moved = every_path(Paths()), every_path(Paths("/moved"))
    assert {name: f"/moved{path}" for name, path in real.items()} == moved
    assert len(set(real.values())) == len(real)


def test_each_kind_lies_where_its_life_is() -> None:
    """What to run in /etc, the sealed token in /var/lib, what is going on in /run."""
    paths = Paths()
    assert paths.pool("gpu") == "/etc/github-runner/pools/gpu.json"
    assert paths.sealed("gpu") == "/var/lib/github-runner/sealed/gpu.json"
    assert paths.state("gpu-1") == "/run/github-runner/instances/gpu-1.json"
