# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The status page in a browser: it shows all, sorts and filters, needs nothing from outside, and runs no job's text."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page

from ansible_collections.socialgouv.actions_runner.tests.page import example
from ansible_collections.socialgouv.actions_runner.tests.page.conftest import Open

DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
SELECTORS = ("h1", "header p", ".tile span", ".findings span", ".pill", "td", "th button", ".mark", ".chip")
HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "' onmouseover='alert(1)",
    "</style></script><b>bold</b>",
    "{{ 7 * 7 }} ${7*7} &lt;b&gt;",
    "javascript:alert(1)",
)


def column(page: Page, name: str) -> list[str]:
    """What a column shows, top to bottom, of the rows that are visible."""
    heads = [text.strip() for text in page.locator("#instances thead th").all_inner_texts()]
    number = heads.index(name) + 1
    return [
        text.strip() for text in page.locator(f"#instances tbody tr:visible td:nth-child({number})").all_inner_texts()
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_page_is_whole_and_silent(open_page: Open, scheme: str, size: dict[str, int]) -> None:
    """Nothing is loaded, nothing complains, nothing sticks out to the side."""
    page, amiss = open_page(color_scheme=scheme, viewport=size)
    assert page.locator("article.host").count() == 8
    assert page.locator("#instances tbody tr").count() == 26
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert amiss == []


def test_what_is_amiss_stands_first_and_is_counted(open_page: Open) -> None:
    """Sealed, drained, unreachable, waiting, older images: each with its reason."""
    page, amiss = open_page()
    shown = page.locator(".findings").inner_text()
    for said in (
        "new disk",
        "run the playbook unseal",
        "No route to host",
        "GitHub cannot serve now (503)",
        "37 days old",
    ):
        assert said in shown
    levels = page.locator(".findings li").evaluate_all("all => all.map(one => one.className)")
    assert levels == sorted(levels, key=["bad", "warn", "note"].index)
    assert page.locator(".tile").first.inner_text().startswith("Needs a hand")
    assert amiss == []


@pytest.mark.parametrize("name", ["Host", "Instance", "Since", "State", "Image", "Version", "Job or reason"])
def test_a_click_on_a_head_sorts_and_another_one_turns_it(open_page: Open, name: str) -> None:
    """Times as times, states by how bad they are, names as people count."""
    page, amiss = open_page()
    head = page.locator("#instances thead th", has_text=re.compile(f"^{name}"))
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "ascending"
    upwards = _values(page, name)
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "descending"
    assert page.locator("th[aria-sort]").count() == 1
    assert upwards == sorted(upwards)
    assert _values(page, name) == sorted(upwards, reverse=True)
    assert upwards[0] != upwards[-1]
    assert amiss == []


def _values(page: Page, name: str) -> list[Any]:
    if name == "Since":
        units = {"s": 1, "m": 60, "h": 3600, "d": 86400}
        texts = [text.split() for text in column(page, name)]
        return [-1 if len(text) < 2 else int(text[0]) * units[text[1]] for text in texts]
    if name == "State":
        order = ["failed", "outdated", "sealed", "waiting", "stopped", "draining", "starting", "busy", "idle"]
        return [order.index(text) for text in column(page, name)]
    if name == "Version":
        return [int(found[0]) if (found := re.findall(r"(\d+) days? old", text)) else -1 for text in column(page, name)]
    if name == "Job or reason":
        return [re.sub(r"[^a-z0-9]", "", text.lower()) for text in column(page, name)]
    # As people count: 9 before 10.
    return [
        [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in re.split(r"(\d+)", text) if part]
        for text in column(page, name)
    ]


def test_words_and_states_filter(open_page: Open) -> None:
    """All words must be there, any of the states; and an empty result says so."""
    page, amiss = open_page()
    page.get_by_role("searchbox").fill("ci2 busy")
    assert column(page, "Host") == ["ci2.example.org"] * 2
    page.get_by_role("searchbox").fill("")
    page.locator(".chip", has_text="waiting").click()
    assert set(column(page, "State")) == {"waiting"}
    page.locator(".chip", has_text="sealed").click()
    assert set(column(page, "State")) == {"waiting", "sealed"}
    page.get_by_role("searchbox").fill("nowhere")
    assert page.get_by_text("No instance matches.").is_visible()
    assert amiss == []


def test_light_and_dark_follow_the_system_and_the_button(open_page: Open) -> None:
    """And text can be read in both: 4.5 to 1 at least."""
    page, amiss = open_page(color_scheme="dark")
    background = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(background)
    page.get_by_role("button", name="Switch between light and dark").click()
    light = page.evaluate(background)
    assert _luminance(dark) < 0.05 < 0.8 < _luminance(light)
    for _scheme in range(2):
        for selector in SELECTORS:
            found = page.locator(selector).evaluate_all(_COLOURS)
            worst = min(_contrast(front, back) for front, back in found)
            assert worst >= 4.5, (selector, worst)
        page.get_by_role("button", name="Switch between light and dark").click()
    assert amiss == []


# Colours as they are painted: a canvas knows every notation, and what lies under a translucent one.
_COLOURS = """all => all.map(one => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const parents = [];
  for (let at = one; at; at = at.parentElement) parents.unshift(getComputedStyle(at).backgroundColor);
  for (const colour of parents) { canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); }
  const back = [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
  canvas.fillStyle = getComputedStyle(one).color;
  canvas.fillRect(0, 0, 1, 1);
  const front = [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
  return [`rgb(${front})`, `rgb(${back})`];
})"""


def _luminance(colour: str) -> float:
    """https://www.w3.org/TR/WCAG22/#dfn-relative-luminance."""
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("text", HOSTILE)
def test_text_of_others_is_text(open_page: Open, text: str) -> None:
    """Wherever it stands: a job's name, a reason, a host's name, a label, an image, the title."""
    told = example.host(["busy", "waiting"], reason=text, drained=True, drain_reason=text)
    told["instances"][0]["job"] = text
    told["pools"] = [example.pool("default", text, [text])]
    told["pools"][0]["url"] = text
    for one in told["images"]:
        one["version"] = text
    failed = {"msg": text}
    page, amiss = open_page({text: told, f"{text}2": failed}, title=text)
    assert page.title() == text
    assert page.locator("h1").inner_text() == text
    assert page.locator("td b").first.inner_text() == text
    assert page.locator("script").count() == 1
    assert page.locator("img, b b, article svg, [onmouseover], [onload]").count() == 0
    page.mouse.move(200, 300)
    assert amiss == []


def test_the_policy_would_stop_what_escaping_missed(open_page: Open) -> None:
    """Neither a script nor a request gets through, even if one were written into the page."""
    page, amiss = open_page()
    failed: list[str | None] = []
    page.on("requestfailed", lambda request: failed.append(request.failure))
    page.evaluate(
        """() => {
          const script = document.createElement("script");
          script.textContent = "document.title = 'taken over'";
          document.body.append(script);
          const image = document.createElement("img");
          image.src = "https://attacker.example/";
          document.body.append(image);
        }"""
    )
    page.wait_for_timeout(300)
    assert page.title() == "Runners"
    assert len([one for one in amiss if "Content Security Policy" in one]) == 2, amiss
    assert failed == ["csp"]


@pytest.mark.parametrize(("hosts", "said"), [({}, "All is well"), ({"ci1": example.host(["idle"])}, "All is well")])
def test_small_fleets_are_fine_too(open_page: Open, hosts: dict[str, Any], said: str) -> None:
    """None and one."""
    page, amiss = open_page(hosts)
    assert page.locator(".tile").first.inner_text().startswith(said)
    assert page.locator(".findings").count() == 0
    assert amiss == []
