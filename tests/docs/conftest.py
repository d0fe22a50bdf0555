# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The browser is the status page's."""

from __future__ import annotations

from ansible_collections.socialgouv.actions_runner.tests.page.conftest import browser, playwright

__all__ = ["browser", "playwright"]
