"""Pictures of the lifecycle with a Thing's current state marked."""

from __future__ import annotations

from html import escape

from build.diagram import mermaid as diagram
from domain.lifecycle import (
    BOOT,
    CONNECT,
    FAULT,
    RECOVER,
    REGISTER,
    RUN,
    SETUP,
    STATES,
    TABLE,
    UPDATE,
)

_MARK = "fill:#f9e79f,stroke:#b7950b,stroke-width:4px"


def terminal(state: str, color: bool = False) -> str:
    """List each state with its transitions; mark the current one, and dim the others in color."""
    lines = []
    for name in STATES:
        here = name == state
        arrows = ["%s → %s" % (event, to) for old, event, to in TABLE if old == name]
        for number, arrow in enumerate(arrows):
            head = ("▶ " if here else "  ") + name if not number else ""
            line = "%-12s%s" % (head, arrow)
            if color:
                line = "\x1b[%sm%s\x1b[0m" % ("1" if here else "2", line)
            lines.append(line)
    return "\n".join(lines)


def mermaid(state: str) -> str:
    """Return the Mermaid diagram of the README with the current state marked."""
    text = diagram()
    end = text.rindex("```")
    return text[:end] + "    style %s %s\n" % (state, _MARK) + text[end:]


_WIDTH, _HEIGHT = 900, 560
_PLACES = {
    BOOT: (120, 80),
    SETUP: (450, 80),
    CONNECT: (120, 280),
    REGISTER: (120, 480),
    RUN: (450, 480),
    UPDATE: (780, 480),
    RECOVER: (450, 280),
}
_BOX = (110, 44)


def svg(state: str) -> str:
    """Draw the lifecycle as SVG, without FAULT, which leads from everywhere to recover."""
    arrows: dict[tuple[str, str], list[str]] = {}
    for old, event, to in TABLE:
        if event != FAULT:
            arrows.setdefault((old, to), []).append(event)
    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif">'
        % (_WIDTH, _HEIGHT),
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" '
        'markerHeight="8" orient="auto"><path d="M0 0 8 4 0 8z"/></marker></defs>',
    ]
    parts += [_arrow(old, to, events) for (old, to), events in arrows.items()]
    parts += [_box(name, name == state) for name in STATES]
    return "\n".join([*parts, "</svg>"]) + "\n"


def _box(name: str, here: bool) -> str:
    (x, y), (width, height) = _PLACES[name], _BOX
    return (
        '<rect x="%d" y="%d" width="%d" height="%d" rx="8" fill="%s" stroke="black" '
        'stroke-width="%d"/><text x="%d" y="%d" text-anchor="middle">%s</text>'
        % (
            *(x - width // 2, y - height // 2, width, height),
            *("#f9e79f" if here else "white", 4 if here else 1, x, y + 5, escape(name)),
        )
    )


def _arrow(old: str, to: str, events: list[str]) -> str:
    """Draw an arrow between two boxes' edges, shifted to its left: opposite arrows do not meet."""
    (ax, ay), (bx, by) = _PLACES[old], _PLACES[to]
    length = ((bx - ax) ** 2 + (by - ay) ** 2) ** 0.5
    ux, uy = (bx - ax) / length, (by - ay) / length
    sx, sy = uy * 12, -ux * 12
    x1, y1 = ax + ux * _reach(ux, uy) + sx, ay + uy * _reach(ux, uy) + sy
    x2, y2 = bx - ux * _reach(ux, uy) + sx, by - uy * _reach(ux, uy) + sy
    label = '<text x="%d" y="%d" font-size="11" text-anchor="middle">%s</text>' % (
        (x1 + x2) / 2 + sx,
        (y1 + y2) / 2 + sy,
        escape(" / ".join(events)),
    )
    return '<path d="M%d %d L%d %d" fill="none" stroke="black" marker-end="url(#tip)"/>%s' % (
        x1,
        y1,
        x2,
        y2,
        label,
    )


def _reach(ux: float, uy: float) -> float:
    """Return the distance from a box's center to its edge in a direction (a unit vector)."""
    across = _BOX[0] / 2 / abs(ux) if ux else 1e9
    down = _BOX[1] / 2 / abs(uy) if uy else 1e9
    return min(across, down)
