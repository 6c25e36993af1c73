"""The lifecycle as a diagram, made from the one table, with the current state highlighted."""

from __future__ import annotations

from typing import Any

from nicegui import ui

from app.console.page import text
from domain.lifecycle import BOOT, CONNECT, FAULT, RECOVER, REGISTER, RUN, SETUP, TABLE, UPDATE

_PLACES = {
    BOOT: (50, 30),
    CONNECT: (160, 30),
    REGISTER: (270, 30),
    RUN: (380, 30),
    SETUP: (50, 110),
    RECOVER: (215, 110),
    UPDATE: (380, 110),
}
_WIDTH, _HEIGHT = 430, 145
_HALF_X, _HALF_Y = 40, 15  # of a box


class Lifecycle:
    """The diagram; `light` highlights a state, or none for an empty text."""

    def __init__(self) -> None:
        self._boxes: dict[str, Any] = {}
        label = "The states of a Thing, from boot to run"
        with _svg("svg", viewBox=f"0 0 {_WIDTH} {_HEIGHT}", role="img") as picture:
            picture.classes("lifecycle").props(f'aria-label="{label}"')
            with (
                _svg("defs"),
                _svg(
                    "marker",
                    id="tip",
                    viewBox="0 0 8 8",
                    refX=7,
                    refY=4,
                    markerWidth=6,
                    markerHeight=6,
                ).props("orient=auto"),
            ):
                _svg("path", d="M0,0L8,4L0,8z").classes("tip")
            drawn = {(old, new) for old, event, new in TABLE if event != FAULT}
            for old, new in sorted(drawn):
                _edge(old, new, (new, old) in drawn)
            for state, (x, y) in _PLACES.items():
                with _svg("g") as box:
                    _svg("rect", x=x - _HALF_X, y=y - _HALF_Y, width=80, height=30, rx=9)
                    name = text("text", state)
                    name.props(f"x={x} y={y + 4} text-anchor=middle")
                self._boxes[state] = box

    def light(self, state: str) -> None:
        """Mark the box of one state as the current one."""
        for name, box in self._boxes.items():
            box.classes(add="lit") if name == state else box.classes(remove="lit")


def _svg(tag: str, **attributes: Any) -> Any:
    element = ui.element(tag)
    for name, value in attributes.items():
        element.props[name] = str(value)
    return element


def _edge(old: str, new: str, both: bool) -> None:
    """Draw an arrow from border to border; of two opposite ones, each keeps to its side."""
    (x1, y1), (x2, y2) = _PLACES[old], _PLACES[new]
    dx, dy = x2 - x1, y2 - y1
    length = (dx * dx + dy * dy) ** 0.5
    shift = 5 if both else 0
    x1, x2 = x1 - shift * dy / length, x2 - shift * dy / length
    y1, y2 = y1 + shift * dx / length, y2 + shift * dx / length
    share = min(
        (_HALF_X / abs(dx)) if dx else 1.0,
        (_HALF_Y / abs(dy)) if dy else 1.0,
    )
    _svg(
        "line",
        x1=round(x1 + dx * share, 1),
        y1=round(y1 + dy * share, 1),
        x2=round(x2 - dx * share, 1),
        y2=round(y2 - dy * share, 1),
    ).props["marker-end"] = "url(#tip)"
