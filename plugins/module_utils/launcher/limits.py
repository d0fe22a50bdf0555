# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A pool's limits, as Docker's HostConfig has them. Pure."""

from __future__ import annotations

from typing import Any

from .pool import Pool


def limits(pool: Pool) -> dict[str, Any]:
    """The limits of one container of the pool."""
    wanted: dict[str, Any] = {
        "Memory": pool.memory,
        # What exceeds the limit must not fill the host's swap.
        "MemorySwap": pool.memory,
        "NanoCpus": pool.nano_cpus,
        "PidsLimit": pool.pids_limit or None,
        # A job's crash must not start the host's handler of core dumps, which is root's.
        "Ulimits": [{"Name": "core", "Soft": 0, "Hard": 0}],
    }
    if pool.nofile_limit:
        wanted["Ulimits"].append({"Name": "nofile", "Soft": pool.nofile_limit, "Hard": pool.nofile_limit})
    if pool.storage:
        wanted["StorageOpt"] = {"size": str(pool.storage)}
    return wanted
