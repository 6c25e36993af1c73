"""`python -m build words`: measure the English of docstrings and comments, against limits.

Per 1,000 words: noun clauses ("what came"), indefinite persons ("who", "nobody"), and docstrings
of functions that do not begin with an imperative. A limit in build/words.json may only fall.
"""

from __future__ import annotations

import argparse
import ast
import io
import json
import math
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from app.place import SOURCE

LIMITS = Path(__file__).with_name("words.json")
KINDS = ("what", "who", "mood")

_FOLDERS = ("adapters", "app", "build", "domain", "ports", "tests")
_WORD = re.compile(r"[A-Za-z][A-Za-z'-]*")
_WHAT = re.compile(r"\bwhat(ever)?\b", re.I)
_WHO = re.compile(r"\b(who(ever|m|se)?|(no|some|every|any)body)\b", re.I)
# `code` and "quoted" are no prose.
_QUOTED = re.compile(r"``[^`]*``|`[^`]*`|\"[^\"\n]*\"")
# Verbs that a docstring of a function may begin with; add one that is missing.
VERBS = frozenset(Path(__file__).with_name("verbs.txt").read_text(encoding="ascii").split())


@dataclass
class Count:
    """The figures of one room; `found` has (kind, place, text) for each hit."""

    words: int = 0
    found: list[tuple[str, str, str]] = field(default_factory=list)

    def rate(self, kind: str) -> float:
        """Return the hits of a kind per 1,000 words."""
        hits = sum(one[0] == kind for one in self.found)
        return round(1000 * hits / max(self.words, 1), 1)


def texts(source: str) -> Iterator[tuple[int, str, bool]]:
    """Yield (line, text, whether a function's docstring) for each docstring and comment."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            text = ast.get_docstring(node)
            if text:
                function = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
                yield node.body[0].lineno, text, function and not _is_value(node)
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT and not token.string.startswith(
            ("#!", "# noqa", "# type")
        ):
            yield token.start[0], token.string.lstrip("# "), False


def _is_value(node: ast.AST) -> bool:
    """Tell whether a function is a property, which a noun describes."""
    return any("property" in ast.unparse(one) for one in getattr(node, "decorator_list", ()))


def count(path: str, source: str, into: Count) -> None:
    """Add the figures of a source file; tests are named by sentences and have no mood."""
    for line, text, function in texts(source):
        prose = _QUOTED.sub("", text)
        into.words += len(_WORD.findall(prose))
        place = "%s:%d" % (path, line)
        for kind, pattern in (("what", _WHAT), ("who", _WHO)):
            into.found += [(kind, place, found.group()) for found in pattern.finditer(prose)]
        first = re.split(r"[\s,:;.]", text, maxsplit=1)[0]
        if function and not path.startswith("tests/") and first.lower() not in VERBS:
            into.found.append(("mood", place, first))


def room_of(path: str) -> str:
    """Return the room that a file lies in: two folders, or one where there are no rooms."""
    parts = path.split("/")
    deep = parts[0] in ("adapters", "app", "build", "domain") and len(parts) > 2
    return "/".join(parts[:2] if deep else parts[:1])


def measure() -> dict[str, Count]:
    """Return the figures of each room of the checkout."""
    rooms: dict[str, Count] = {}
    for path in sorted(_sources()):
        if (SOURCE / path).is_file():
            source = (SOURCE / path).read_text(encoding="utf-8")
            count(path, source, rooms.setdefault(room_of(path), Count()))
    return rooms


def _sources() -> list[str]:
    """Return the paths of the tracked sources; without git, of all that are there."""
    command = ["git", "ls-files", *("%s/*.py" % folder for folder in _FOLDERS)]
    try:
        listed = subprocess.run(command, cwd=SOURCE, capture_output=True, text=True, check=True)
        return listed.stdout.split()
    except (OSError, subprocess.CalledProcessError):
        found = [path for folder in _FOLDERS for path in (SOURCE / folder).rglob("*.py")]
        return [path.relative_to(SOURCE).as_posix() for path in found]


def excesses(rooms: dict[str, Count], limits: dict[str, dict[str, float]]) -> list[str]:
    """Return a line for each figure above its limit; a room without one is held to 1."""
    said = []
    for room, found in sorted(rooms.items()):
        for kind in KINDS:
            limit = limits.get(room, {}).get(kind, 1.0)
            if found.rate(kind) > limit:
                places = ["%s %r" % one[1:] for one in found.found if one[0] == kind]
                text = (
                    "%s: %s %.1f per 1,000 words, limit %.1f; write it in plain English, as in %s"
                )
                said.append(text % (room, kind, found.rate(kind), limit, "; ".join(places[-3:])))
    return said


def lowered(
    rooms: dict[str, Count], limits: dict[str, dict[str, float]]
) -> dict[str, dict[str, float]]:
    """Return the limits, each no higher than the next whole number above the figure."""
    return {
        room: {
            kind: min(math.ceil(found.rate(kind)), limits.get(room, {}).get(kind, math.inf))
            for kind in KINDS
        }
        for room, found in sorted(rooms.items())
    }


def main(argv: list[str] | None = None) -> int:
    """Print the figures, or check or lower the limits; return 1 for a figure above its limit."""
    parser = argparse.ArgumentParser(prog="python -m build words", description=__doc__)
    parser.add_argument("--check", action="store_true", help="print only the excesses")
    parser.add_argument("--lower", action="store_true", help="lower the limits to the figures")
    parser.add_argument("--list", metavar="ROOM", help="print each hit in a room")
    arguments = parser.parse_args(argv)
    rooms, limits = measure(), json.loads(LIMITS.read_text(encoding="utf-8"))
    if arguments.list:
        found = rooms[arguments.list].found if arguments.list in rooms else []
        sys.stdout.writelines("%s %s %s\n" % (place, kind, text) for kind, place, text in found)
        return 0
    if arguments.lower:
        text = json.dumps(lowered(rooms, limits), indent=1) + "\n"
        LIMITS.write_text(text, encoding="utf-8")
    if not arguments.check:
        for room, one in sorted(rooms.items()):
            rates = "  ".join("%s %5.1f" % (kind, one.rate(kind)) for kind in KINDS)
            sys.stdout.write("%-22s %6d words  %s\n" % (room, one.words, rates))
    said = excesses(rooms, json.loads(LIMITS.read_text(encoding="utf-8")))
    sys.stderr.writelines("words: %s\n" % line for line in said)
    return 1 if said else 0
