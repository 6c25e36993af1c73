"""Errors in the files of an app, by line, while they are typed.

Four checkers, each for errors that the others miss: Python's own parser; the board's compiler, for
its smaller Python; ruff, for undefined names; and the cloud's rules for the apps of Things.
"""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from app.cloud import appcheck
from build.slim.emit import compiler
from build.slim.model import SlimError

ERROR, WARNING = "error", "warning"
_PATIENCE_S = 10.0
_MOST = 30  # marks that are shown
_LONGEST = 200_000  # characters: no app is nearly as long
# Errors of any program: bad syntax, undefined names, comparisons with a constant result.
_RULES = "E9,F5,F63,F7,F82,F811,F841,F401"
_SERIOUS = ("E9", "F5", "F63", "F7", "F82")
# The cloud puts `import logger` before each file; the others are MicroPython's.
_BUILTINS = 'builtins=["logger","const"]'
_AT = re.compile(r'File "[^"]*", line (\d+)')
_LINE = re.compile(r"(?:(?P<file>[^:]+): )?(?:line (?P<line>\d+): )?(?P<text>.*)", re.DOTALL)
_SAID = re.compile(r".*line \d+(?:, in [^:\n]*)?[:\n](.*)", re.DOTALL)
IN_A_TRACEBACK = re.compile(r'File "(?:[^"/]*/)*(\w+\.py)", line (\d+)')


@dataclass(frozen=True)
class Mark:
    """One remark on a line of a file; line 0 is the file as a whole, no file the whole app."""

    file: str
    line: int
    text: str
    kind: str = ERROR


def marks(files: Mapping[str, str], board: bool = True) -> list[Mark]:
    """Return all remarks, errors first. `board`: the app is for MicroPython, too."""
    found: list[Mark] = []
    for name, text in files.items():
        if name.endswith(".py"):
            found += _of_file(name, text, board)
    known = {(mark.file, mark.line) for mark in found}
    found += [mark for mark in _rules(files) if (mark.file, mark.line) not in known]
    return sorted(found, key=lambda mark: (mark.kind != ERROR, mark.file, mark.line))[:_MOST]


def blame(trouble: str) -> Mark | None:
    """Return where a Thing's error points to: the last line of the app in its traceback."""
    found = IN_A_TRACEBACK.findall(trouble)
    if not found:
        return None
    file, line = found[-1]
    said = _SAID.search(trouble)
    return Mark(file, int(line), said[1].strip() if said else trouble)


def _of_file(name: str, text: str, board: bool) -> list[Mark]:
    if len(text) > _LONGEST:
        return [Mark(name, 0, f"it is too long: {len(text)} characters")]
    syntax = _syntax(name, text)
    if syntax:
        return [syntax]
    found = list(_ruff(name, text))
    compiled = _compiled(name, text) if board else None
    return [compiled, *found] if compiled else found


def _syntax(name: str, text: str) -> Mark | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text, name)
    except SyntaxError as error:
        return Mark(name, error.lineno or 1, str(error.msg))
    except (ValueError, RecursionError, MemoryError) as error:
        return Mark(name, 1, f"Python cannot read it: {error}")
    return None


def _compiled(name: str, text: str) -> Mark | None:
    """Return the error of MicroPython's compiler: it has no match, no positional-only names."""
    try:
        command = compiler()
    except SlimError:
        return None  # there is no compiler for this machine
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "app.py")
        source.write_text(text, encoding="utf-8")
        run = [*command, "-o", str(Path(folder, "app.mpy")), str(source)]
        done = _run(run)
    if done is None or done.returncode == 0:
        return None
    lines = (done.stderr + done.stdout).strip().splitlines()
    line = _AT.search("\n".join(lines))
    said = lines[-1] if lines else "it does not compile"
    return Mark(name, int(line[1]) if line else 1, f"MicroPython, on boards: {said}")


def _ruff(name: str, text: str) -> Iterator[Mark]:
    found = shutil.which("ruff", path=str(Path(sys.executable).parent)) or shutil.which("ruff")
    if found is None:
        return
    command = [found, "check", "--isolated", "--no-cache", "--quiet", "--output-format", "json"]
    command += ["--select", _RULES, "--config", _BUILTINS, "--stdin-filename", name, "-"]
    done = _run(command, text)
    try:
        said = json.loads(done.stdout) if done else []
    except ValueError:
        return
    for one in said:
        code = str(one.get("code") or "")
        kind = ERROR if code.startswith(_SERIOUS) else WARNING
        yield Mark(name, int(one["location"]["row"]), str(one["message"]), kind)


def _rules(files: Mapping[str, str]) -> Iterator[Mark]:
    for problem in appcheck.problems(files):
        found = _LINE.fullmatch(problem)
        assert found  # the pattern matches any text
        file = found["file"] or ""
        if file in files:
            yield Mark(file, int(found["line"] or 0), found["text"])
        else:
            yield Mark("", 0, problem)


def _run(command: list[str], given: str = "") -> subprocess.CompletedProcess[str] | None:
    try:
        return subprocess.run(
            command,
            input=given,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=_PATIENCE_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
