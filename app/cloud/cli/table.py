"""Tables of text that fit the terminal: columns are dropped, then cut, never wrapped."""

from __future__ import annotations

import shutil
import time
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from adapters.linux.console import printable

_GAP = "  "
_CUT = "..."
_AGES = ((86400, "d"), (3600, "h"), (60, "min"))  # seconds


@dataclass(frozen=True)
class Column:
    """A column: of those with `drop` the one with the lowest goes first; `least`: cells, if cut."""

    title: str
    drop: int = 0  # never
    least: int = 0  # as wide as its texts

    def at_least(self, natural: int) -> int:
        """Return the cells that it needs of its natural ones."""
        return min(natural, max(self.least, cells(self.title))) if self.least else natural


def width() -> int:
    """Return the terminal's columns (or COLUMNS), 0 for no limit: a file, or a pipe."""
    return shutil.get_terminal_size((0, 0)).columns


def table(columns: Sequence[Column], rows: Iterable[Sequence[str]], most: int) -> list[str]:
    """Return the head and a line for each row, at most `most` cells wide if it is not 0."""
    texts = [[printable(cell) for cell in row] for row in rows]
    chosen = [at for at in range(len(columns)) if any(row[at] for row in texts)]
    natural = {
        at: max(cells(text) for text in (columns[at].title, *(row[at] for row in texts)))
        for at in chosen
    }
    chosen = _kept(columns, chosen, natural, most)
    widths = {at: natural[at] for at in chosen}
    while most and _total(widths) > most:
        over = {at: widths[at] - columns[at].at_least(natural[at]) for at in chosen}
        at = max(over, key=lambda at: over[at])
        if not over[at]:
            break
        widths[at] -= 1
    head = [column.title for column in columns]
    lines = (
        _GAP.join(_padded(row[at], widths[at]) for at in chosen).rstrip() for row in (head, *texts)
    )
    return [cut(line, most) for line in lines]


def _kept(
    columns: Sequence[Column], chosen: list[int], natural: dict[int, int], most: int
) -> list[int]:
    """Return the columns that are left once those fit that may be cut."""
    while most:
        least = {at: columns[at].at_least(natural[at]) for at in chosen}
        drops = [at for at in chosen if columns[at].drop]
        if _total(least) <= most or not drops:
            break
        chosen = [at for at in chosen if at != min(drops, key=lambda at: columns[at].drop)]
    return chosen


def _total(widths: dict[int, int]) -> int:
    return sum(widths.values()) + len(_GAP) * (len(widths) - 1)


def _padded(text: str, most: int) -> str:
    text = cut(text, most)
    return text + " " * (most - cells(text))


def cells(text: str) -> int:
    """Return the cells of a terminal that a printable text takes (UAX 11; marks take none)."""
    return len(text) if text.isascii() else sum(_cells(char) for char in text)


def _cells(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in ("F", "W") else 1


def cut(text: str, most: int) -> str:
    """Return a printable text, or its beginning and dots, in `most` cells; 0 is no limit."""
    if not most or cells(text) <= most:
        return text
    while text and cells(text) > most - len(_CUT):
        text = text[:-1]
    return (text + _CUT)[:most]


def moment(seconds: float) -> str:
    """Return a time as `YYYY-MM-DD HH:MM:SSZ`, in UTC (RFC 3339), with milliseconds if it has."""
    whole, part = divmod(round(seconds * 1000), 1000)
    try:
        text = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(whole))
    except (OverflowError, OSError, ValueError):
        return f"{seconds:.3f}"  # a Thing may send any number
    return f"{text}.{part:03d}Z" if part else f"{text}Z"


def age(seconds: float | None, now: float) -> str:
    """Return how long ago a time was, in its largest unit; empty without one."""
    if seconds is None:
        return ""
    past = max(0, int(now - seconds))
    for unit, name in _AGES:
        if past >= unit:
            return f"{past // unit} {name}"
    return f"{past} s"
