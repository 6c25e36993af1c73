"""The frame of every page: navigation, the page's title, and notices of refusals."""

from __future__ import annotations

import contextlib
import functools
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from nicegui import ui

from app.console.access import Refusal
from app.console.back import come_back

_T = TypeVar("_T")
_NAVIGATION = (
    ("Things", "/things", "sensors"),
    ("Apps", "/apps", "code"),
    ("Rollouts", "/rollouts", "moving"),
    ("Add a Thing", "/add", "add_circle_outline"),
    ("Cloud", "/people", "cloud_queue"),
)
# The pages of the last, in tabs.
_CLOUD = (
    ("People", "/people"),
    ("Tokens", "/tokens"),
    ("Audit", "/audit"),
    ("Data", "/data"),
    ("Releases", "/releases"),
)
_INSIDE = {place for _, place in _CLOUD}


@contextlib.contextmanager
def frame(title: str, current: str) -> Iterator[Any]:
    """Lay out a page; elements made inside are its content. `current`: its path in the rail."""
    ui.page_title(f"{title} - Pythings")
    ui.colors(primary="#0f766e", negative="#b3261e", positive="#13713f")
    with ui.element("div").classes("shell"):
        link("#content", "Skip to the page", "skip")
        with ui.element("nav").classes("rail").props('aria-label="Main"'):
            with ui.element("a").classes("brand").props('href="/things"'):
                ui.element("span").classes("logo")
                text("span", "Pythings")
            for name, place, icon in _NAVIGATION:
                with ui.element("a").classes("item").props(f'href="{place}"') as item:
                    ui.icon(icon).props("aria-hidden=true")
                    text("span", name)
                if current == place or {current, place} <= _INSIDE:
                    item.props('aria-current="page"')
            ui.element("div").classes("grow")
            with (
                ui.element("form").props('method="post" action="/door/out"'),
                ui.element("button").classes("item"),
            ):
                ui.icon("logout").props("aria-hidden=true")
                text("span", "Log out")
        with ui.element("main").classes("page").props("id=content") as content:
            if current in _INSIDE:
                _tabs(current)
            yield content
    come_back()


def _tabs(current: str) -> None:
    with ui.element("nav").classes("tabs").props('aria-label="Cloud"'):
        for name, place in _CLOUD:
            tab = link(place, name, "tab-link")
            if current == place:
                tab.props('aria-current="page"')


def text(tag: str, content: str, classes: str = "") -> ui.label:
    """Show a string as text, never as markup, in an element of its own."""
    label = ui.label(content).classes(classes)
    label.tag = tag
    return label


def link(target: str, content: str, classes: str = "") -> Any:
    """Show a link within the console."""
    return ui.link(content, target).classes(classes)


def button(label: str, act: Callable[[], Any], icon: str = "", quiet: bool = False) -> Any:
    """Show a button; a quiet one is for a less frequent action."""
    made = ui.button(label, on_click=act, icon=icon or None, color=None if quiet else "primary")
    return made.classes("quiet").props("flat") if quiet else made.props("unelevated")


def pill(word: str, kind: str = "") -> ui.label:
    """Show a state in one word; `kind` is good, warn or bad."""
    return text("span", word, f"pill {kind}")


def facts(pairs: list[tuple[str, str]]) -> None:
    """Show names and values."""
    with ui.element("dl").classes("facts"):
        for name, value in pairs:
            text("dt", name)
            text("dd", value or "-")


def empty(title: str, advice: str) -> Any:
    """Show that there is nothing yet, with advice on the next step; buttons go inside."""
    with ui.element("div").classes("empty") as box:
        text("h2", title)
        text("p", advice)
    return box


def refill(place: Any, fill: Callable[[], object]) -> None:
    """Replace the content of an element by the elements that `fill` makes."""
    place.clear()
    with place:
        fill()


@contextlib.contextmanager
def form(title: str, action: str) -> Iterator[Any]:
    """Lay out a dialog; elements made inside are its fields. Then await `filled` with it."""
    with ui.dialog() as dialog, ui.element("div").classes("card dialog"):
        dialog.props["aria-label"] = title
        text("h2", title, "wrap")
        yield dialog
        with ui.element("div").classes("line"):
            button(action, lambda: dialog.submit(True))
            button("Cancel", dialog.close, quiet=True)


async def filled(dialog: Any) -> bool:
    """Show a form, and return whether its action was chosen; the fields keep their values."""
    given = bool(await dialog)
    dialog.delete()
    return given


async def ask(
    title: str,
    advice: str,
    choices: Mapping[_T, str],
    closed: _T,
    inside: Callable[[], object] | None = None,
) -> _T:
    """Ask, and return the chosen key of `choices`, `closed` without one; the first is primary.

    `inside` shows more between the advice and the buttons.
    """
    with ui.dialog() as dialog, ui.element("div").classes("card dialog") as card:
        dialog.props["aria-label"] = title
        text("h2", title)
        text("p", advice, "wrap")
        if inside:
            card.classes("wide")
            details = ui.element("div").classes("scroll")
            with details.props('tabindex=0 role=region aria-label="Details"'):
                inside()
        with ui.element("div").classes("line"):
            for key, label in choices.items():
                quiet = key != next(iter(choices))
                button(label, functools.partial(dialog.submit, (key,)), quiet=quiet)
    chosen = await dialog
    dialog.delete()
    return chosen[0] if chosen else closed


def moment(at: float) -> str:
    """Return a time in seconds since 1970 UTC, as the cloud's clock shows it."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(at))


@contextlib.contextmanager
def refusals() -> Iterator[None]:
    """Notify the user of a Refusal raised inside, and go on."""
    try:
        yield
    except Refusal as error:
        ui.notify(str(error), type="negative", timeout=8000, close_button="OK")
