"""Hostile strings in each field that a Thing or a person can set are shown, and do nothing."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any
from urllib.parse import quote

import pytest
import requests

from tests.console.hostile import CORPUS, harmless
from tests.console.site import Site, hello
from tests.patience import PATIENCE_S

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

NUMBERS = count(1)
EVERYTHING = " ".join(CORPUS)


class HostileThing:
    """A Thing that sends hostile text in every field, by API v1."""

    def __init__(self, backend: str, aid: str, tid: str) -> None:
        self._url = backend + "/api/v1/"
        said = {"tid": tid, "aid": aid, "app_version": "<b>1", "pythings_version": "<i>2"}
        said |= {"platform": "<script>pwned=1"[:36], "capabilities": CORPUS[1], "pool": ""}
        self._token = self._post("things/register", **said)["token"]
        self._post("apps/management", token=self._token)

    def speak(self) -> None:
        """Fill every field that a Thing can fill."""
        for what in ("management", "worker", "pythings"):
            status = "OK" if what == "management" else f"KO: {EVERYTHING}"
            self._post("things/report", token=self._token, what=what, status=status)
        reading = {key: n for n, key in enumerate(CORPUS)}
        self._post("apps/worker", token=self._token, msg=reading)

    def answer(self) -> None:
        """Take a message, and answer it."""
        taken = self._post("apps/management", token=self._token)
        mid = taken["mid"]
        reply = {"mid": mid, "rep": EVERYTHING}
        self._post("things/report", token=self._token, what="management", status="OK", msg=reply)

    def _post(self, path: str, **fields: Any) -> Any:
        answer = requests.post(f"{self._url}{path}/", json=fields, timeout=PATIENCE_S)
        assert answer.status_code == 200, answer.text
        return answer.json() if answer.content else None


@pytest.fixture
def hostile(page: Any, site: Site) -> Iterator[tuple[Any, str]]:
    aid = hello(page, site, "<img src=x onerror=pwned=1> App")
    tid = f"<img src=x onerror=pwned=1> {{{{{next(NUMBERS)}}}}}"[:36]
    thing = HostileThing(site.backend, aid, tid)
    thing.speak()
    yield page, tid


def test_nothing_of_it_becomes_more_than_text(hostile: tuple[Any, str], site: Site) -> None:
    page, tid = hostile
    page.goto(site.url + "/things")
    page.get_by_role("gridcell", name=tid).wait_for()
    harmless(page)
    page.goto(site.url + "/things/" + quote(tid, safe=""))
    page.get_by_role("heading", name=tid).wait_for()
    page.get_by_role("alert").get_by_text("pwned").first.wait_for()
    page.locator(".chart canvas").first.hover()
    harmless(page)
    page.get_by_label("A message for the app").fill(EVERYTHING)
    page.keyboard.press("Enter")
    page.locator(".said").get_by_text("<script>").first.wait_for()
    harmless(page)
    page.goto(site.url + "/apps")
    page.get_by_role("heading", name="<img src=x onerror=pwned=1> App").wait_for()
    harmless(page)
    page.locator(".app-card").last.click()
    page.get_by_role("heading", name="<img src=x onerror=pwned=1> App").wait_for()
    page.get_by_text(tid).wait_for()
    page.locator(".cm-content:visible").click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text("raise <script>pwned=1</script><img src=x onerror=pwned=1>")
    page.locator(".cm-line.cm-wrong").wait_for()
    harmless(page)
    page.get_by_role("button", name="Save a new version").click()
    page.get_by_role("button", name="Save it all the same").click()
    page.get_by_text("Saved as version").wait_for()
    page.get_by_role("button", name="Compare").click()
    page.get_by_role("heading", name="Versions of <img src=x onerror=pwned=1> App").wait_for()
    page.locator(".sides td.new").get_by_text("<script>pwned=1</script>").wait_for()
    harmless(page)


def test_the_pages_of_the_cloud_show_it_as_text(hostile: tuple[Any, str], site: Site) -> None:
    page, tid = hostile
    page.goto(site.url + "/things/" + quote(tid, safe=""))
    page.get_by_label("A message for the app").fill("x")
    page.keyboard.press("Enter")
    page.locator(".said").first.wait_for()
    name = "<img src=x onerror=pwned=1> App"
    page.goto(site.url + "/audit")
    page.get_by_role("cell", name=tid, exact=True).first.wait_for()
    page.get_by_role("cell", name=name, exact=True).first.wait_for()
    page.get_by_label("Person, action or text").fill(EVERYTHING[:100])
    page.get_by_text("Nothing is like that").wait_for()
    harmless(page)
    page.goto(site.url + "/data")
    page.get_by_role("heading", name=name).first.wait_for()
    page.get_by_role("button", name=f"Change staging of {name}").first.click()
    page.get_by_role("heading", name="Readings of staging").wait_for()
    harmless(page)
    for path in ("/people", "/tokens", "/releases"):
        page.goto(site.url + path)
        page.locator("main .card").first.wait_for()
        harmless(page)


def test_markup_that_was_forced_into_a_page_does_not_run(site: Site) -> None:
    """The policy is the second wall: should a string ever become markup, it does nothing."""
    with site.open("Content Security Policy") as page:
        site.enter(page)
        blocked = page.evaluate(
            """() => new Promise(done => {
            document.addEventListener('securitypolicyviolation', e => done(e.violatedDirective));
            const e = document.createElement('div');
            document.body.append(e);
            e.innerHTML = '<img src="data:," onerror="window.pwned=1">';
            })"""
        )
        assert blocked.startswith("script-src")
        assert page.evaluate("window.pwned") is None
