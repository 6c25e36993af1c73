"""The readings of a Thing as a chart: a line for each number that is found in them."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

from nicegui import ui

from app.cloud.tables.readings import Reading
from app.console.page import button, text

RANGES = {"15 min": 900, "1 hour": 3600, "1 day": 86_400, "1 week": 604_800, "All": 0}
_MOST = 12  # lines
_COLOURS = ["#0f9d8a", "#d97706", "#6366f1", "#db2777", "#2563eb", "#65a30d", "#b45309", "#0891b2"]
_DEEPEST = 4
_GREY = "#8490a5"


def numbers(msg: Any, name: str = "", depth: int = 0) -> Iterable[tuple[str, float]]:
    """Yield each number in a reading with its name; `value` if it is the reading itself."""
    if isinstance(msg, bool):
        yield name or "value", float(msg)
    elif isinstance(msg, (int, float)):
        if abs(msg) < 1e15 and msg == msg:
            yield name or "value", float(msg)
    elif isinstance(msg, dict) and depth < _DEEPEST:
        for key, value in msg.items():
            yield from numbers(value, f"{name}.{key}" if name else str(key), depth + 1)
    elif isinstance(msg, list) and depth < _DEEPEST:
        for index, value in enumerate(msg):
            yield from numbers(value, f"{name}[{index}]", depth + 1)


def lines(readings: Iterable[Reading], since: float) -> dict[str, list[list[float]]]:
    """Return points of time (in milliseconds) and value by the name of the number."""
    found: dict[str, list[list[float]]] = {}
    for reading in readings:
        if reading.ts < since:
            continue
        for name, value in numbers(reading.msg):
            if name in found or len(found) < _MOST:
                found.setdefault(name, []).append([reading.ts * 1000, value])
    return found


class Chart:
    """The chart with its choice of a range; `export` saves the readings since a time."""

    def __init__(self, export: Callable[[float], Awaitable[None]]) -> None:
        self._export = export
        self._readings: list[Reading] = []
        with ui.element("section").classes("card"):
            with ui.element("div").classes("card-head readings"):
                text("h2", "Readings", "grow")
                self._range = ui.toggle(list(RANGES), value="1 hour", on_change=self._draw)
                self._range.props('flat dense no-caps aria-label="Range"').classes("ranges")
                self._save = button("CSV", self._export_range, "download", quiet=True)
                self._save.props["aria-label"] = "Save this range as CSV"
                self._last = text("span", "", "soft small last")
            self._nothing = text(
                "p", "None yet. What WorkerTask.call() returns comes here.", "soft"
            )
            self._place = ui.element("div")  # a chart costs much: it is made with the first reading
            self._chart: Any = None

    def show(self, readings: list[Reading]) -> None:
        """Show these readings, oldest first."""
        if readings != self._readings:
            self._readings = readings
            self._draw()

    def _since(self) -> float:
        """Return the begin of the range, which ends with the last reading."""
        width = RANGES[str(self._range.value)]
        return self._readings[-1].ts - width if self._readings and width else 0.0

    async def _export_range(self) -> None:
        await self._export(self._since())

    def _draw(self) -> None:
        last = self._readings[-1] if self._readings else None
        found = lines(self._readings, self._since())
        self._save.set_visibility(last is not None)
        self._nothing.set_visibility(last is None)
        self._last.set_text(f"last: {_short(last.msg)}" if last else "")
        if self._chart is not None:
            self._chart.options.update(_options(found))
            self._chart.update()
        elif last is not None:
            with self._place:
                self._chart = ui.echart(_options(found)).classes("chart")


def _short(value: Any) -> str:
    shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return shown if len(shown) <= 60 else f"{shown[:57]}..."


def _options(found: Mapping[str, list[list[float]]]) -> dict[str, Any]:
    axis = {
        "axisLabel": {"color": _GREY, "hideOverlap": True},
        "axisLine": {"lineStyle": {"color": _GREY}},
    }
    return {
        "color": _COLOURS,
        "grid": {"left": 8, "right": 32, "top": 36, "bottom": 8, "containLabel": True},
        "legend": {"type": "scroll", "top": 0, "left": 0, "textStyle": {"color": _GREY}},
        # As rich text, so that a name cannot become markup.
        "tooltip": {"trigger": "axis", "renderMode": "richText", "confine": True},
        "xAxis": {"type": "time", **axis, "splitLine": {"show": False}},
        "yAxis": {
            "type": "value",
            "scale": True,
            **axis,
            "splitLine": {"lineStyle": {"color": _GREY, "opacity": 0.18}},
        },
        "dataZoom": [{"type": "inside"}],
        "animation": False,
        "series": [
            {
                "name": name,
                "type": "line",
                "showSymbol": len(points) < 60,
                "symbolSize": 5,
                "lineStyle": {"width": 2},
                "data": points,
            }
            for name, points in found.items()
        ],
    }
