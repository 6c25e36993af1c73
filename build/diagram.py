"""The picture of the lifecycle in README.md, made from the table."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from transitions.extensions import GraphMachine

from domain.lifecycle import BOOT, FAULT, RECOVER, RUN, STATES, TABLE

README = Path(__file__).resolve().parents[1] / "README.md"
BEGIN = "<!-- lifecycle: made by `python -m build diagram` -->\n"
END = "<!-- end of lifecycle -->\n"

_STYLES: dict[str, str | dict[str, Any]] = {
    "default": {"stroke-width": "1px"},
    "run": {"fill": "#d5f5e3", "stroke": "#1e8449"},
    "recover": {"fill": "#fdebd0", "stroke": "#ca6f1e"},
    "here": {"fill": "#f9e79f", "stroke": "#b7950b", "stroke-width": "4px"},
}


def mermaid(current: str = "") -> str:
    """Return the lifecycle as a Mermaid diagram, with the state `current` marked if given.

    FAULT is left out of the arrows: it leads from every state to `recover`, and would hide the
    others; a note says so.
    """
    drawing = GraphMachine(
        states=list(STATES),
        initial=BOOT,
        transitions=[
            [event.replace("_", " "), state, following]
            for state, event, following in TABLE
            if event != FAULT
        ],
        auto_transitions=False,
        graph_engine="mermaid",
    )
    drawing.machine_attributes = {}
    drawing.style_attributes = {"node": _STYLES}
    graph = drawing.model_graphs[id(drawing)]
    graph.reset_styling()
    for state, style in ((RUN, "run"), (RECOVER, "recover"), (current, "here")):
        graph.set_node_style(state, style)
    text = graph.get_graph().draw(None) or ""
    _, _, source = text.partition("---\nstate")  # after a title, which is no front matter
    note = "  note right of %s: entered from every other state on an unforeseen fault" % RECOVER
    lines = [line.rstrip() for line in ("state" + source).splitlines() if line.strip()]
    return "\n".join(["```mermaid", *lines, note, "```"]) + "\n"


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
