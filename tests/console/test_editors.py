"""Two editors on one app: neither loses a line, and each sees the other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.console.site import Site, add_person, at_the_end, hello

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def app(site: Site) -> str:
    with site.open() as page:
        site.enter(page)
        aid = hello(page, site)
    add_person(site, "bob", **{aid: "developer"})
    return aid


@pytest.fixture
def pages(site: Site, app: str) -> Iterator[tuple[Any, Any]]:
    """Yield the app's page as ada and as bob."""
    with site.open() as ada, site.open() as bob:
        for page, name in ((ada, "ada"), (bob, "bob")):
            site.enter(page, name)
            page.goto(f"{site.url}/apps/{app}")
            page.locator(".cm-content:visible").wait_for()
        yield ada, bob


def edit(page: Any, typed: str) -> None:
    at_the_end(page, typed)
    page.get_by_text("not saved yet").wait_for()


def at_the_start(page: Any, typed: str) -> None:
    page.locator(".cm-content:visible").click()
    page.keyboard.press("Control+Home")
    page.keyboard.insert_text(typed)
    page.get_by_text("not saved yet").wait_for()


def save(page: Any) -> None:
    page.get_by_role("button", name="Save a new version").click()


def body(page: Any) -> str:
    return str(page.locator(".cm-content:visible").inner_text())


def test_two_editors_of_one_file_lose_nothing(pages: tuple[Any, Any]) -> None:
    ada, bob = pages
    ada.get_by_text("bob has this app open, too.").wait_for()
    edit(bob, "\n# of bob\n")
    ada.get_by_text("bob is editing this app, too.").wait_for()
    at_the_start(ada, "# of ada\n")
    save(ada)
    ada.get_by_text("Saved as version").wait_for()
    # Bob hears of it, and his version does not replace ada's.
    bob.get_by_text(re.compile("was saved while you had version")).wait_for()
    save(bob)
    bob.get_by_role("heading", name="A newer version was saved meanwhile").wait_for()
    bob.get_by_text(re.compile("was saved by ada")).wait_for()
    bob.locator(".sides td.new").get_by_text("# of ada").wait_for()
    bob.get_by_role("button", name="Merge").click()
    bob.get_by_text(re.compile("Merged with version")).wait_for()
    assert body(bob).startswith("# of ada\n")
    assert "# of bob" in body(bob)
    save(bob)
    bob.get_by_text("Saved as version").wait_for()
    ada.get_by_text(re.compile("was saved meanwhile. Choose it above")).wait_for()

    # Both change one line: it is marked for the second to choose.
    at_the_start(bob, "# bob was here, ")
    at_the_start(ada, "# ada was here, ")
    save(bob)
    ada.get_by_text(re.compile("was saved while you had version")).wait_for()
    save(ada)
    ada.get_by_role("button", name="Merge").click()
    ada.get_by_text("You both changed one place").wait_for()
    ada.locator(".cm-line.cm-wrong").first.wait_for()
    text = body(ada)
    assert text.index("<<<<<<< yours") < text.index("# ada was") < text.index("# bob was")


def test_another_version_takes_the_place_of_unsaved_changes_only_if_confirmed(
    pages: tuple[Any, Any],
) -> None:
    page = pages[1]
    edit(page, "\n# not lost\n")
    versions = page.get_by_label("Version", exact=True)
    chosen = versions.input_value()

    def choose() -> None:
        versions.click()
        page.get_by_role("option").last.click()
        page.get_by_role("heading", name="You have unsaved changes").wait_for()

    choose()
    page.get_by_role("button", name="Keep editing").click()
    page.get_by_role("heading", name="You have unsaved changes").wait_for(state="detached")
    assert "# not lost" in body(page)
    assert versions.input_value() == chosen
    page.reload()
    page.locator(".cm-line").get_by_text("# not lost").wait_for()
    choose()
    page.get_by_role("button", name="Drop my changes").click()
    page.get_by_text("saved", exact=True).wait_for()
    assert "# not lost" not in body(page)


def test_any_two_versions_are_compared_side_by_side(pages: tuple[Any, Any]) -> None:
    page = pages[1]
    page.get_by_role("button", name="Compare").click()
    page.get_by_role("heading", name="Versions of First").wait_for()
    page.get_by_text(re.compile(r"^ada, 20\d\d-")).last.wait_for()
    # The oldest two: the first one does nothing, ada's is of the gallery.
    page.get_by_role("button", name=re.compile("Changes of")).last.click()
    page.locator(".sides td.old").get_by_text("return None").first.wait_for()
    page.locator(".sides td.new").get_by_text('return {"count": self.count}').wait_for()
    page.get_by_label("From").click()
    page.get_by_role("option").nth(-2).click()
    page.get_by_text("There is no difference.").wait_for()
