# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the hygiene of a host may take away, and what it keeps. Pure."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

#: What nobody but a job, or this collection, can have left: the default.
LEFTOVERS = "leftovers"
#: Whatever lies about in the Engine, which serves jobs and nothing else.
ENGINE = "engine"
SCOPES = (LEFTOVERS, ENGINE)


class PolicyError(ValueError):
    """A policy that cannot be kept; the message names the option and what it takes."""


@dataclasses.dataclass(frozen=True)
class Policy:
    """The policy of one host."""

    scope: str = LEFTOVERS
    keep: tuple[str, ...] = ()  #: images by name, as patterns of a shell's
    #: Seconds that whatever came to the host stays, whether a job runs or not: between two steps of a job nothing may
    #: use what the next one wants, and what is seen of the jobs is a moment old.
    min_age: int = 3600
    max_age: int = 7 * 86400  #: seconds that an image with a name stays unused
    disk_mark: int = 80  #: per cent of Docker's disk, above which unused images stay no longer than they must

    def __post_init__(self) -> None:
        if self.scope not in SCOPES:
            raise PolicyError(f"the scope of hygiene is {self.scope!r}: it takes {' or '.join(SCOPES)}")
        if self.min_age < 1:
            raise PolicyError(f"min_age is {self.min_age}: it takes seconds, not fewer than 1")
        if self.max_age < 0:
            raise PolicyError(f"max_age is {self.max_age}: it takes seconds, not fewer than 0")
        if not 1 <= self.disk_mark <= 100:
            raise PolicyError(f"disk_mark is {self.disk_mark}: it takes per cent, 1 to 100")
        if not all(self.keep):
            raise PolicyError("keep has an empty name in it: give names of images")

    def dump(self) -> str:
        """The text of the policy file."""
        return json.dumps(dataclasses.asdict(self), indent=2, sort_keys=True) + "\n"


def load(text: str | None) -> Policy:
    """The policy in a file's text, or the default where there is none. Raises PolicyError."""
    if text is None:
        return Policy()
    try:
        document = json.loads(text)
        fields = {"scope": str, "min_age": int, "max_age": int, "disk_mark": int}
        values: dict[str, Any] = {name: kind(document[name]) for name, kind in fields.items()}
        values["keep"] = tuple(str(one) for one in document["keep"])
    except (ValueError, KeyError, TypeError) as error:
        raise PolicyError("the hygiene file is damaged: run the playbook again") from error
    return Policy(**values)
