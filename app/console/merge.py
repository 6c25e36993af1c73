"""Three-way merges of an app's files.

The rule of diff3: from one place that is the same in all three texts to the next, the side that
differs from the base wins, and where both do, both stay, between markers that no compiler takes.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

_MOST_LINES = 5000  # of one text, beyond which difflib takes seconds: all of it is one conflict
_Lines = list[str]


@dataclass(frozen=True)
class Merge:
    """The merged files by name, and the conflicts as (name, line of the first marker)."""

    files: dict[str, str] = field(default_factory=dict)
    conflicts: list[tuple[str, int]] = field(default_factory=list)


def merged(
    base: Mapping[str, str], mine: Mapping[str, str], theirs: Mapping[str, str], label: str
) -> Merge:
    """Merge the changes from `base` to `mine` with those to `theirs`; `label` names theirs."""
    merge = Merge()
    for name in [*theirs, *(name for name in mine if name not in theirs)]:
        old, my, their = base.get(name), mine.get(name), theirs.get(name)
        if my == their or old == my:
            text = their
        elif old == their:
            text = my
        elif my is None or their is None:
            text = their if my is None else my  # removed by one, changed by the other: it stays
        else:
            text = _text(merge, name, (old or "", my, their), label)
        if text is not None:
            merge.files[name] = text
    return merge


def _text(merge: Merge, name: str, texts: tuple[str, str, str], label: str) -> str:
    """Merge the texts of one file (base, mine, theirs), and note its conflicts."""
    base, mine, theirs = (text.splitlines(keepends=True) for text in texts)
    out: _Lines = []
    at = (0, 0, 0)
    for start, length in _places(base, mine, theirs):
        old, my, their = (
            lines[begin:end]
            for lines, begin, end in zip((base, mine, theirs), at, start, strict=True)
        )
        if old in (my, their) or my == their:
            out += their if old == my else my
        else:
            merge.conflicts.append((name, len(out) + 1))
            out += ["<<<<<<< yours\n", *_ended(my), "=======\n", *_ended(their)]
            out.append(f">>>>>>> {label}\n")
        out += base[start[0] : start[0] + length]
        at = (start[0] + length, start[1] + length, start[2] + length)
    return "".join(out)


def _ended(lines: _Lines) -> _Lines:
    """Return the lines, the last one with an end."""
    return [line if line.endswith(("\n", "\r")) else f"{line}\n" for line in lines]


def _places(
    base: _Lines, mine: _Lines, theirs: _Lines
) -> Iterator[tuple[tuple[int, int, int], int]]:
    """Yield the places where all three are the same (starts, length), at last their ends."""
    if max(len(base), len(mine), len(theirs)) <= _MOST_LINES:
        ours, others = _blocks(base, mine), _blocks(base, theirs)
        i = j = 0
        while i < len(ours) and j < len(others):
            (a, in_mine, n), (b, in_theirs, m) = ours[i], others[j]
            start, end = max(a, b), min(a + n, b + m)
            if start < end:
                yield (start, in_mine + start - a, in_theirs + start - b), end - start
            if a + n < b + m:
                i += 1
            else:
                j += 1
    yield (len(base), len(mine), len(theirs)), 0


def _blocks(base: _Lines, other: _Lines) -> list[difflib.Match]:
    return difflib.SequenceMatcher(None, base, other, autojunk=False).get_matching_blocks()
