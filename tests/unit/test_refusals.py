"""Each refusal of the OS is looked at by a test: its sentence, not only its code, names the cause.

A sentence that no test reads may blame the wrong part for years. The sentences are found in the
sources; three words in a row of each have to be in a test.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("domain", "adapters")
ERRORS = {"CloudError", "LinkError", "DeviceError", "AppError", "refused"}
WORDS = 3  # in a row, without the values between them
_VALUE = re.compile(r"%[-.0-9]*[a-z]")


def sentences(source: str) -> Iterator[tuple[int, str]]:
    """Yield the line and the text of each error that the source makes with a literal text."""
    for node in ast.walk(ast.parse(source)):
        name = getattr(node.func, "id", "") if isinstance(node, ast.Call) else ""
        if isinstance(node, ast.Call) and name in ERRORS:
            literals = [
                item.value
                for part in node.args[1:]
                for item in ast.walk(part)
                if isinstance(item, ast.Constant) and isinstance(item.value, str)
            ]
            if literals:
                yield node.lineno, max(literals, key=len)


def beginnings(sentence: str) -> list[str]:
    """Return each run of WORDS words in a sentence, or its shorter pieces where it has none."""
    pieces = [piece.split() for piece in _VALUE.split(sentence)]
    runs = [
        " ".join(words[at : at + WORDS]) for words in pieces for at in range(len(words) - WORDS + 1)
    ]
    longest: list[str] = max(pieces, key=len)
    return runs or [" ".join(longest)]


def read_by_tests() -> str:
    """Return the sources of all tests but this one, their literals of several lines joined."""
    files = sorted((ROOT / "tests").rglob("*.py"))
    texts = [file.read_text() for file in files if file != Path(__file__).resolve()]
    return re.sub(r'"\s*\n\s*f?r?"', "", "\n".join(texts))


def test_each_refusal_is_looked_at() -> None:
    tests = read_by_tests()
    found, unread = 0, []
    for part in PARTS:
        for file in sorted((ROOT / part).rglob("*.py")):
            for line, sentence in sentences(file.read_text()):
                found += 1
                if not any(run in tests for run in beginnings(sentence)):
                    unread.append("%s:%d: %s" % (file.relative_to(ROOT), line, sentence))
    assert found > 140
    assert unread == []


def test_what_counts_as_looked_at() -> None:
    source = 'def f(x):\n    raise LinkError("code", "no way to %s: %s" % (x, x))\n'
    assert list(sentences(source)) == [(2, "no way to %s: %s")]
    assert beginnings("no way to %s: %s") == ["no way to"]
    assert beginnings("%s has no %s") == ["has no"]
