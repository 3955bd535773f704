"""A real browser for tests of pages. Where none can be had they are skipped, and say why."""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.browser.chromium import NoBrowser, find_chromium
from tests.browser.site import serving
from tests.integration.http.conftest import World, fresh_connector, furnish, world  # noqa: F401  (fixtures)
from tests.integration.http.conftest import api as _api

if TYPE_CHECKING:
    from playwright.sync_api import Browser

api = _api
# Locale, width, colour scheme and scripts are options of ``browser.new_context``.
DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 360, "height": 740}


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    """Ends with its file: while it runs, its event loop would be in the way of other tests' own."""
    playwright = pytest.importorskip("playwright.sync_api", reason="no browser: playwright is not installed")
    try:
        chromium = find_chromium()
    except NoBrowser as missing:
        pytest.skip(str(missing))
    with playwright.sync_playwright() as running:
        started = running.chromium.launch(
            executable_path=chromium.program,
            args=["--no-sandbox", "--headless=shell", "--disable-gpu"],
            env={**os.environ, **chromium.environment},
        )
        yield started
        started.close()


@pytest.fixture
def site(world: World) -> Iterator[str]:  # noqa: F811
    with serving(world.api) as address:
        yield address
