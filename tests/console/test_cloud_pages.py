"""The pages of the cloud: each changes what it says, and no more than its user may."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.console.site import NAME, PASSWORD, Site, add_person, hello, managing
from tests.patience import PATIENCE_S

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def site(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Yield a console with one OS release."""
    folder = Path(tmp_path_factory.mktemp("cloud_pages"))
    release = folder / "dist" / "PythingsOS" / "v9" / "esp32"
    release.mkdir(parents=True)
    (release / "files.txt").write_text("file:1500:a.py\nfile:500:b.py\n")
    site = Site(browser, folder / "cloud", "--dist", str(folder / "dist"))
    yield site
    assert site.stop() == 0


@pytest.fixture(scope="module")
def app(site: Site) -> str:
    with site.open() as page:
        site.enter(page)
        return hello(page, site, "Lamp")


def choose(page: Any, label: str, option: str) -> None:
    page.get_by_role("combobox", name=label).click()
    page.get_by_role("option", name=option, exact=True).click()


def set_own(page: Any, old: str, new: str) -> None:
    page.get_by_label("Present password").fill(old)
    for label in ("New password", "The same again"):
        page.get_by_label(label).fill(new)
    page.get_by_role("button", name="Set it").click()


def shown_once(page: Any) -> str:
    secret = str(page.locator(".secret").inner_text())
    page.get_by_role("button", name="Done").click()
    page.locator(".secret").wait_for(state="detached")
    return secret


def test_a_person_is_invited_gets_a_role_and_is_shut_out(page: Any, site: Site, app: str) -> None:
    page.goto(site.url + "/people")
    page.get_by_role("button", name="Add a person").click()
    page.get_by_label("Name", exact=True).fill("bob")
    page.get_by_role("button", name="Add", exact=True).click()
    password = shown_once(page)
    assert len(password) == 20
    page.get_by_role("button", name="Add a member").click()
    choose(page, "Person", "bob")
    choose(page, "Role", "developer")
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_role("combobox", name="Role of bob").wait_for()
    page.get_by_text("1 app", exact=True).wait_for()

    with site.open() as his:
        site.enter(his, "bob", password)
        his.goto(site.url + "/people")
        his.get_by_text("You are bob").wait_for()
        assert his.get_by_role("button", name="Add a person").count() == 0
        own = "another long password"
        his.get_by_role("button", name="Change my password").click()
        his.get_by_label("Present password").fill(password)
        his.get_by_label("New password").fill(own)
        his.get_by_label("The same again").fill("something else")
        his.get_by_role("button", name="Set it").click()
        his.get_by_text("The two differ").wait_for()
        his.get_by_role("button", name="Change my password").click()
        set_own(his, "not his password", own)
        his.get_by_text("missing or wrong").wait_for()
        his.get_by_role("button", name="Change my password").click()
        set_own(his, password, own)
        his.wait_for_url(re.compile("/door"))
        site.enter(his, "bob", own)

        # An open page ends with its session.
        his.goto(site.url + "/tokens")
        his.get_by_text("No token yet").wait_for()
        page.reload()
        page.get_by_role("button", name="Shut out: bob").click()
        page.get_by_role("button", name="Shut out", exact=True).click()
        page.get_by_text("shut out", exact=True).wait_for()
        his.wait_for_url(re.compile("/door"))
    page.get_by_role("button", name="Let in: bob").click()
    page.get_by_role("button", name="Shut out: bob").wait_for()


def test_a_token_is_shown_once_works_and_is_revoked(page: Any, site: Site, app: str) -> None:
    page.goto(site.url + "/tokens")
    page.get_by_role("button", name="Make a token").click()
    page.get_by_label("Its program, as backup").fill("backup")
    page.get_by_role("button", name="Make it").click()
    token = shown_once(page)

    def status(method: str, path: str) -> int:
        given = {"Authorization": f"Bearer {token}"}
        url = f"{site.backend}/api/manage/v1/apps/{app}{path}"
        asked = requests.request(
            method, url, headers=given, json={"settings": {"a": 1}}, timeout=PATIENCE_S
        )
        return asked.status_code

    assert (status("GET", ""), status("PATCH", "/pools/staging")) == (200, 403)  # a viewer's
    page.reload()
    page.get_by_role("cell", name="backup", exact=True).wait_for()
    assert token not in page.content()
    page.get_by_role("button", name=f"Revoke backup of {NAME}").click()
    page.get_by_role("button", name="Revoke it").click()
    page.get_by_text("No token yet").wait_for()
    assert status("GET", "") == 401


def test_the_audit_is_narrowed_and_paged(page: Any, site: Site, app: str) -> None:
    add_person(site, "carla")
    manage, url = managing(site)
    for number in range(60):
        role = {"role": ("viewer", "developer")[number % 2]}
        assert manage.put(f"{url}/apps/{app}/roles/carla", json=role, timeout=PATIENCE_S).ok
    # The newest change is another, or a page that is not narrowed yet would look as a narrowed one.
    add_person(site, "dora")
    page.goto(site.url + "/audit")
    page.get_by_role("cell", name="dora").first.wait_for()
    page.get_by_label("Person, action or text").fill("set role")
    actions = page.locator("td[data-label=Action]")
    page.wait_for_function(
        "[...document.querySelectorAll('td[data-label=Action]')]"
        ".every(e => e.innerText == 'set role')"
    )
    assert actions.count() == 50
    page.get_by_role("button", name="Older").click()
    page.get_by_text("Page 2").wait_for()
    page.wait_for_function("document.querySelectorAll('td[data-label=Action]').length < 50")
    assert actions.count() >= 10
    page.get_by_role("button", name="Newer").click()
    page.get_by_text("Page 1").wait_for()
    page.get_by_label("Person, action or text").fill("create app")
    page.get_by_role("cell", name=app).wait_for()
    choose(page, "App", "Lamp")
    page.get_by_role("cell", name="create app", exact=True).wait_for()
    assert actions.count() == 1


def test_readings_are_kept_as_long_as_the_pool_says(page: Any, site: Site, app: str) -> None:
    page.goto(site.url + "/data")
    page.get_by_role("button", name="Change staging of Lamp").click()
    page.get_by_role("switch", name="Keep them for ever").click()
    page.get_by_text("They cannot be restored").wait_for()
    page.get_by_label("Days").fill("30")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("kept for 30 days", exact=True).wait_for()
    manage, url = managing(site)
    pools = manage.get(f"{url}/apps/{app}/pools", timeout=PATIENCE_S).json()
    assert [pool["keep_readings"] for pool in pools.values()] == [None, 30, None]


def test_releases_are_listed(page: Any, site: Site) -> None:
    page.goto(site.url + "/releases")
    page.get_by_role("row", name=re.compile("v9 esp32 2 2.0 kB")).wait_for()


def test_a_viewer_sees_only_its_own(site: Site, app: str) -> None:
    add_person(site, "vic", **{app: "viewer"})
    with site.open() as page:
        site.enter(page, "vic", PASSWORD)
        page.goto(site.url + "/people")
        page.get_by_text("You own no app").wait_for()
        assert page.get_by_text(NAME, exact=True).count() == 0
        page.goto(site.url + "/audit")
        page.get_by_text("No change yet").wait_for()
        page.goto(site.url + "/data")
        page.get_by_role("heading", name="Lamp").wait_for()
        assert page.get_by_role("button", name=re.compile("Change")).count() == 0
