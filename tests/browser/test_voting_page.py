"""The voting page as people meet it: in a browser, on a desk and in a hand, by keyboard, without scripts, in both languages."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.asking import OPTIONS, QUESTION, asked, close, counts
from tests.browser.conftest import DESKTOP, PHONE
from tests.integration.http.conftest import World

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

LOOKS = [
    pytest.param(language, scheme, size, id=f"{language}-{scheme}-{'phone' if size is PHONE else 'desktop'}")
    for language in ("en-US", "de-DE")
    for scheme in ("light", "dark")
    for size in (DESKTOP, PHONE)
]
WORDS = {
    "en-US": ("Send answer", "Thank you. Your answer has been recorded.", "This survey is closed."),
    "de-DE": ("Antwort senden", "Danke. Ihre Antwort ist gespeichert.", "Diese Umfrage ist beendet."),
}
# A folder for those who want to look at the pages themselves.
SHOTS = os.environ.get("SCREENSHOTS")


@pytest.fixture
def opened(browser: "Browser", site: str, request: pytest.FixtureRequest) -> "Iterator[Page]":
    """Without scripts: the page has to do without them. Whatever the browser complains about fails the test."""
    language, scheme, size = getattr(request, "param", ("en-US", "light", DESKTOP))
    context = browser.new_context(
        base_url=site, locale=language, color_scheme=scheme, viewport=size, java_script_enabled=False
    )
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    # what the browser itself gives up, because it goes on to another page, is no complaint
    page.on("requestfailed", lambda lost: complaints.extend([lost.url] if lost.failure != "net::ERR_ABORTED" else []))
    yield page
    context.close()
    assert complaints == []


def shot(page: "Page", name: str) -> None:
    if SHOTS:
        page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=True)


@pytest.mark.parametrize(("language", "scheme", "size"), LOOKS)
def test_a_recipient_reads_answers_and_comes_back_after_the_end(
    browser: "Browser", site: str, world: World, language: str, scheme: Any, size: Any
) -> None:
    path = asked(world, comment=True, allow_change=True)
    send, thanks, over = WORDS[language]
    name = f"{language[:2]}-{scheme}-{'phone' if size is PHONE else 'desktop'}"
    context = browser.new_context(
        base_url=site, locale=language, color_scheme=scheme, viewport=size, java_script_enabled=False
    )
    page = context.new_page()
    page.goto(path)
    assert page.locator("html").get_attribute("lang") == language[:2]
    assert page.get_by_role("heading", level=1).inner_text() == QUESTION
    assert "kim@fabrikam.example" in page.locator("main").inner_text()
    assert page.get_by_role("radio").count() == len(OPTIONS)
    shot(page, f"{name}-1-question")
    page.get_by_label(OPTIONS[1]).check()
    page.locator("textarea").fill("Not before noon.")
    shot(page, f"{name}-2-chosen")
    page.get_by_role("button", name=send).click()
    assert page.get_by_role("status").inner_text() == thanks
    assert page.locator(".chosen").inner_text().count(OPTIONS[1]) == 1
    shot(page, f"{name}-3-recorded")
    assert counts(world) == (0, 1, 0)
    close(world)
    page.goto(path)
    assert over in page.get_by_role("status").inner_text()
    assert page.get_by_role("button").count() == 0
    shot(page, f"{name}-4-closed")
    page.goto("/api/vote/nothing")
    assert page.get_by_role("heading", level=1).is_visible()
    shot(page, f"{name}-5-nothing")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_that_keeps_people_from_using_it(
    browser: "Browser", site: str, world: World, scheme: Any
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    path = asked(world, comment=True, allow_change=True)
    # axe itself is a script: for it alone the page's policy is lifted
    context = browser.new_context(base_url=site, color_scheme=scheme, viewport=PHONE, bypass_csp=True)
    page = context.new_page()
    page.goto(path)
    found = [("question", Axe().run(page))]
    page.get_by_label(OPTIONS[0]).check()
    page.get_by_role("button").click()
    found.append(("recorded", Axe().run(page)))
    close(world)
    page.reload()
    found.append(("closed", Axe().run(page)))
    page.goto("/api/vote/nothing")
    found.append(("nothing", Axe().run(page)))
    context.close()
    assert {name: results.response["violations"] for name, results in found if results.violations_count} == {}


def test_the_keyboard_is_enough(opened: "Page", world: World) -> None:
    path = asked(world)
    opened.goto(path)
    opened.keyboard.press("Tab")
    opened.keyboard.press("Space")
    opened.keyboard.press("ArrowDown")
    opened.keyboard.press("ArrowDown")
    opened.keyboard.press("Tab")
    opened.keyboard.press("Enter")
    assert "recorded" in opened.get_by_role("status").inner_text()
    assert counts(world) == (0, 0, 1)


def test_a_link_of_the_mail_chooses_beforehand_and_does_not_vote(opened: "Page", world: World) -> None:
    path = asked(world)
    opened.goto(f"{path}?choice=2&utm_source=scanner")
    assert opened.get_by_label(OPTIONS[1]).is_checked()
    assert counts(world) == (0, 0, 0)


def test_html_in_question_and_options_is_text(opened: "Page", world: World) -> None:
    wild = '<script>document.title="owned"</script>'
    path = asked(world, subject=wild, options=('"><img src=x onerror=alert(1)>', "R&D &amp; more"))
    opened.goto(path)
    assert opened.get_by_role("heading", level=1).inner_text() == wild
    assert opened.get_by_label('"><img src=x onerror=alert(1)>', exact=True).count() == 1
    assert opened.get_by_label("R&D &amp; more", exact=True).count() == 1
    assert opened.locator("img, script").count() == 0


def test_a_very_long_word_stays_on_a_phones_page(browser: "Browser", site: str, world: World) -> None:
    path = asked(world, subject="W" * 255, options=("x" * 64, "ö" * 64))
    context = browser.new_context(base_url=site, viewport=PHONE)
    page = context.new_page()
    page.goto(path)
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    context.close()


def test_the_back_button_and_the_old_form_do_no_harm(opened: "Page", world: World) -> None:
    path = asked(world)
    opened.goto(path)
    opened.get_by_label(OPTIONS[0]).check()
    opened.get_by_role("button").click()
    opened.go_back()
    opened.reload()
    assert opened.get_by_role("button").count() == 0
    assert counts(world) == (1, 0, 0)


def test_nothing_is_asked_of_anybody_else(browser: "Browser", site: str, world: World) -> None:
    path = asked(world)
    context = browser.new_context(base_url=site)
    page, asked_for = context.new_page(), list[str]()
    page.on("request", lambda request: asked_for.append(request.url))
    page.goto(path)
    assert {url.removeprefix(site) for url in asked_for} <= {path, "/api/web/page.css", "/api/web/icon.svg"}
    assert page.locator("main").evaluate("element => getComputedStyle(element).borderTopWidth") == "1px"
    context.close()
