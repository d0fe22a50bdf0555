# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What goes wrong, as GitHub says it."""

from __future__ import annotations

DOCUMENTATION = "https://docs.github.com/rest/actions/self-hosted-runners"


class ApiError(Exception):
    """An answer other than success: its status, its message, and headers that go with it."""

    def __init__(self, status: int, message: str, headers: dict[str, str] | None = None):
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = headers or {}

    @property
    def body(self) -> dict[str, str]:
        """The JSON document that GitHub sends with an error."""
        return {"message": self.message, "documentation_url": DOCUMENTATION, "status": str(self.status)}


def not_found() -> ApiError:
    """What is not there, and what the token may not know to be there."""
    return ApiError(404, "Not Found")


class RunnerError(Exception):
    """What the runner's side is told; ``code`` says which of a runner's reactions is meant."""

    def __init__(self, status: int, code: str, message: str):
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


def registration_deleted() -> RunnerError:
    """GitHub no longer knows the runner."""
    return RunnerError(404, "deleted", "The runner registration has been deleted from the server")
