"""A unified diff, as the service gives it, as rows of two sides."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

SAME, CHANGED, GAP = "same", "changed", "gap"
_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


@dataclass(frozen=True)
class SideRow:
    """One row: the line of each side with its number, None where a side has none.

    `kind`: SAME, CHANGED, or GAP before a part that does not follow the row above.
    """

    kind: str
    old: tuple[int, str] | None = None
    new: tuple[int, str] | None = None


@dataclass
class FileSides:
    """The changes of one file; `remark` says why there are no rows."""

    name: str
    rows: list[SideRow] = field(default_factory=list)
    remark: str = ""


def sides(diff: str) -> list[FileSides]:
    """Return the changed files of a diff."""
    files: list[FileSides] = []
    before = ""
    lines = iter(diff.splitlines())
    for line in lines:
        hunk = _HUNK.match(line)
        if line.startswith("--- "):
            before = line[4:]
        elif line.startswith("+++ "):
            label = before if line[4:] == "/dev/null" else line[4:]
            files.append(FileSides(label.partition("/")[2]))
        elif hunk and files:
            rows = files[-1].rows
            if rows or int(hunk[1]) > 1:
                rows.append(SideRow(GAP))
            rows += _hunk(lines, hunk)
        elif line.startswith("@@") and files:
            files[-1].remark = "It is too long to compare here."
    return files


def _hunk(lines: Iterator[str], head: re.Match[str]) -> Iterator[SideRow]:
    """Yield the rows of a hunk; removed lines stand beside the lines in their place."""
    old, new = int(head[1]), int(head[3])
    left = [1 if size is None else int(size) for size in (head[2], head[4])]
    gone: list[tuple[int, str]] = []
    came: list[tuple[int, str]] = []
    while any(left):
        line = next(lines, None)
        if line is None:
            break
        sign, text = line[:1], line[1:]
        if sign in ("-", " "):
            left[0] -= 1
        if sign in ("+", " "):
            left[1] -= 1
        if sign == " ":
            yield from _pairs(gone, came)
            yield SideRow(SAME, (old, text), (new, text))
        elif sign == "-":
            gone.append((old, text))
        elif sign == "+":
            came.append((new, text))
        old += sign in ("-", " ")
        new += sign in ("+", " ")
    yield from _pairs(gone, came)


def _pairs(gone: list[tuple[int, str]], came: list[tuple[int, str]]) -> Iterator[SideRow]:
    for at in range(max(len(gone), len(came))):
        yield SideRow(
            CHANGED,
            gone[at] if at < len(gone) else None,
            came[at] if at < len(came) else None,
        )
    gone.clear()
    came.clear()
