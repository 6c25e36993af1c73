"""The table of Things follows them while it is open."""

from __future__ import annotations

from typing import Any

import pytest

from tests.console.registered import register
from tests.console.site import Site, hello

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def test_a_thing_that_has_come_stays(page: Any, site: Site) -> None:
    """A new height of the table must not bring the rows back with which the page began."""
    aid = hello(page, site)
    page.goto(site.url + "/things")
    page.get_by_role("heading", name="No Thing has registered yet").wait_for()
    known = ["one", "two", "three"]
    for tid in known:
        register(site.backend, aid, tid)
        page.get_by_role("gridcell", name=tid, exact=True).wait_for()
    page.get_by_text("3 of 3 online").wait_for()
    rows = page.locator(".ag-row [col-id=tid]")
    assert sorted(rows.all_inner_texts()) == sorted(known)
    page.get_by_label("Filter the table").fill("tw")
    page.get_by_role("gridcell", name="one", exact=True).wait_for(state="hidden")
    assert rows.all_inner_texts() == ["two"]


def test_a_row_opens_its_thing_by_a_click_and_by_the_enter_key(page: Any, site: Site) -> None:
    tid = "a/b?c #1"
    register(site.backend, hello(page, site), tid)
    for open_it in (lambda cell: cell.click(), lambda cell: cell.press("Enter")):
        page.goto(site.url + "/things")
        open_it(page.get_by_role("gridcell", name=tid, exact=True))
        page.get_by_role("heading", name=tid).wait_for()
