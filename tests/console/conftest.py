"""A browser for all tests of the console, and a console for each file of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.console.site import CHROMIUM, Site, chromium


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Yield Debian's Chromium, driven by Playwright."""
    pytest.importorskip("nicegui", reason="the console is not installed: ./pythings up does it")
    playwright = pytest.importorskip("playwright.sync_api", reason="run by tox -e console")
    if not CHROMIUM.exists():
        pytest.skip(f"there is no {CHROMIUM}: apt-get install chromium")
    with playwright.sync_playwright() as driver, chromium(driver) as browser:
        yield browser


@pytest.fixture(scope="module")
def site(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Yield a console without an account or a visitor so far."""
    site = Site(browser, Path(tmp_path_factory.mktemp("site")) / "cloud")
    yield site
    assert site.stop() == 0


@pytest.fixture
def page(site: Site) -> Iterator[Any]:
    """Yield a page of the owner's."""
    with site.open() as page:
        site.enter(page)
        yield page
