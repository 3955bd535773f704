"""Every page behind the sign-in as people see it: on a desk and in a hand, light and dark, in both languages, for everybody."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.conftest import DESKTOP
from tests.browser.inhabited import inhabit
from tests.browser.site import serving
from tests.integration.http.calling import ANNA
from tests.integration.http.conftest import World

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

HAND = {"width": 390, "height": 844}
ROOT = "/api/manage/organizations/contoso"
# Between them they show every colour that there is.
COLOURFUL = {"overview", "connection-classic", "watch", "journal", "action", "survey"}
# A folder for those who want to look at the pages themselves.
SHOTS = os.environ.get("SCREENSHOTS")


def pages(ids: dict[str, str]) -> dict[str, str]:
    return {
        "overview": ROOT,
        "settings": f"{ROOT}/settings",
        "connections": f"{ROOT}/connections",
        "connection-new": f"{ROOT}/connections/new",
        "connection-classic": f"{ROOT}/connections/{ids['broken']}",
        "connection-online": f"{ROOT}/connections/{ids['online']}",
        "connection-delete": f"{ROOT}/connections/{ids['orders']}/delete",
        "watches": f"{ROOT}/watches",
        "watch-new": f"{ROOT}/watches/new",
        "watch": f"{ROOT}/watches/{ids['watch']}",
        "journal": f"{ROOT}/watches/{ids['watch']}/journal",
        "actions": f"{ROOT}/actions",
        "actions-failed": f"{ROOT}/actions?state=failed",
        "action": f"{ROOT}/actions/order-4712-confirmation",
        "surveys": f"{ROOT}/surveys",
        "survey": f"{ROOT}/surveys/lunch",
        "appointments": f"{ROOT}/appointments",
        "appointment": f"{ROOT}/appointments/review",
        "preferences": "/api/manage/preferences",
        "nothing": f"{ROOT}/connections/nothing",
    }


@pytest.fixture
def inhabited(world: World) -> Iterator[tuple[str, dict[str, str]]]:
    ids = inhabit(world)
    with serving(world.api, ANNA) as address:
        yield address, ids


def shot(page: "Page", name: str) -> None:
    if SHOTS:
        page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=True)


def opened(page: "Page", name: str, path: str) -> None:
    """The page, and what has to be clicked to see all of it."""
    page.goto(path)
    if name == "connection-online":
        page.locator("#client-help summary").click()
    if name == "watch":
        page.get_by_role("button", name="Try it").or_(page.get_by_role("button", name="Ausprobieren")).click()
        page.locator("#preview").wait_for()
    if name == "connection-classic":
        page.locator("[data-doctor]").click()
        page.locator("#doctor .step").first.wait_for()


def test_axe_finds_nothing_and_nothing_sticks_out_of_a_phone(
    browser: "Browser", inhabited: tuple[str, dict[str, str]]
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    site, ids = inhabited
    # axe itself is a script: for it alone the page's policy is lifted
    context = browser.new_context(base_url=site, viewport=HAND, bypass_csp=True)
    page, wrong, axe = context.new_page(), dict[str, Any](), Axe()
    contrast = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}
    for name, path in pages(ids).items():
        opened(page, name, path)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        looks = [("light", None), ("dark", contrast)] if name in COLOURFUL else [("light", None)]
        for scheme, options in looks:
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            found = axe.run(page, options=options)
            if found.violations_count:
                violations = found.response["violations"]
                wrong[f"{name} {scheme}"] = [(one["id"], [node["html"] for node in one["nodes"]]) for one in violations]
    context.close()
    assert wrong == {}


@pytest.mark.skipif(not SHOTS, reason="SCREENSHOTS names no folder")
@pytest.mark.parametrize("language", ["en-US", "de-DE"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, HAND], ids=["1280", "390"])
def test_screenshots(
    browser: "Browser", inhabited: tuple[str, dict[str, str]], language: str, scheme: Any, size: Any
) -> None:
    site, ids = inhabited
    context = browser.new_context(
        base_url=site, locale=language, color_scheme=scheme, viewport=size, timezone_id="Europe/Berlin"
    )
    page = context.new_page()
    for name, path in pages(ids).items():
        opened(page, name, path)
        shot(page, f"{name}-{language[:2]}-{scheme}-{size['width']}")
    context.close()
