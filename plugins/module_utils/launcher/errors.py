# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What keeps an instance from going on, as data: it crosses a pipe, is published, and decides how long to wait."""

from __future__ import annotations

from typing import Any

_LONGEST = 1000


def one_line(text: str) -> str:
    """What somebody else may have written, as it may be shown: short, and with nothing that a terminal obeys."""
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())[:_LONGEST]


class Trouble(Exception):
    """Something that the instance waits out, or that a person has to mend.

    ``kind`` is a word for programs, the message a sentence for people, ``state`` what the instance shows meanwhile.
    ``lasting`` says that waiting alone will not help; ``retry_after`` is what the other side asked for, in seconds.
    """

    def __init__(
        self,
        kind: str,
        message: str,
        *,
        state: str = "waiting",
        lasting: bool = False,
        retry_after: float | None = None,
    ):
        super().__init__(one_line(message))
        self.kind = kind
        self.state = state
        self.lasting = lasting
        self.retry_after = retry_after

    def as_dict(self) -> dict[str, Any]:
        """The trouble as JSON can carry it; ``Trouble.from_dict`` is the way back."""
        return {
            "kind": self.kind,
            "message": str(self),
            "state": self.state,
            "lasting": self.lasting,
            "retry_after": self.retry_after,
        }

    @classmethod
    def from_dict(cls, document: dict[str, Any]) -> Trouble:
        """The trouble that ``as_dict`` described."""
        return Trouble(
            document["kind"],
            document["message"],
            state=document["state"],
            lasting=document["lasting"],
            retry_after=document["retry_after"],
        )
