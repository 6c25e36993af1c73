"""Measure the table of 2,000 Things, 33 of which change each second: `tox -e bench-console`.

Cloud, console, browser and Things share this machine. An interaction lasts from its event in the
browser to the frame that shows its effect: of a Thing that is opened, its title. How long its whole
page takes is printed beside that. The server's share is the CPU time of its process.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from tests.console.site import Site, chromium, hello
from tests.load.requests import Caller, Connection

THINGS, CHANGES = 2000, 33
ROUNDS = 8  # of each interaction
LIMITS = {"interaction, p95": 250.0, "first row, median": 1000.0, "server, % of a core": 50.0}
_CONNECTIONS = 4
_REGISTER_RATE = 45  # a second; a cloud takes 50 from strangers of one address
# `seen` resolves with the time from the next event of a kind to the frame after its effect.
_SCRIPT = """\
window.seen = (kind, effect) => window.result = new Promise(done =>
  addEventListener(kind, event => {
    const look = () => effect() ? requestAnimationFrame(() =>
      done(performance.now() - event.timeStamp)) : requestAnimationFrame(look);
    look();
  }, {capture: true, once: true}));
window.rows = () => document.querySelectorAll(".ag-center-cols-container .ag-row");
window.shown = new Promise(done => {
  const look = () => requestAnimationFrame(
    window.rows().length ? () => done(performance.now()) : look);
  look();
});
"""
_SORTED = (
    "(was => () => document.querySelector('.ag-header-cell[col-id=tid]').ariaSort !== was)"
    "(document.querySelector('.ag-header-cell[col-id=tid]').ariaSort)"
)
_SCROLLED = (
    "(was => () => {"
    " const box = document.querySelector('.ag-body').getBoundingClientRect();"
    " const row = document.elementFromPoint(box.x + 30, box.y + box.height / 2)"
    "?.closest('.ag-row'); return row && row.getAttribute('row-index') !== was; })"
    "(document.elementFromPoint(document.querySelector('.ag-body').getBoundingClientRect().x + 30,"
    " document.querySelector('.ag-body').getBoundingClientRect().y"
    " + document.querySelector('.ag-body').clientHeight / 2)"
    "?.closest('.ag-row')?.getAttribute('row-index'))"
)
WHOLE = "a Thing's whole page"
_WHOLE = "() => document.querySelector('main .log')"
_BACK = "() => window.rows()[0]?.checkVisibility()"


def main() -> int:
    """Print the figures; return 1 if one is above its limit."""
    with (
        tempfile.TemporaryDirectory() as folder,
        sync_playwright() as driver,
        chromium(driver) as browser,
    ):
        site = Site(browser, Path(folder) / "cloud")
        try:
            figures = _measured(site)
        finally:
            site.stop()
    for name, value in figures.items():
        limit = LIMITS.get(name)
        print(f"{name:>24} {value:7.0f}" + (f", allowed {limit:.0f}" if limit else ""))
    return any(figures[name] > limit for name, limit in LIMITS.items())


async def _register(backend: str, aid: str) -> list[Caller]:
    """Register the Things, as fast as a cloud allows one address, and return them."""
    callers = [Caller(f"bench-{number:04}", aid) for number in range(THINGS)]
    connection, begun = Connection(backend), time.monotonic()
    for number, caller in enumerate(callers):
        await asyncio.sleep(max(0.0, begun + number / _REGISTER_RATE - time.monotonic()))
        await caller.begin(connection)
        await caller.ask(connection)
    connection.close()
    return callers


@contextmanager
def _changing(backend: str, callers: list[Caller]) -> Iterator[list[float]]:
    """Let random Things call, so many a second, during the `with`; yield the times of the calls."""
    over = threading.Event()
    made: list[float] = []

    async def calls(number: int) -> None:
        connection, due = Connection(backend), time.monotonic() + number / CHANGES
        while not over.is_set():
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            await random.choice(callers).ask(connection)
            made.append(time.monotonic())
            due += _CONNECTIONS / CHANGES
        connection.close()

    async def all_of_them() -> None:
        await asyncio.gather(*map(calls, range(_CONNECTIONS)))

    thread = threading.Thread(target=lambda: asyncio.run(all_of_them()))
    thread.start()
    try:
        yield made
    finally:
        over.set()
        thread.join()


def _measured(site: Site) -> dict[str, float]:
    with site.open(viewport={"width": 1280, "height": 800}) as page:
        site.enter(page)
        aid = hello(page, site)
        with ThreadPoolExecutor(1) as beside:  # the browser's driver has a loop in this thread
            callers = beside.submit(asyncio.run, _register(site.backend, aid)).result()
        page.add_init_script(_SCRIPT)
        paints = [_paint(site, page) for _ in range(ROUNDS)]
        with _changing(site.backend, callers) as calls:
            used, begun = _cpu_s(site.pid), time.monotonic()
            kinds = _interactions(site, page)
            took = time.monotonic() - begun
            share, rate = (_cpu_s(site.pid) - used) / took, len(calls) / took
    every = [one for kind, times in kinds.items() if kind != WHOLE for one in times]
    figures = {f"{kind}, p95": _percentile(times, 0.95) for kind, times in kinds.items()}
    return {
        **figures,
        "interaction, p95": _percentile(every, 0.95),
        "interaction, median": _percentile(every, 0.5),
        "first row, cold": paints[0],
        "first row, median": _percentile(paints, 0.5),
        "server, % of a core": share * 100,
        "changes a second": rate,
    }


def _paint(site: Site, page: Any) -> float:
    page.goto(site.url + "/things")
    return float(page.evaluate("window.shown"))


def _interactions(site: Site, page: Any) -> dict[str, list[float]]:
    kinds: dict[str, list[float]] = {}

    def seen(name: str, kind: str, effect: str, act: Callable[[], None]) -> None:
        page.evaluate(f"void seen('{kind}', {effect})")
        act()
        kinds.setdefault(name, []).append(float(page.evaluate("window.result")))

    _paint(site, page)
    for number in range(ROUNDS):
        page.mouse.move(640, 500)
        seen("scroll", "wheel", _SCROLLED, lambda: page.mouse.wheel(0, 9000))
        seen("sort", "click", _SORTED, lambda: page.click(".ag-header-cell[col-id=tid]"))
        page.get_by_label("Filter the table").focus()
        tid = f"bench-{number * 137 + 5:04}"
        found = f"() => rows().length === 1 && rows()[0].textContent.includes('{tid}')"
        seen("filter", "input", found, partial(page.keyboard.insert_text, tid))
        page.keyboard.press("Control+A")
        all_again = "() => rows().length > 5"
        seen("unfilter", "input", all_again, lambda: page.keyboard.press("Delete"))
        row = page.locator(".ag-center-cols-container .ag-row .ag-cell").first
        opened = "() => document.querySelector('main h1.wrap')"
        page.evaluate(f"void (window.whole = seen('click', {_WHOLE}))")
        seen("open a Thing", "click", opened, row.click)
        kinds.setdefault(WHOLE, []).append(float(page.evaluate("window.whole")))
        page.locator("main .call").first.wait_for()
        back = page.get_by_role("link", name="Things", exact=True)
        seen("back to the table", "click", _BACK, back.click)
    return kinds


def _percentile(times: list[float], share: float) -> float:
    return sorted(times)[min(len(times) - 1, int(len(times) * share))]


def _cpu_s(pid: int) -> float:
    """Return the seconds of CPU that a process has used (proc(5))."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    sys.exit(main())
