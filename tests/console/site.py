"""A console with its cloud, as `pythings up` starts it, and pages of it in a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import requests

from app.demo.processes import Child
from tests.patience import PATIENCE_S

CHROMIUM = Path("/usr/bin/chromium")  # as Debian has it
NAME, PASSWORD = "ada", "correct horse battery staple"
# A form that is refused is answered with 403, which a browser calls an error. The library disposes
# of a chart also if its page was left before it was drawn, and goes on.
EXPECTED = "status of 40[13]|reading 'dispose'"
_PATIENCE_MS = PATIENCE_S * 1000


@contextmanager
def chromium(driver: Any) -> Iterator[Any]:
    """Yield the browser; it has no sandbox of its own, as it has none when root starts it."""
    browser = driver.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
    yield browser
    browser.close()


@contextmanager
def visit(browser: Any, url: str, expected: str = EXPECTED, **options: Any) -> Iterator[Any]:
    """Yield a page that has requested nothing yet; at its end, check the browser's messages.

    Fail if the page reported an error that `expected` does not match, or left the server at `url`.
    """
    with browser.new_context(**options) as context:
        said: list[str] = []
        asked: list[str] = []
        page = context.new_page()
        page.set_default_timeout(_PATIENCE_MS)
        page.set_default_navigation_timeout(_PATIENCE_MS)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("console", lambda one: said.append(one.text) if one.type == "error" else None)
        page.on("request", lambda request: asked.append(request.url))
        yield page
        wrong = [one for one in said if not re.search(expected, one)]
        assert wrong == [], wrong
        ours = (url, url.replace("http", "ws"), "data:", "blob:")
        assert [other for other in asked if not other.startswith(ours)] == []


class Site:
    """One `pythings up`; `open` yields pages of it."""

    def __init__(self, browser: Any, data: Path, *options: str) -> None:
        self._browser = browser
        ports = ("--port", "0", "--console-port", "0")
        self._child = Child(["up", "--data", str(data), *ports, "--no-browser", *options])
        ready = self._child.wait_for("up", lambda event: event["event"] == "ready", PATIENCE_S)
        self.url, self.backend = str(ready["console"]), str(ready["url"])
        self.code = str(ready["code"])
        self.data = data

    def open(self, expected: str = EXPECTED, **options: Any) -> AbstractContextManager[Any]:
        """Yield a page that has requested nothing yet; at its end, check it as `visit` does."""
        return visit(self._browser, self.url, expected, **options)

    def enter(self, page: Any, name: str = NAME, password: str = PASSWORD) -> None:
        """Log in; the first login creates the owner's account."""
        page.goto(self.url + "/door")
        page.fill("#name", name)
        page.fill("#password", password)
        page.click("button")
        page.get_by_role("heading", name="Things", exact=True).wait_for()

    @property
    def pid(self) -> int:
        """The process id of the server."""
        return self._child.pid

    def stop(self) -> int:
        """Stop it as Ctrl-C does, and return the exit status."""
        return self._child.stop()


def hello(page: Any, site: Site, name: str = "First") -> str:
    """Make an app from the gallery, and return its id."""
    page.goto(site.url + "/apps/new")
    page.get_by_role("button", name="Hello").click()
    page.get_by_label("Name of the app").fill(name)
    page.get_by_role("button", name="Create").click()
    page.wait_for_url(re.compile("/apps/[0-9a-f]{8}-"))
    return str(page.url).rsplit("/", 1)[1]


def at_the_end(page: Any, typed: str) -> None:
    """Type at the end of the file that is shown."""
    page.locator(".cm-content:visible").click()
    page.keyboard.press("Control+End")
    page.keyboard.insert_text(typed)


def managing(site: Site) -> tuple[requests.Session, str]:
    """Return a session of the owner with the management API, and the API's URL."""
    manage = requests.Session()
    url = site.backend + "/api/manage/v1"
    given = {"name": NAME, "password": PASSWORD}
    answer = manage.post(url + "/session", json=given, timeout=PATIENCE_S)
    manage.headers["x-csrf-token"] = answer.json()["csrf"]
    return manage, url


def add_person(site: Site, name: str, **roles: str) -> None:
    """Make an account with the same password, and its roles by the id of the app."""
    manage, url = managing(site)
    made = manage.post(
        url + "/people", json={"name": name, "password": PASSWORD}, timeout=PATIENCE_S
    )
    assert made.status_code == 201, made.text
    for aid, role in roles.items():
        place = f"{url}/apps/{aid}/roles/{name}"
        assert manage.put(place, json={"role": role}, timeout=PATIENCE_S).ok
