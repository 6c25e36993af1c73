"""Time README's first app, from `git clone` to the reading: `python -m tests.console.first_app`."""

from __future__ import annotations

import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.console.site import chromium, visit
from tests.console.tutorial import CHECKOUT, README, Tutorial, perform, read, up

LIMIT_S = 300


def main() -> int:
    """Follow the README with a clone of this checkout, and print the times."""
    tutorial = read(README.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        times = list(_timed(tutorial, Path(folder)))
    total = times[-1] - times[0]
    for what, begin, end in zip(("clone", "set-up and start", "clicks"), times, times[1:]):
        print(f"{what:>18} {end - begin:6.1f} s")
    print(f"{'in all':>18} {total:6.1f} s, allowed {LIMIT_S}")
    return total > LIMIT_S


def _timed(tutorial: Tutorial, folder: Path) -> Iterator[float]:
    """Yield the time at the start, and after each part."""
    clone, enter, start = tutorial.commands
    yield time.monotonic()
    subprocess.run(
        [word.replace("REPOSITORY", str(CHECKOUT)) for word in shlex.split(clone)],
        cwd=folder,
        check=True,
    )
    yield time.monotonic()
    place = folder / enter.removeprefix("cd ")
    with (
        up(start, place, folder / "cloud") as url,
        sync_playwright() as driver,
        chromium(driver) as browser,
        visit(browser, url) as page,
    ):
        yield time.monotonic()
        page.goto(url)
        for action in tutorial.actions:
            perform(page, action)
        yield time.monotonic()


if __name__ == "__main__":
    sys.exit(main())
