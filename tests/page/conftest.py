# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The status page in Debian's Chromium, without a screen."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

from ansible_collections.socialgouv.actions_runner.plugins.plugin_utils import _fleet, _fleet_page
from ansible_collections.socialgouv.actions_runner.tests.page import example

#: What is loaded, said or thrown that should not be.
Amiss = list[str]
Open = Callable[..., tuple[Page, Amiss]]


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    assert chromium, "there is no Chromium: install it with `apt-get install chromium`"
    # The sandbox wants rights that root in a container has not; the page is our own.
    started = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
    yield started
    started.close()


@pytest.fixture
def open_page(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    """Opens the page of a fleet; gives it with the list of what went amiss, which the test holds to be empty."""
    contexts = []

    def open_it(hosts: dict[str, Any] | None = None, title: str = "Runners", **options: Any) -> tuple[Page, Amiss]:
        path = tmp_path / "fleet.html"
        fleet = _fleet.document(example.fleet() if hosts is None else hosts, example.NOW)
        path.write_text(_fleet_page.render(fleet, title), encoding="utf-8")
        contexts.append(browser.new_context(locale="en-GB", timezone_id="UTC", **options))
        page = contexts[-1].new_page()
        amiss: Amiss = []
        page.on("console", lambda message: amiss.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: amiss.append(f"error: {error}"))
        page.on("dialog", lambda dialog: (amiss.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("request", lambda request: amiss.append(request.url) if request.url != path.as_uri() else None)
        page.goto(path.as_uri())
        return page, amiss

    yield open_it
    for context in contexts:
        context.close()
