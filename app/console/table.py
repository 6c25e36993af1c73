"""Tables of text, which become lists of cards on a phone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from nicegui import ui

from app.console.page import text

# A cell is a text, or a function that shows more.
_TIMES = ("Time", "Made", "Ends", "Since")  # their texts do not break
Cell = str | Callable[[], object]


def table(caption: str, columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """Show rows of cells; an unnamed column is for actions."""
    with ui.element("table").classes("list"):
        text("caption", caption, "unseen")
        with ui.element("thead"), ui.element("tr"):
            for column in columns:
                # An empty header cell is no header: screen readers would name it so.
                text("th" if column else "td", column).props("scope=col" if column else "")
        with ui.element("tbody"):
            for row in rows:
                with ui.element("tr"):
                    for column, cell in zip(columns, row, strict=True):
                        _cell(column, cell)


def _cell(column: str, cell: Cell) -> None:
    if isinstance(cell, str):
        place = text("td", cell, "when" if column in _TIMES else "wrap")
    else:
        with ui.element("td") as place:
            cell()
    place.props["data-label"] = column
