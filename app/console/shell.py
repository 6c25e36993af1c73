"""The shell around all pages: it is loaded once, and each page takes the place of the one before.

A page of its own would load the whole of the library's scripts again.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, TypeVar

from nicegui import ui

from app.console.access import Refusal
from app.console.back import come_back
from app.console.page import button, empty, link, text, to_door

View = Callable[..., Awaitable[None]]
_T = TypeVar("_T")
_NAVIGATION = (
    ("Things", "/things", "sensors"),
    ("Apps", "/apps", "code"),
    ("Rollouts", "/rollouts", "moving"),
    ("Alarms", "/alarms", "notifications_none"),
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
_SESSION_S = 10.0  # between two looks whether the session goes on


class Pages(ui.sub_pages):  # type: ignore[misc]
    """The place of the current page; `routes`: the view for each path."""

    def __init__(self, routes: dict[str, View], items: dict[str, Any]) -> None:
        self._items = items
        self._kept: dict[str, tuple[Any, Any]] = {}
        self._beside = ui.element("div")
        super().__init__({path: _careful(view) for path, view in routes.items()})

    async def built(self) -> None:
        """Wait until the first page is built, so that it comes with the shell."""
        await asyncio.gather(*self._active_tasks, return_exceptions=True)

    async def keep(self, name: str, make: Callable[[], Awaitable[Any]]) -> Any:
        """Show the page that `make` makes at the first visit, until it is left."""
        if name not in self._kept:
            with self._beside, ui.element("div") as place:
                self._kept[name] = place, await make()
        place, made = self._kept[name]
        place.set_visibility(True)
        at_end(lambda: place.set_visibility(False))
        return made

    def mark(self, current: str) -> None:
        """Mark the item of the rail to which a page belongs."""
        for place, item in self._items.items():
            if current == place or {current, place} <= _INSIDE:
                item.props('aria-current="page"')
            else:
                item.props(remove="aria-current")

    def _render_404(self) -> None:
        with (
            frame("Not found", ""),
            ui.element("div").classes("card"),
            empty("There is no such page", "Its address may be mistyped, or out of date."),
        ):
            button("All Things", lambda: ui.navigate.to("/things"))


class _Content(ui.element):  # type: ignore[misc]
    """The content of one page; calls all of `ends` once it has gone."""

    def __init__(self) -> None:
        self.ends: list[Callable[[], object]] = []
        super().__init__("div")

    def _handle_delete(self) -> None:
        super()._handle_delete()
        for end in self.ends:
            end()


async def shell(routes: dict[str, View], alive: Callable[[], Awaitable[None]]) -> None:
    """Lay out the shell with its current page; `alive` raises Refusal if the session has ended."""
    ui.colors(primary="#0f766e", negative="#b3261e", positive="#13713f")
    with ui.element("div").classes("shell"):
        link("#content", "Skip to the page", "skip")
        items = _rail()
        with ui.element("main").classes("page").props("id=content tabindex=-1"):
            pages = Pages(routes, items)
    await pages.built()
    come_back()
    ui.timer(_SESSION_S, functools.partial(_look, alive), immediate=False)


async def _look(alive: Callable[[], Awaitable[None]]) -> None:
    try:
        await alive()
    except Refusal as error:
        if error.status == 401:
            to_door()


def _rail() -> dict[str, Any]:
    items = {}
    with ui.element("nav").classes("rail").props('aria-label="Main"'):
        with ui.element("a").classes("brand").props('href="/things"'):
            ui.element("span").classes("logo")
            text("span", "Pythings")
        for name, place, icon in _NAVIGATION:
            with ui.element("a").classes("item").props(f'href="{place}"') as item:
                ui.icon(icon).props("aria-hidden=true")
                text("span", name)
            items[place] = item
        ui.element("div").classes("grow")
        with (
            ui.element("form").props('method="post" action="/door/out"'),
            ui.element("button").classes("item"),
        ):
            ui.icon("logout").props("aria-hidden=true")
            text("span", "Log out")
    return items


@contextlib.contextmanager
def frame(title: str, current: str) -> Iterator[None]:
    """Lay out a page; elements made inside are its content. `current`: its path in the rail."""
    pages = _outer(Pages)
    ui.page_title(f"{title} - Pythings")
    pages.mark(current)
    if not pages.client.sub_pages_router.is_initial_request:
        ui.run_javascript("content.focus({preventScroll: true})")
    with _Content():
        if current in _INSIDE:
            _tabs(current)
        yield


async def kept(name: str, make: Callable[[], Awaitable[_T]]) -> _T:
    """Return a page that stays, hidden, when another takes its place; `make` lays it out."""
    made: _T = await _outer(Pages).keep(name, make)
    return made


def at_end(end: Callable[[], object]) -> None:
    """Call `end` once the current page is left, or its browser has gone for good."""
    _outer(_Content).ends.append(end)


def _outer(kind: Any) -> Any:
    """Return the element of a kind in which elements are being made."""
    inner = ui.context.slot.parent
    return next(one for one in (inner, *inner.ancestors()) if isinstance(one, kind))


def _tabs(current: str) -> None:
    with ui.element("nav").classes("tabs").props('aria-label="Cloud"'):
        for name, place in _CLOUD:
            tab = link(place, name, "tab-link")
            if current == place:
                tab.props('aria-current="page"')


def _careful(view: View) -> View:
    """Return a view that shows a refusal as its page."""

    @functools.wraps(view)
    async def careful(**given: Any) -> None:
        try:
            await view(**given)
        except Refusal as error:
            if error.status == 401:
                to_door()
            with (
                frame("Not now", ""),
                ui.element("div").classes("card"),
                empty("This cannot be shown", str(error)),
            ):
                button("Try again", ui.navigate.reload)

    return careful
