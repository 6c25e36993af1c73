"""The lifecycle as a diagram, made from the one table, with the current state highlighted."""

from __future__ import annotations

import functools

from nicegui import ui

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
    """The diagram; `light` highlights a state, or none for an empty text.

    It is one element, with markup that is made of the table alone.
    """

    def __init__(self) -> None:
        self._picture = ui.html(_picture(""), sanitize=False)

    def light(self, state: str) -> None:
        """Mark the box of one state as the current one."""
        self._picture.set_content(_picture(state))


@functools.cache
def _picture(current: str) -> str:
    drawn = {(old, new) for old, event, new in TABLE if event != FAULT}
    edges = (_edge(old, new, (new, old) in drawn) for old, new in sorted(drawn))
    boxes = (_box(state, "lit" if state == current else "") for state in _PLACES)
    return (
        f'<svg class="lifecycle" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img"'
        ' aria-label="The states of a Thing, from boot to run">'
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="6"'
        ' markerHeight="6" orient="auto"><path d="M0,0L8,4L0,8z" class="tip"/></marker></defs>'
        f"{''.join(edges)}{''.join(boxes)}</svg>"
    )


def _box(state: str, mark: str) -> str:
    x, y = _PLACES[state]
    corner = f'x="{x - _HALF_X}" y="{y - _HALF_Y}"'
    return (
        f'<g class="{mark}"><rect {corner} width="{2 * _HALF_X}" height="{2 * _HALF_Y}" rx="9"/>'
        f'<text x="{x}" y="{y + 4}" text-anchor="middle">{state}</text></g>'
    )


def _edge(old: str, new: str, both: bool) -> str:
    """Return an arrow from border to border; of two opposite ones, each keeps to its side."""
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
    begin = f'x1="{x1 + dx * share:.1f}" y1="{y1 + dy * share:.1f}"'
    end = f'x2="{x2 - dx * share:.1f}" y2="{y2 - dy * share:.1f}"'
    return f'<line {begin} {end} marker-end="url(#tip)"/>'
