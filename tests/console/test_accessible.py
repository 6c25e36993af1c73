"""axe-core looks at every view, light and dark: nothing serious or critical."""

from __future__ import annotations

from typing import Any

import pytest

from tests.console.accessible import look
from tests.console.site import Site, at_the_end, hello

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

CLOUD = ("/people", "/tokens", "/audit", "/data", "/releases")


# Until the page's script has given the shown editor its names: a key before that shows no list.
GIVEN = """async () => {
    const { EditorView } = await import("nicegui-codemirror");
    const shown = [...document.querySelectorAll(".cm-editor")].find(one => one.checkVisibility());
    const sources = shown && EditorView.findFromDOM(shown).state.languageDataAt("autocomplete", 0);
    return sources && sources.some(one => one.name === "namesOf");
}"""


def names_are_completed(page: Any) -> None:
    """Complete a name of a board's module and one of the app, and drop the changes."""
    page.wait_for_function(GIVEN)
    for typed, name in (("import machine\nmachine.Pi", "Pin"), ("self.co", "count")):
        at_the_end(page, "\n" + typed)
        option = page.get_by_role("option").filter(has_text=name)
        option.wait_for()
        look(page)
        option.click()
        page.locator(".cm-line:last-child").filter(has_text=f".{name}").wait_for()
    page.get_by_role("button", name="Discard changes").click()
    page.get_by_role("button", name="Drop my changes").click()
    page.get_by_text("No error found.").wait_for()


# The cloud asks the browser for its colours once the editor is there: a keyword is light on dark.
IN_ITS_COLOURS = """dark => {
    const keyword = document.querySelector('.cm-line span');
    if (!keyword) return false;
    const [red, green, blue] = getComputedStyle(keyword).color.match(/\\d+/g).map(Number);
    return (red + green + blue > 382) === dark;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_view(site: Site, scheme: str) -> None:
    with site.open(color_scheme=scheme) as page:
        page.goto(site.url + "/door")
        look(page)
        site.enter(page)
        look(page)
        # No request of the library's shows its bar, which is in each page and has no name.
        assert "native code" in page.evaluate("String(XMLHttpRequest.prototype.open)")
        for path in ("/apps", "/apps/new", "/alarms", "/add", "/things/nobody"):
            page.goto(site.url + path)
            page.get_by_role("heading").first.wait_for()
            look(page)
        aid = hello(page, site, f"Seen {scheme}")
        page.get_by_text("No error found.").wait_for()
        page.get_by_label("Python code").first.wait_for()
        page.wait_for_function(IN_ITS_COLOURS, arg=scheme == "dark")
        look(page)
        if scheme == "dark":
            names_are_completed(page)
        page.goto(f"{site.url}/apps/{aid}/versions")
        page.locator(".sides td.new").first.wait_for()
        look(page)
        for path in CLOUD:
            page.goto(site.url + path)
            page.get_by_role("heading", level=1).wait_for()
            page.locator("main .card").first.wait_for()
            look(page)
        page.goto(f"{site.url}/apps/{aid}")
        page.get_by_text("No error found.").wait_for()
        page.get_by_role("button", name="Try it").click()
        page.get_by_text("confirmed").wait_for()
        look(page)
        page.locator(".row-line a").first.click()
        page.locator(".chart canvas").first.wait_for()
        look(page)
        page.goto(site.url + "/things")
        page.get_by_role("gridcell", name="online").first.wait_for()
        look(page)
        page.goto(site.url + "/add")
        page.get_by_role("heading", name="A virtual one").wait_for()
        look(page)
