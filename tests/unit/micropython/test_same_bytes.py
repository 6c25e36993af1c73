"""The same value of an app gives the same bytes on a board as on Linux, or is refused on both."""

from __future__ import annotations

import json
import math
import shutil
import struct
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st

from adapters.cloud.jsontext import dump
from adapters.linux.appchild import problem
from build.slim.model import ROOT
from build.slim.probe import micropython
from tests.conformance.cases import drawn
from tests.everywhere import kept

pytestmark = pytest.mark.skipif(
    not micropython(), reason="MicroPython's unix port is not installed"
)

_SOURCES = ("adapters/micropython/apphost.py", "adapters/micropython/apploader.py")
_CASES = (800, 3000)
_FINE = 1e-9  # below it, and above its inverse, MicroPython is some digits off at the end

_TEXT = st.text(st.characters() | st.characters(categories=["Cs"]), max_size=12)
_FLOAT = (
    st.floats(-1 / _FINE, 1 / _FINE).filter(lambda value: not 0 < abs(value) < _FINE)
    | st.floats(-1000, 1000).map(lambda value: round(value, 3))
    | st.sampled_from([math.nan, math.inf, -math.inf])
)
_INT = st.integers() | st.integers(-(2**1100), 2**1100) | st.sampled_from([2**1024, 2**1024 - 1])
_PLAIN = st.none() | st.booleans() | _INT | _FLOAT | _TEXT | st.binary(max_size=4)
_QUARTERS = st.integers(-4000, 4000).map(lambda value: value / 4)
_KEY = st.none() | st.booleans() | _INT | _QUARTERS | _TEXT | st.tuples(st.integers())
_VALUE = st.recursive(
    _PLAIN,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(_KEY, inner, max_size=4)
        | st.sets(st.integers(), max_size=2)
    ),
    max_leaves=12,
)
# Values just inside and just outside the limits; a line each.
_TEXTS = r"""
True
False
{True: False, None: 1}
[True]
b''
bytearray(b'x')
()
(1, (2,))
{(1, 2): 3}
set()
float('nan')
float('inf')
{float('nan'): 1}
-0.0
1e16
1e22
0.1 + 0.2
1.7976931348623157e308
2.2250738585072014e-308
2 ** 1024
-2 ** 1024
2 ** 1024 - 1
2 ** 63
-2 ** 63
2 ** 30
'\ud800'
'\udfff x'
'\ud7ff\ue000'
'\U0010ffff'
'&<>\x00\x7f'
object
len
range(3)
1j
{'\ud800': 1}
{1: 2, 'a': {}}
[[]] * 3
...
"""
_EDGES = _TEXTS.strip().split("\n")
_EDGES += ["[" * depth + "1" + "]" * depth for depth in (63, 64, 65, 66)]
DRIVER = """\
import sys
sys.path.insert(0, %r)
from adapters.micropython.apphost import is_json
from adapters.cloud.jsontext import dump
import struct
double = lambda data: struct.unpack("<d", data)[0]
for line in open("cases"):
    value = eval(line)
    print(dump(value) if is_json(value) else "-")
"""


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the modules as they are, and those that MicroPython lacks for them."""
    place = tmp_path_factory.mktemp("os")
    for name in (*_SOURCES, "adapters/cloud/jsontext.py", "domain/errors.py"):
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, place / name)
    (place / "ports").mkdir()
    (place / "ports/console.py").write_text("Console = None\n")
    (place / "__future__.py").write_text("annotations = 1\n")
    (place / "typing.py").write_text("Any = Callable = None\n")
    return place


def on_board(board: Path, cases: list[str]) -> list[str]:
    """Return the text that a board would send for each value; `-` for a refused one."""
    (board / "cases").write_text("".join(case + "\n" for case in cases))
    (board / "main.py").write_text(DRIVER % str(board))
    done = subprocess.run(
        [*micropython(), "-X", "heapsize=16M", "main.py"],
        cwd=board,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-500:] + done.stderr[-2000:]
    return done.stdout.splitlines()


def on_linux(value: Any) -> str:
    """Return the same of a Thing on Linux, where the app's process passes values as JSON."""
    return "-" if problem(value) else dump(json.loads(json.dumps(value)))


def source(value: Any) -> str:
    """Return a text that both Pythons read as this value."""
    if isinstance(value, float):  # to the bit, as no literal is
        return "double(%r)" % struct.pack("<d", value)
    if isinstance(value, dict):
        return "{%s}" % ", ".join(source(key) + ": " + source(value[key]) for key in value)
    if isinstance(value, tuple):
        return "(%s)" % "".join(source(item) + ", " for item in value)
    if isinstance(value, list):
        return "[%s]" % ", ".join(map(source, value))
    return ascii(value)


def same(sent: str) -> str:
    """Return the text without the last digits of its floats: MicroPython does not round as Python
    does (it writes 628.31 as 628.3099999999999), and on most boards there are seven in all."""
    if sent == "-":
        return sent
    return json.dumps(json.loads(sent, parse_float=lambda text: "%.12e" % float(text)))


def _distinct(value: Any) -> bool:
    """Tell whether no two keys of a dict are the same text as JSON; one would get lost."""
    if isinstance(value, dict):
        if any(isinstance(key, (tuple, bytes)) for key in value):
            return True  # refused anyhow
        texts = {key if isinstance(key, str) else json.dumps(key) for key in value}
        return len(texts) == len(value) and all(map(_distinct, value.values()))
    return all(map(_distinct, value)) if isinstance(value, (list, tuple)) else True


@pytest.mark.parametrize("count", kept(_CASES, _CASES[0]))
def test_any_value(board: Path, count: int) -> None:
    values = [value for value in drawn(_VALUE, count) if _distinct(value)]
    assert len(values) > count / 2
    found = on_board(board, [source(value) for value in values])
    for value, sent in zip(values, found, strict=True):
        assert same(sent) == same(on_linux(value)), source(value)
    assert 0.1 < found.count("-") / len(found) < 0.9


@pytest.mark.parametrize("case", _EDGES)
def test_edges(board: Path, case: str) -> None:
    (sent,) = on_board(board, [case])
    assert sent == on_linux(eval(case))
