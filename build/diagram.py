"""The picture of the lifecycle in README.md, made from the table."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from domain.lifecycle import BOOT, FAULT, RECOVER, RUN, STATES, TABLE

README = Path(__file__).resolve().parents[1] / "README.md"
BEGIN = "<!-- lifecycle: made by `python -m build diagram` -->\n"
END = "<!-- end of lifecycle -->\n"

_HEALTH = {RUN: "fill:#d5f5e3,stroke:#1e8449", RECOVER: "fill:#fdebd0,stroke:#ca6f1e"}


def mermaid() -> str:
    """Return the lifecycle as a Mermaid state diagram: an arrow for each pair of states.

    FAULT is left out of the arrows: it leads from every state to `recover`, and would hide the
    others; a note says so.
    """
    arrows: dict[tuple[str, str], list[str]] = {}
    for state, event, following in TABLE:
        if event != FAULT:
            arrows.setdefault((state, following), []).append(event.replace("_", " "))
    lines = ["```mermaid", "stateDiagram-v2", "    [*] --> %s" % BOOT]
    for (state, following), events in arrows.items():
        lines.append("    %s --> %s: %s" % (state, following, " / ".join(events)))
    lines += [
        "    note right of %s" % RECOVER,
        "        Entered from every other state",
        "        on a fault that nobody foresaw.",
        "    end note",
    ]
    for state in STATES:
        if state in _HEALTH:
            lines.append("    style %s %s" % (state, _HEALTH[state]))
    lines.append("```")
    return "\n".join(lines) + "\n"


def insert(text: str, picture: str) -> str:
    """Replace the picture between its marks in `text`; raise ValueError if a mark is missing."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError("the marks of the picture are missing: %s" % BEGIN.strip())
    return before + BEGIN + picture + END + after


def main(argv: list[str]) -> int:
    """Write the picture into README.md, or with --check say whether it is fresh."""
    parser = argparse.ArgumentParser(prog="python -m build diagram", description=main.__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; 1 if not fresh")
    parser.add_argument("--readme", type=Path, default=README, help="the file (%(default)s)")
    options = parser.parse_args(argv)
    try:
        text = options.readme.read_text()
        fresh = insert(text, mermaid())
    except (OSError, ValueError) as error:
        sys.stderr.write("diagram: %s: %s\n" % (options.readme, error))
        return 1
    if text == fresh:
        return 0
    if options.check:
        sys.stderr.write(
            "diagram: the picture is not that of the table; run `python -m build diagram`\n"
        )
        return 1
    options.readme.write_text(fresh)
    return 0
