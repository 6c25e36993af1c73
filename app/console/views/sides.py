"""A difference between two versions, side by side."""

from __future__ import annotations

from nicegui import ui

from app.console.page import text
from app.console.sides import GAP, SAME, FileSides, SideRow, sides

_MOST = 1200  # rows that are shown: each is five elements


def draw(diff: str, labels: tuple[str, str] = ("Before", "After")) -> None:
    """Show a unified diff as a table for each file."""
    files = sides(diff)
    if not files:
        text("p", "There is no difference.", "soft")
    left = _MOST
    for file in files:
        _table(file, labels, left)
        left = max(0, left - len(file.rows))


def _table(file: FileSides, labels: tuple[str, str], most: int) -> None:
    text("h3", file.name, "mono wrap")
    if file.remark:
        text("p", file.remark, "soft")
        return
    with ui.element("table").classes("sides"):
        text("caption", f"{file.name}, line by line", "unseen")
        with ui.element("colgroup"):
            for kind in ("number", "source") * 2:
                ui.element("col").classes(kind)
        with ui.element("thead"), ui.element("tr"):
            for label in labels:
                text("th", label, "wrap").props("colspan=2 scope=col")
        with ui.element("tbody"):
            for row in file.rows[:most]:
                _row(row)
    if len(file.rows) > most:
        text("p", f"{len(file.rows) - most} more rows are not shown.", "soft small")


def _row(row: SideRow) -> None:
    with ui.element("tr").classes(row.kind):
        if row.kind == GAP:
            text("td", "...").props("colspan=4")
            return
        for side, kind in ((row.old, "old"), (row.new, "new")):
            number, line = side or ("", "")
            marked = "" if row.kind == SAME or side is None else kind
            text("td", str(number), f"number {marked}")
            text("td", line, f"source {marked}")
