"""Rollouts in the page: a bad release halts by itself, and each role has its actions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.console.accessible import look
from tests.console.hostile import CORPUS, harmless
from tests.console.light import BAD, LightThing, calling, releases
from tests.console.site import NAME, Site, add_person, hello, managing
from tests.patience import PATIENCE_S

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

THINGS = 10


@pytest.fixture(scope="module")
def site(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Yield a console with two OS releases."""
    folder = Path(tmp_path_factory.mktemp("rollouts"))
    releases(folder / "dist", "v2", BAD)
    site = Site(browser, folder / "cloud", "--dist", str(folder / "dist"))
    yield site
    assert site.stop() == 0


@pytest.fixture(scope="module")
def page(site: Site) -> Iterator[Any]:
    """Yield the owner's page for all of these tests."""
    with site.open() as page:
        site.enter(page)
        yield page


@pytest.fixture(scope="module")
def app(site: Site, page: Any) -> str:
    page.goto(site.url + "/rollouts")
    page.get_by_text("No rollout yet").wait_for()
    return hello(page, site, f"Lamp {CORPUS[1]}")


@pytest.fixture(scope="module")
def things(site: Site, app: str) -> list[LightThing]:
    names = [f"{n:02} {CORPUS[n % len(CORPUS)]}"[:36] for n in range(THINGS)]
    return [LightThing(site.backend, app, tid, weak=True) for tid in names]


def state(page: Any, word: str) -> None:
    page.locator("main h1 + span").get_by_text(word, exact=True).wait_for()


def test_a_bad_os_release_halts_by_itself(page: Any, site: Site, things: list[LightThing]) -> None:
    with calling(things):
        page.goto(site.url + "/releases")
        page.get_by_role("button", name=f"Deploy {BAD}").click()
        page.get_by_text(f"staging has {THINGS} Things").wait_for()
        page.get_by_label("Stages, in percent").fill("50, 30")
        page.get_by_text("The percents have to grow").wait_for()
        page.get_by_label("Stages, in percent").fill("40, 100")
        page.get_by_text("40 %: 4 of 10 Things").wait_for()
        look(page)
        page.get_by_role("button", name="Start it").click()
        page.wait_for_url(re.compile(r"/rollouts/\d+$"))
        state(page, "halted")
        page.get_by_role("alert").get_by_text("more than 10 %").wait_for()
        page.get_by_text(f"os {BAD} taken back: it did not start").first.wait_for()
        look(page)
        page.get_by_role("button", name=re.compile("^taken back")).click()
        taken = page.locator("main .row-line")
        page.wait_for_function("document.querySelectorAll('main .row-line').length <= 4")
        assert 1 <= taken.count() <= 4, "no more than the first stage were asked"
        harmless(page)
        page.get_by_role("button", name="Roll back").click()
        dialog = page.get_by_role("dialog", name="Roll back")
        dialog.get_by_text("v2", exact=True).wait_for()
        look(page)
        dialog.get_by_role("button", name="Roll back").click()
        state(page, "rolled back")
        page.goto(site.url + "/rollouts")
        page.get_by_role("link", name=f"OS {BAD} to staging").wait_for()
        look(page)
        harmless(page)


def test_it_is_paused_resumed_and_aborted(
    page: Any, site: Site, app: str, things: list[LightThing]
) -> None:
    page.goto(f"{site.url}/apps/{app}")
    page.get_by_role("button", name="Deploy the latest to staging").click()
    page.get_by_role("button", name="A share first").click()
    page.get_by_text(f"staging has {THINGS} Things").wait_for()
    page.get_by_role("radio", name="Those that I name").click()
    page.get_by_role("button", name="Start it").click()
    page.get_by_text("Name at least one Thing").wait_for()
    page.get_by_role("combobox", name="Things").click()
    page.get_by_role("option").first.click()
    page.get_by_text("the 1 Thing that you have named").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Start it").click()
    state(page, "running")
    page.get_by_role("button", name="all 1").wait_for()
    page.get_by_role("button", name="Pause").click()
    state(page, "paused")
    page.get_by_role("button", name="Resume").click()
    state(page, "running")
    abort = page.locator("#content").get_by_role("button", name="Abort")
    abort.click()
    page.get_by_role("button", name="Cancel").click()
    abort.click()
    dialog = page.get_by_role("dialog", name="Abort this rollout?")
    dialog.get_by_role("button", name="Abort").click()
    state(page, "aborted")
    assert page.get_by_role("button", name="Pause").count() == 0


