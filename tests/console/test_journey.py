"""The way of a maker: from the first visit to readings, a broken app, and its repair."""

from __future__ import annotations

import re

import pytest

from tests.console.site import NAME, PASSWORD, Site, at_the_end, hello

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def test_from_the_first_visit_to_a_mended_app(site: Site) -> None:
    with site.open() as page:
        # The first visit.
        page.goto(site.url)
        page.get_by_role("heading", name="Make your account").wait_for()
        page.fill("#name", NAME)
        page.fill("#password", PASSWORD)
        page.get_by_role("button", name="Make the account").click()
        page.get_by_text("No Thing has registered yet").wait_for()

        # An app of the gallery, and an error at its line; the typed text survives a reload.
        hello(page, site)
        page.get_by_text("No error found.").wait_for()
        at_the_end(page, "\nx = (")
        error = page.get_by_role("button", name=re.compile(r"worker_task\.py:8"))
        error.wait_for()
        assert "was never closed" in error.inner_text()
        page.locator(".cm-line.cm-wrong").wait_for()
        page.get_by_text("not saved yet").wait_for()
        page.reload()
        page.get_by_text("not saved yet").wait_for()
        error.wait_for()
        page.get_by_role("button", name="Discard changes").click()
        page.get_by_role("button", name="Drop my changes").click()
        page.get_by_text("No error found.").wait_for()

        # It runs on a board, which is simulated here.
        page.get_by_role("button", name="Try it").click()
        page.get_by_text("confirmed").wait_for()
        page.locator(".row-line a").first.click()
        page.get_by_text(re.compile('last: {"count":')).wait_for()
        page.locator(".chart canvas").first.wait_for()
        page.locator(".lifecycle .lit").get_by_text("run").wait_for()
        with page.expect_download() as saved:
            page.get_by_role("button", name="Save this range as CSV").click()
        head, first = saved.value.path().read_text(encoding="utf-8").splitlines()[:2]
        assert head == "ts,received,msg"
        assert '""count"":' in first

        # It answers.
        page.get_by_label("A message for the app").fill("hello")
        page.keyboard.press("Enter")
        page.get_by_label("Python, or a line that begins with :").fill("print(6 * 7)")
        page.keyboard.press("Enter")
        page.locator(".reply").get_by_text("got it: hello").wait_for()
        page.locator(".reply").get_by_text("42", exact=True).wait_for()

        # It has a fault that no checker sees: the Thing rolls it back, and tells where.
        page.get_by_role("button", name="Its app").click()
        page.get_by_text("No error found.").wait_for()
        at_the_end(page, '\nraise ValueError("oh no")\n')
        page.get_by_text("not saved yet").wait_for()
        page.get_by_role("button", name="Save a new version").click()
        page.get_by_text("taken back").wait_for()
        wrong = page.locator(".cm-line.cm-wrong")
        wrong.wait_for()
        assert 'raise ValueError("oh no")' in wrong.inner_text()
        assert "ValueError: oh no" in page.locator(".marks").inner_text()

        # The version before runs on; the next one is taken.
        page.locator(".cm-content:visible").click()
        page.keyboard.press("Control+End")
        page.keyboard.press("Control+A")
        page.keyboard.insert_text(
            'class WorkerTask:\n    def call(self):\n        return {"mended": 1}\n'
        )
        page.get_by_text("not saved yet").wait_for()
        page.get_by_text("No error found.").wait_for()
        page.get_by_role("button", name="Save a new version").click()
        page.get_by_text("confirmed").wait_for()
        page.locator(".row-line a").first.click()
        page.get_by_text('last: {"mended": 1}').wait_for()


def test_on_a_phone_the_rail_is_below(site: Site) -> None:
    with site.open(viewport={"width": 390, "height": 844}) as page:
        site.enter(page)
        box = page.get_by_role("navigation", name="Main").bounding_box()
        assert box["y"] > 700
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_it_is_dark_where_its_user_likes_that(site: Site) -> None:
    def ground(scheme: str) -> int:
        with site.open(color_scheme=scheme) as page:
            site.enter(page)
            colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
            return sum(map(int, re.findall(r"\d+", colour)[:3]))

    assert ground("dark") < 200 < 600 < ground("light")
