"""The load of a simulated fleet over time, as an SVG picture and as a line of text.

Written by hand, so that the same figures are the same bytes, on any machine.
"""

from __future__ import annotations

from tests.fleet.figures import BIN_S, Figures

_WIDTH, _HEIGHT, _LEFT, _TOP, _BOTTOM = 860, 360, 70, 40, 50
_RIGHT = 20
_BARS = "▁▂▃▄▅▆▇█"

# (color, label) of the lines; both themes of a page show them.
_FIXED, _REFUSED, _LOAD = (
    ("#b35900", "fixed 3 s retry"),
    ("#888888", "refused"),
    ("#0b6e4f", "load"),
)


def svg(found: Figures, fixed: Figures | None = None) -> str:
    """Return a picture of the load, with that of a fixed retry behind it if there is one."""
    top = max([*found.load, *found.refused, found.steady, 1.0])
    if fixed:
        top = max(top, *fixed.load, *fixed.refused)
    it = found.scenario
    parts = [_HEAD % (_WIDTH, _HEIGHT, _WIDTH, _HEIGHT)]
    parts.append(_text(_LEFT, 22, "%d Things: calls per second at the cloud" % found.things, 15))
    parts += _axes(top, it.length)
    if it.outage:
        left, right = _x(it.at, it.length), _x(it.at + it.outage, it.length)
        parts.append(_RECT % (left, _TOP, right - left, _HEIGHT - _TOP - _BOTTOM))
    drawn = []
    if fixed:
        both = [a + b for a, b in zip(fixed.load, fixed.refused)]
        drawn.append((both, _FIXED))
    drawn += [(found.refused, _REFUSED), (found.load, _LOAD)]
    for number, (row, (color, label)) in enumerate(drawn):
        parts.append(_line(row, top, it.length, color))
        parts.append(_text(_WIDTH - 170, _TOP + 16 + 18 * number, label, 12, color))
    return "\n".join([*parts, "</svg>\n"])


_HEAD = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" '
    'font-family="sans-serif">\n<rect width="100%%" height="100%%" fill="#ffffff"/>'
)
_RECT = '<rect x="%.1f" y="%d" width="%.1f" height="%d" fill="#f3e3e3"/>'


def _x(second: float, length: int) -> float:
    return _LEFT + (_WIDTH - _LEFT - _RIGHT) * second / length


def _y(value: float, top: float) -> float:
    return _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * value / top


def _text(x: float, y: float, text: str, size: int, color: str = "#222222") -> str:
    return '<text x="%.1f" y="%.1f" font-size="%d" fill="%s">%s</text>' % (x, y, size, color, text)


def _axes(top: float, length: int) -> list[str]:
    parts = []
    for share in (0, 0.25, 0.5, 0.75, 1):
        y = _y(top * share, top)
        line = '<line x1="%d" y1="%.1f" x2="%d" y2="%.1f" stroke="#dddddd"/>'
        parts.append(line % (_LEFT, y, _WIDTH - _RIGHT, y))
        parts.append(_text(8, y + 4, "%d" % round(top * share), 12))
    for second in range(0, length + 1, max(60, length // 8 // 60 * 60)):
        parts.append(_text(_x(second, length) - 10, _HEIGHT - _BOTTOM + 20, "%d s" % second, 12))
    return parts


def _line(row: list[float], top: float, length: int, color: str) -> str:
    points = [
        "%.1f,%.1f" % (_x((number + 0.5) * BIN_S, length), _y(value, top))
        for number, value in enumerate(row)
    ]
    form = '<polyline fill="none" stroke="%s" stroke-width="1.8" points="%s"/>'
    return form % (color, " ".join(points))


def bars(row: list[float], width: int = 60) -> str:
    """Return a line of bars, each the highest of its part of the row."""
    if not row:
        return ""
    size = max(1, -(-len(row) // width))
    parts = [max(row[start : start + size]) for start in range(0, len(row), size)]
    top = max(parts) or 1.0
    return "".join(" " if not it else _BARS[min(7, int(8 * it / top))] for it in parts)