def test_all_of_a_pool_get_a_release_at_once(
    page: Any, site: Site, app: str, things: list[LightThing]
) -> None:
    page.goto(f"{site.url}/rollouts/new?os=v2&aid={app}")
    page.get_by_role("radio", name="All at once").click()
    page.get_by_role("button", name="Start it").click()
    page.get_by_role("button", name="Deploy to all").click()
    page.wait_for_url("**/things")
    manage, url = managing(site)
    pools = manage.get(f"{url}/apps/{app}/pools", timeout=PATIENCE_S).json()
    assert pools["staging"]["settings"]["pythings_version"] == "v2"


def watch(site: Site, aid: str) -> None:
    """Add an alarm to the pool staging of an app."""
    manage, url = managing(site)
    wish = {"kind": "taken_back", "webhook": "https://127.0.0.1:9/", "secret": "of 16 characters"}
    made = manage.post(f"{url}/apps/{aid}/pools/staging/alarms", json=wish, timeout=PATIENCE_S)
    assert made.status_code == 201, made.text


def test_an_alarm_is_paused_and_acknowledged(page: Any, site: Site) -> None:
    manage, url = managing(site)
    aid = str(manage.post(f"{url}/apps", json={"name": "Well"}, timeout=PATIENCE_S).json()["aid"])
    watch(site, aid)
    page.goto(site.url + "/alarms")
    page.get_by_role("button", name="Pause: an app or OS taken back in staging of Well").click()
    page.get_by_text("paused", exact=True).wait_for()
    page.get_by_role("button", name="Resume: an app or OS taken back in staging of Well").click()
    page.get_by_text("paused", exact=True).wait_for(state="detached")
    weak = LightThing(site.backend, aid, f"weak {CORPUS[0]}"[:36])
    weak.goes_back("os", BAD)
    seen = page.get_by_role("button", name=f"Acknowledge: {weak.tid}")
    seen.wait_for()
    look(page)
    harmless(page)
    seen.click()
    page.get_by_role("cell", name=NAME, exact=True).wait_for()


def start(site: Site) -> tuple[str, int]:
    """Start a rollout to silent Things of an app of its own; return the ids of app and rollout."""
    manage, url = managing(site)
    aid = str(manage.post(f"{url}/apps", json={"name": "Seen"}, timeout=PATIENCE_S).json()["aid"])
    for tid in ("seen 1", "seen 2"):
        LightThing(site.backend, aid, tid)
    wish = {"os": BAD, "shares": [50, 100]}
    started = manage.post(f"{url}/apps/{aid}/pools/staging/rollouts", json=wish, timeout=PATIENCE_S)
    assert started.status_code == 201, started.text
    return aid, int(started.json()["id"])


@pytest.mark.usefixtures("page")  # which makes the owner's account
def test_a_viewer_looks_and_acts_not(site: Site) -> None:
    aid, rollout = start(site)
    watch(site, aid)
    add_person(site, "vic", **{aid: "viewer"})
    with site.open() as page:
        site.enter(page, "vic")
        page.goto(f"{site.url}/rollouts/{rollout}")
        state(page, "running")
        for action in ("Pause", "Abort", "Roll back"):
            assert page.get_by_role("button", name=action).count() == 0
        page.goto(site.url + "/rollouts")
        page.get_by_role("link", name=f"OS {BAD} to staging").first.wait_for()
        assert page.get_by_role("button", name="Start a rollout").count() == 0
        page.goto(site.url + "/rollouts/new")
        page.get_by_text("It needs an app of yours").wait_for()
        page.goto(site.url + "/alarms")
        page.get_by_text("an app or OS taken back").wait_for()
        for action in ("Acknowledge", "Pause", "Test"):
            assert page.get_by_role("button", name=re.compile(f"^{action}")).count() == 0
    add_person(site, "eve")
    with site.open() as page:
        site.enter(page, "eve")
        page.goto(f"{site.url}/rollouts/{rollout}")
        page.get_by_text("No such rollout").wait_for()
        page.goto(site.url + "/rollouts/x1")
        page.get_by_text("No such rollout").wait_for()
