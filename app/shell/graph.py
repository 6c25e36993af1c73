"""The lifecycle as text, with a Thing's current state marked."""

from __future__ import annotations

from domain.lifecycle import STATES, TABLE


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
