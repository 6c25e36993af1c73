"""The page docs/performance.md, from the recorded figures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.bench.figure import Figure

RECORD = Path(__file__).with_name("record.json")
PAGE = Path(__file__).resolve().parents[2] / "docs" / "performance.md"
BEGIN, END = "<!-- figures: written by ./pythings bench --page -->", "<!-- end of figures -->"
_TITLES = {
    "engines": "Engine and cipher",
    "traffic": "Traffic",
    "starts": "Starts",
    "sizes": "Boards",
}


def record(version: str, parts: dict[str, list[Figure]]) -> None:
    """Add the figures of these parts to the history, under the version they were measured of."""
    known = load()
    now = known.setdefault(version, {})
    for part, figures in parts.items():
        now[part] = [
            [one.name, round(one.value, 1), one.unit, one.before, one.most, one.least]
            for one in figures
        ]
    RECORD.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")


def load() -> dict[str, Any]:
    """Return the history: figures by part, by version, oldest version first."""
    if not RECORD.is_file():
        return {}
    known: dict[str, Any] = json.loads(RECORD.read_text(encoding="utf-8"))
    return known


def tables(known: dict[str, Any]) -> str:
    """Return the tables of the newest version in the history."""
    version = list(known)[-1]
    text = ["Version %s." % version, ""]
    for part, title in _TITLES.items():
        rows = [Figure(*row) for row in known[version].get(part, [])]
        if rows:
            text += [
                "## " + title,
                "",
                "| figure | here | v1.1 | goal | |",
                "|---|--:|--:|---|---|",
            ]
            for one in rows:
                met = "" if not one.goal else "met" if one.good else "**not met**"
                text.append("| %s | %s |" % (" | ".join(one.row()), met))
            text.append("")
    return "\n".join(text)


def write(page: Path = PAGE) -> None:
    """Put the newest figures between the marks of the page."""
    text = page.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    whole = "%s%s\n\n%s\n%s%s" % (before, BEGIN, tables(load()), END, after)
    page.write_text(whole, encoding="utf-8")
