"""The parts of pages: texts, buttons, states, dialogs, and notices of refusals."""

from __future__ import annotations

import contextlib
import functools
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from nicegui import ui

from app.console.access import Refusal

_T = TypeVar("_T")


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
    if not place.is_deleted:  # the page may be left meanwhile
        place.clear()
        with place:
            fill()


class LivePlace:
    """The place of some data, which is filled again only if they have changed."""

    def __init__(self, element: Any) -> None:
        self._element = element
        self._shown: object = None

    def show(self, data: Any, fill: Callable[[Any], object]) -> None:
        """Show the data, in the elements that `fill` makes of it."""
        if data != self._shown:
            self._shown = data
            refill(self._element, functools.partial(fill, data))


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
        if error.status == 401:
            to_door()
        ui.notify(str(error), type="negative", timeout=8000, close_button="OK")


def to_door() -> None:
    """Leave the page for the log-in."""
    ui.run_javascript("location.assign('/door')")
