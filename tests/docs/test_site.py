# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The site that `make docs` has built, in a browser: whole, silent, without the network, on a screen of any width."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Browser, Page

from ansible_collections.socialgouv.actions_runner.tests.docs.blocks import ROOT

SITE = ROOT / ".build" / "docs" / "html"
PAGES = sorted(path.relative_to(SITE) for path in SITE.rglob("*.html")) if SITE.exists() else []
#: One of each kind: prose, commands, wide tables, antsibull-docs' own.
EXAMPLES = ("index", "tutorial", "reference/states", "reference/collection/runner_unit_module")
SIZES = {"phone": {"width": 360, "height": 740}, "desktop": {"width": 1440, "height": 900}}
# WCAG 2.1's formula, for what is written on the page's own ground.
CONTRAST = """() => {
  const parse = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
  const light = (rgb) => rgb.slice(0, 3).map((c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (node) => {
    for (; node; node = node.parentElement) {
      const found = parse(getComputedStyle(node).backgroundColor);
      if (found.length === 3 || found[3] > 0.9) return found;
    }
    return [255, 255, 255];
  };
  return [...document.querySelectorAll("article p, article li, article td, article code, article a, article pre span")]
    .filter((node) => node.offsetParent && [...node.childNodes].some((one) => one.nodeType === 3 && one.data.trim()))
    .map((node) => {
      const [a, b] = [light(parse(getComputedStyle(node).color)), light(ground(node))].sort((x, y) => y - x);
      return [(a + 0.05) / (b + 0.05), node.outerHTML.slice(0, 80)];
    }).filter(([ratio]) => ratio < 4.5);
}"""


@pytest.fixture(scope="module", autouse=True)
def _built() -> None:
    assert PAGES, "there is no site: run `make docs`"


@pytest.fixture(scope="module", params=["light", "dark"])
def scheme(request: pytest.FixtureRequest) -> str:
    value: str = request.param
    return value


@pytest.fixture
def page(browser: Browser, scheme: str) -> Iterator[Page]:
    context = browser.new_context(color_scheme=scheme, viewport=SIZES["phone"])
    yield context.new_page()
    context.close()


def test_no_page_needs_the_network_complains_or_sticks_out(browser: Browser) -> None:
    """All of them, on a phone: nothing is fetched from elsewhere, no script fails, nothing scrolls to the side."""
    context = browser.new_context(viewport=SIZES["phone"], offline=True)
    page = context.new_page()
    amiss: list[str] = []
    page.on("console", lambda message: amiss.append(f"{page.url}: {message.type}: {message.text}"))
    page.on("pageerror", lambda error: amiss.append(f"{page.url}: {error}"))
    page.on("request", lambda one: None if one.url.startswith((SITE.as_uri(), "data:")) else amiss.append(one.url))
    for path in PAGES:
        page.goto((SITE / path).as_uri())
        if not page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"):
            amiss.append(f"{path} is wider than a phone")
    context.close()
    assert amiss == []


@pytest.mark.parametrize("name", EXAMPLES)
def test_it_can_be_read_in_the_light_and_in_the_dark(page: Page, scheme: str, name: str) -> None:
    """The scheme is the system's, and every text stands out from its ground as WCAG's level AA wants it."""
    page.goto((SITE / f"{name}.html").as_uri())
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(255, 255, 255)") == (scheme == "light")
    assert page.evaluate(CONTRAST) == []


def test_every_link_within_the_site_leads_somewhere() -> None:
    """To a page that is there, and to a place in it that is there."""
    parsed = {path: BeautifulSoup((SITE / path).read_text(encoding="utf-8"), "html.parser") for path in PAGES}
    places = {path: {node["id"] for node in soup.find_all(id=True)} for path, soup in parsed.items()}
    broken = []
    for path, soup in parsed.items():
        for node in soup.find_all(["a", "img", "link", "script"]):
            link = urlsplit(str(node.get("href") or node.get("src") or ""))
            if link.scheme or link.netloc:
                continue
            target = (SITE / path.parent / unquote(link.path)).resolve() if link.path else SITE / path
            inside = target.relative_to(SITE) if target.is_relative_to(SITE) else Path("elsewhere")
            lost = link.fragment and inside in places and unquote(link.fragment) not in places[inside]
            if not target.exists() or (lost and path.name != "search.html" and link.fragment != "furo-main-content"):
                broken.append(f"{path}: {node.get('href') or node.get('src')}")
    assert broken == []


def test_the_search_finds_what_is_asked_for(page: Page) -> None:
    """Without a server: the index is a script of the site's own."""
    page.goto((SITE / "search.html").as_uri() + "?q=unseal")
    page.wait_for_selector("#search-results li")
    assert "Reboot, drain, unseal" in page.locator("#search-results").inner_text()
