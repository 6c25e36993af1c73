"""Make the README's pictures again: `python -m tests.console.pictures`, with the tests' browser."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from tests.console.light import BAD, LightThing, calling, releases
from tests.console.site import Site, chromium, hello

PICTURES = Path(__file__).resolve().parents[2] / "docs" / "img"
_SIZE = {"width": 1280, "height": 800}
_READINGS = 12  # that the chart shows
_APP = """\
import math


class WorkerTask:
    def __init__(self):
        self.count = 0

    def call(self):
        self.count += 1
        warm = 21 + 2 * math.sin(self.count / 3)
        return {"temperature": round(warm, 1), "humidity": 40 + self.count % 9}
"""


def main() -> None:
    """Make all pictures."""
    PICTURES.mkdir(exist_ok=True)
    with (
        sync_playwright() as driver,
        chromium(driver) as browser,
        tempfile.TemporaryDirectory() as folder,
    ):
        releases(Path(folder) / "dist", "v2", BAD)
        site = Site(browser, Path(folder) / "cloud", "--dist", f"{folder}/dist")
        try:
            _draw(site)
        finally:
            site.stop()


def _draw(site: Site) -> None:
    with site.open(viewport=_SIZE) as page:
        site.enter(page)
        aid = hello(page, site, "Greenhouse")
        page.get_by_text("No error found.").wait_for()
        _type(page, _APP)
        page.get_by_text("No error found.").wait_for()
        page.get_by_role("button", name="Save a new version").click()
        for number in (1, 2):
            page.get_by_role("button", name="Try it").click()
            page.get_by_text("confirmed").nth(number - 1).wait_for()
        page.locator(".row-line a").first.click()
        page.get_by_label("A message for the app").fill("water the tomatoes")
        page.keyboard.press("Enter")
        page.locator(".reply").first.wait_for()
        _wait_for_readings(page)
        thing = page.url
        page.screenshot(path=PICTURES / "thing.png")
        page.goto(f"{site.url}/apps/{aid}")
        page.get_by_text("No error found.").wait_for()
        _type(page, _APP.replace("round(warm, 1)", "round(warn, 1)"))
        page.locator(".cm-line.cm-wrong").wait_for()
        page.screenshot(path=PICTURES / "editor.png")
        _halted(site, page, aid)
    with site.open(viewport=_SIZE, color_scheme="dark") as page:
        site.enter(page)
        page.goto(thing)
        page.locator(".chart canvas").first.wait_for()
        page.locator(".lifecycle .lit").first.wait_for()
        page.screenshot(path=PICTURES / "dark.png")


def _halted(site: Site, page: Any, aid: str) -> None:
    """Draw a rollout that has halted by itself."""
    beds = [LightThing(site.backend, aid, f"bed-{n:02}", weak=n % 4 == 0) for n in range(20)]
    with calling(beds):
        page.goto(f"{site.url}/rollouts/new?aid={aid}&os={BAD}&pool=staging")
        page.get_by_text("staging has 20 Things").wait_for()
        page.get_by_label("Stages, in percent").fill("50, 100")
        page.get_by_text("50 %: 10 of 20 Things").wait_for()
        page.get_by_label("Halts above so many").fill("0")
        page.get_by_role("button", name="Start it").click()
        page.get_by_text("halted", exact=True).wait_for()
        page.screenshot(path=PICTURES / "rollout.png")


def _type(page: Any, app: str) -> None:
    page.locator(".cm-content:visible").click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(app)
    page.get_by_text("not saved yet").wait_for()


def _wait_for_readings(page: Any) -> None:
    page.wait_for_function(f"document.querySelectorAll('.call').length > {2 * _READINGS}")


if __name__ == "__main__":
    main()
