"""The words that the editor offers: names of the board's modules, and those of the app itself.

The app's files are read while they are typed. A line that does not parse is left out, so that the
names of all others stay.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import re
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from app.console.names import TABLE

_REPAIRS = 12  # lines of a file that are left out
_LONGEST = 60_000  # characters of a file that are read, as each repair reads them again
SELF = "self"
# A block that is not there yet: the error is at the line behind it.
_HEAD = re.compile(r"expected an indented block.* on line (\d+)")


@dataclass(frozen=True)
class OfferedWord:
    """A name: `kind` as the editor's icons have it; its parameters; a remark."""

    label: str
    kind: str
    detail: str = ""
    info: str = ""


@dataclass
class FileNames:
    """The names of one file; `meaning`: an expression, as `self.led`, and its class or module."""

    words: list[OfferedWord] = field(default_factory=list)
    members: dict[str, list[OfferedWord]] = field(default_factory=dict)
    meaning: dict[str, str] = field(default_factory=dict)


@functools.cache
def known() -> dict[str, list[OfferedWord]]:
    """Return the members of each module and class of the table, by its dotted name."""
    found: dict[str, list[OfferedWord]] = {}
    words: list[OfferedWord] = []
    for line in TABLE.splitlines():
        if line.startswith("["):
            words = found.setdefault(line[1:-1], [])
        elif line:
            signature, _, info = line.partition("  ")
            name, bracket, rest = signature.partition("(")
            words.append(OfferedWord(name, _kind(name, bracket), bracket + rest, info))
    return found


def _kind(name: str, bracket: str) -> str:
    if not bracket:
        return "constant"
    return "class" if name[0].isupper() else "function"


def names_of(files: Mapping[str, str]) -> dict[str, FileNames]:
    """Return the names of each Python file; in each, those of the others by their module."""
    found = {name: _names(text) for name, text in files.items() if name.endswith(".py")}
    labels = {name: {word.label for word in names.words} for name, names in found.items()}
    for name, names in found.items():
        for other, theirs in found.items():
            module = other.removesuffix(".py")
            if other != name:
                names.members[module] = theirs.words
                names.members.update(
                    (f"{module}.{cls}", members)
                    for cls, members in theirs.members.items()
                    if cls in labels[other]
                )
    return found


def _names(text: str) -> FileNames:
    """Return a file's names; none if an expression in it is nested too deep to be read."""
    with contextlib.suppress(RecursionError):
        return _names_in(_tree(text))
    return FileNames()


def _names_in(tree: ast.Module) -> FileNames:
    names = FileNames()
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            members = names.members[node.name] = list(_members(node))
            names.members.setdefault(SELF, []).extend(members)
        names.words += _bound(node)
    names.meaning.update(_meanings(tree))
    return names


def _tree(text: str) -> ast.Module:
    """Parse a file without the lines at which that fails; an empty tree if there are too many."""
    lines = text[:_LONGEST].split("\n")
    tree, wrong = _parsed(lines)
    for _ in range(_REPAIRS):
        if tree is not None:
            return tree
        tries = [_changed(lines, at, hold) for at in wrong for hold in (True, False)]
        lines = max(tries, key=_reach, default=[])
        tree, wrong = _parsed(lines)
    return ast.Module([], [])


def _parsed(lines: list[str]) -> tuple[ast.Module | None, list[int]]:
    """Return the tree, or the lines that may be wrong, from 0 on."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse("\n".join(lines)), []
    except SyntaxError as error:
        head = _HEAD.search(str(error.msg))
        found = [error.lineno or 1, int(head[1]) if head else 0]
        return None, [min(at, len(lines)) - 1 for at in found if at > 0]
    except (ValueError, RecursionError, MemoryError):
        return None, []


def _changed(lines: list[str], at: int, hold: bool) -> list[str]:
    """Return the lines with one left out; with `hold` a statement keeps its block in its place."""
    indent = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
    return [*lines[:at], f"{indent}pass" if hold else "", *lines[at + 1 :]]


def _reach(lines: list[str]) -> int:
    """Return how far the lines can be parsed."""
    tree, wrong = _parsed(lines)
    return len(lines) if tree is not None else min(wrong, default=-1)


def _bound(node: ast.stmt) -> Iterator[OfferedWord]:
    """Yield the names that a statement binds, but for imports, which are known as modules."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        yield OfferedWord(node.name, "function", f"({_parameters(node)})", _about(node))
    elif isinstance(node, ast.ClassDef):
        yield OfferedWord(node.name, "class", "", _about(node))
    elif isinstance(node, (ast.Assign, ast.AnnAssign)):
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            if isinstance(target, ast.Name):
                yield OfferedWord(target.id, "constant" if target.id.isupper() else "variable")


def _members(node: ast.ClassDef) -> Iterator[OfferedWord]:
    """Yield the methods and attributes of a class, each once."""
    seen = set()
    for word in [*(word for one in node.body for word in _bound(one)), *_attributes(node)]:
        if word.label not in seen:
            seen.add(word.label)
            yield word


def _attributes(node: ast.ClassDef) -> Iterator[OfferedWord]:
    for one in ast.walk(node):
        if isinstance(one, ast.Attribute) and isinstance(one.ctx, ast.Store):
            yield from [OfferedWord(one.attr, "property")] if _dotted(one.value) == SELF else []


def _meanings(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield names that stand for a module or an instance: by imports, and by assigned calls."""
    places: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            places.update((one.asname, one.name) for one in node.names if one.asname)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for one in node.names:
                places[one.asname or one.name] = f"{node.module}.{one.name}"
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            made = _dotted(node.value.func)
            for target in node.targets if made else []:
                places[_dotted(target)] = made
    for name, stands_for in places.items():
        first, dot, rest = stands_for.partition(".")
        if name:
            yield name, places.get(first, first) + dot + rest


def _dotted(node: ast.expr) -> str:
    """Return an expression of names and dots as text, empty if it is another one."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = _dotted(node.value)
        return f"{before}.{node.attr}" if before else ""
    return ""


def _parameters(node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    shown = ast.unparse(node.args)
    return shown.removeprefix(SELF).removeprefix(", ")


def _about(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> str:
    lines = (ast.get_docstring(node) or "").splitlines()
    return lines[0][:200] if lines else ""
