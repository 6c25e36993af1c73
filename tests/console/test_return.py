"""After an absence of its browser or its server, a page returns by itself and shows the truth."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from app.simulator.relay import Relay
from tests.console.registered import register
from tests.console.site import Site, hello, visit

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

LOST = "WebSocket|Failed to load resource"  # the browser's words for a server that is away
CUT_MS = 20_000
# After this the server has missed two heartbeats of a page, and has dropped its state, too.
ASLEEP_MS = 50_000


@pytest.fixture(scope="module")
def aid(site: Site) -> str:
    """Return the id of an app that has one Thing, `one`."""
    with site.open() as page:
        site.enter(page)
        aid = hello(page, site)
    register(site.backend, aid, "one")
    return aid


def shows(page: Any, tid: str) -> None:
    """Wait until the table shows a Thing and takes input, and the page knows how to return."""
    page.wait_for_function("window.did_handshake && window.comesBack")
    page.locator("main:not([inert])").get_by_role("gridcell", name=tid, exact=True).wait_for()


def disconnected(page: Any) -> None:
    page.get_by_text("Connection lost.").wait_for()
    page.locator("main[inert]").wait_for()


def test_after_a_cut_of_the_network_and_after_a_sleep(
    aid: str, page: Any, site: Site, browser: Any
) -> None:
    with site.open(LOST) as cut, site.open(LOST) as asleep:
        for one in (cut, asleep):
            site.enter(one)
            shows(one, "one")
        begin = page.evaluate("performance.now()")
        cut.context.set_offline(True)
        cycle = asleep.context.new_cdp_session(asleep)
        cycle.send("Page.setWebLifecycleState", {"state": "frozen"})
        disconnected(cut)
        register(site.backend, aid, "two")
        # The length of a cut and of a sleep is the case itself, so that it is waited for.
        page.wait_for_function(f"performance.now() > {begin + CUT_MS}")
        cut.context.set_offline(False)
        shows(cut, "two")
        page.wait_for_function(f"performance.now() > {begin + ASLEEP_MS}")
        cycle.send("Page.setWebLifecycleState", {"state": "active"})
        shows(asleep, "two")


@pytest.fixture
def relay(site: Site) -> Iterator[tuple[str, Callable[[bool], None]]]:
    """Yield the console's address behind a relay, and a function that holds all its data."""
    state = {"linked": True}
    relay = Relay(lambda: state["linked"])

    def link(linked: bool) -> None:
        state["linked"] = linked
        relay.wake()

    yield f"http://127.0.0.1:{relay.port_to('127.0.0.1', urlsplit(site.url).port or 0)}", link
    relay.close()


def test_a_network_that_does_not_answer_does_not_cost_the_page(
    aid: str, site: Site, browser: Any, relay: tuple[str, Callable[[bool], None]]
) -> None:
    url, link = relay
    with site.open() as page:
        site.enter(page)
        known = page.context.storage_state()
    with visit(browser, url, LOST, storage_state=known) as page:
        page.clock.install()
        page.goto(url + "/things")
        shows(page, "one")
        page.evaluate("window.same = true")
        link(False)
        page.clock.run_for(30_000)  # to the end of its patience with the heartbeat
        disconnected(page)
        for _ in range(6):  # attempts to connect
            page.clock.run_for(30_000)
        link(True)
        register(site.backend, aid, "three")
        page.clock.resume()
        shows(page, "three")
        assert page.evaluate("window.same")


def test_after_the_session_has_ended_it_asks_for_the_log_in(site: Site) -> None:
    with site.open(LOST) as page:
        site.enter(page)
        other = page.context.new_page()
        other.goto(site.url + "/things")
        page.context.set_offline(True)
        disconnected(page)
        page.context.set_offline(False)
        other.get_by_role("button", name="Log out").click()
        other.get_by_role("heading", name="Log in").wait_for()
        page.context.set_offline(True)
        page.context.set_offline(False)
        page.get_by_role("heading", name="Log in").wait_for()


def test_after_a_restart_of_the_console(browser: Any, tmp_path: Path) -> None:
    site = Site(browser, tmp_path / "cloud")
    try:
        with site.open(LOST) as page:
            site.enter(page)
            aid = hello(page, site)
            register(site.backend, aid, "one")
            page.locator(".cm-content:visible").click()
            page.keyboard.press("Control+End")
            page.keyboard.insert_text("\n# unfinished")
            page.get_by_text("not saved yet").wait_for()
            table = page.context.new_page()
            table.goto(site.url + "/things")
            shows(table, "one")
            assert site.stop() == 0
            for one in (page, table):
                disconnected(one)
            port = str(urlsplit(site.url).port)
            site = Site(browser, tmp_path / "cloud", "--console-port", port)
            register(site.backend, aid, "two")
            shows(table, "two")
            page.locator("main:not([inert])").get_by_text("# unfinished").wait_for()
            page.get_by_text("not saved yet").wait_for()
    finally:
        site.stop()
