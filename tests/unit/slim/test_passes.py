"""Each pass on the smallest program that shows it."""

from __future__ import annotations

import ast

import pytest

from build.slim import (
    bundling,
    erase,
    fold,
    imports,
    inline,
    language,
    link,
    names,
    passes,
    records,
)
from build.slim.model import Module, SlimError, parse

BAD = {
    "f = f'{1}'": "f-string",
    "if (a := 1):\n    pass": "assignment expression",
    "def f(a, /):\n    pass": "positional-only",
    "a = [*b]": "\\* within a display",
    "a = {**b}": "\\*\\* within a display",
    "async def f():\n    pass": "async",
    "class A(metaclass=B):\n    pass": "metaclass",
    "f(*a, **b)": "two \\*",
    "f(*a, 1)": "behind \\*",
    "a = 1j": "complex",
    "binascii.crc32(b'')": "crc32: the firmware of the ESP8266",
    "a.partition(' ')": "partition: the firmware of the ESP8266",
    "pow(a, 2, b)": "pow with three arguments",
    "a = b @ c": "MatMult",
    "del a\nasync with b:\n    pass": "AsyncWith",
}


@pytest.mark.parametrize("source", BAD)
def test_what_no_device_compiles_is_an_error_with_its_line(program, source):
    with pytest.raises(SlimError, match="^x.py:[0-9]+: .*%s" % BAD[source]):
        language.check(program(x="\n" + source))


def test_docstrings_hints_and_typing_go(program):
    found = program(
        x='''"""Doc."""
from __future__ import annotations
from typing import TYPE_CHECKING, Any, Protocol, cast
if TYPE_CHECKING:
    from y import Z
class P(Protocol):
    def m(self) -> None: ...
class C:
    """Doc."""
    a: int
    def f(self, b: Any = 1, *c: int, **d: str) -> int:
        """Doc."""
        e: int = cast("int", b)
        return e
'''
    )
    for step in (erase.docstrings, erase.typing, erase.hints):
        assert step(found) > 0
    assert ast.unparse(found.modules["x"].tree) == (
        "class C:\n\n    def f(self, b=1, *c, **d):\n        e = b\n        return e"
    )


def test_ports_go_and_their_bases(program):
    found = program(x="from ports.cloud import Cloud\nclass A(Cloud):\n    pass\n")
    assert erase.ports(found) == 1
    assert ast.unparse(found.modules["x"].tree) == "class A:\n    pass"


@pytest.mark.parametrize(
    "source",
    [
        *("import attrs", "import attr", "from attrs import frozen", "import ports.cloud"),
        *("from transitions import Machine", "def f():\n    import transitions", "import typing"),
    ],
)
def test_an_import_that_no_device_has_is_an_error(program, source):
    with pytest.raises(SlimError, match="^x.py:[0-9]+: .* is not to be had on a device"):
        erase.leftovers(program(x=source))
    assert erase.leftovers(program(x="import json, attrition\nfrom portside import b")) == 2


def test_what_a_board_is_built_without_is_not_tried(program):
    source = "try:\n    from %s import a\n    a()\nexcept ImportError:\n    print()"
    for name, left in (("x", "from x import a\na()"), ("x.gone", "print()")):
        found = program(x="", y=source % name)
        assert erase.left_out(found) == 1
        assert ast.unparse(found.modules["y"].tree) == left
    found = program(x="try:\n    import json\nexcept ImportError:\n    pass")
    assert erase.left_out(found) == 0


RECORD = """
import attrs
def positive(_instance, _attribute, value):
    if value < 0:
        raise ValueError('negative')
@attrs.frozen
class A:
    a: int = attrs.field(default=1, converter=int, validator=positive)
    b: list = attrs.field(factory=list)
    c: str = ''
NAMES = tuple(field.name for field in attrs.fields(A))
def change(old, **changes):
    return attrs.evolve(old, **changes)
"""


def built(found, *steps):
    """Return the only file that the steps make of a program."""
    for step in steps:
        step(found)
    return found.sources["pt"]


ALL = (erase.hints, records.records, link.link, bundling.assign_bundles, imports.modules)


def with_runtime(program):
    found = program(x=RECORD)
    path = "build/slim/runtime.py"
    text = "def evolve(old, **changes):\n    values = dict(old.__dict__)\n"
    text += "    values.update(changes)\n    return old.__class__(**values)\n"
    found.modules[records.RUNTIME] = Module(records.RUNTIME, path, parse(path, text))
    return found


def test_an_attrs_class_converts_validates_and_evolves(program, run):
    source = built(with_runtime(program), *ALL)
    assert "attrs" not in source
    scope = run(source)
    kind = scope["x__A"]
    first = kind("7")
    assert (first.a, first.b, first.c) == (7, [], "")
    assert first.b is not kind().b
    other = scope["x__change"](first, c="c", a="8")
    assert (other.a, other.b, other.c) == (8, [], "c")
    assert first.a == 7
    assert scope["x__NAMES"] == ("a", "b", "c")
    with pytest.raises(ValueError, match="negative"):
        scope["x__change"](first, a=-1)
    with pytest.raises(TypeError):
        scope["x__change"](first, d=1)


@pytest.mark.parametrize(
    "field",
    [
        "a: int = attrs.field()",
        "a: int = attrs.field(kw_only=True)",
        "a: int = attrs.Factory(list)",
    ],
)
def test_an_unknown_field_is_an_error(program, field):
    found = program(x="import attrs\n@attrs.frozen\nclass A:\n    %s\n" % field)
    erase.hints(found)
    with pytest.raises(SlimError, match="x.py:4"):
        records.records(found)


def test_names_of_several_modules_do_not_meet(program, run):
    found = program(
        p__x="from p.y import f as g\nfrom p import y\ndef f():\n    return g() + y.f() + 1\n",
        p__y="def f():\n    return 10\n",
    )
    scope = run(built(found, link.link, bundling.assign_bundles, imports.modules))
    assert scope["p_x__f"]() == 21


def test_imports_within_functions_are_resolved_too(program, run):
    found = program(
        x="def f():\n    from y import g as h\n    return h()\n", y="def g():\n  return 3\n"
    )
    scope = run(built(found, link.link, bundling.assign_bundles, imports.modules))
    assert scope["x__f"]() == 3


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("a = b", "b is not defined"),
        ("from y import z", "does not define z"),
        ("print(1)", "imports and definitions only"),
        ("for a in (): pass", "imports and definitions only"),
        ("from . import y", "relative"),
        ("import y", "a module that is not ours"),
        ("a = 1\na = 2", "twice"),
        ("from p import other", "does not define other|not among the modules"),
        ("from p.other import a", "not among the modules to build"),
        ("from p import q\na = q", "only as module.name"),
        ("from p import q\na = q.none", "p.q has no none"),
        ("try:\n  import a\n  import b\nexcept ImportError:\n  pass", "for one import"),
        ("def f():\n  from y import q\n  import os, y", "a module that is not ours"),
        ("def f():\n  from p import q, r", "p is not among|mixes ours and others"),
    ],
)
def test_what_cannot_be_linked_is_an_error(program, source, said):
    with pytest.raises(SlimError, match="x.py:[0-9]+: .*(%s)" % said):
        link.link(program(x=source, y="q = 1", p__q="a = 1"))


def test_modules_are_used_by_their_names_in_functions_too(program, run):
    found = program(
        x="from p import q\nimport os\na = q.g\ndef f():\n"
        "    from p import q as later\n    from os import sep\n    return (later.g(), sep, os)\n"
        "def h(q): return q.g\n",
        p__q="from p.r import g\n",
        p__r="def g(): return 5\n",
    )
    scope = run(built(found, link.link, bundling.assign_bundles, imports.modules))
    assert scope["x__f"]()[0] == scope["x__a"]() == 5


def test_a_name_that_firmware_has_under_two(program, run):
    source = "try:\n    import nothing_like_it as c\nexcept ImportError:\n    import json as c\n"
    found = program(x=source + "def f(): return c.dumps(1)\n")
    assert run(built(found, link.link, bundling.assign_bundles, imports.modules))["x__f"]() == "1"


def test_what_lies_where_no_one_is(program):
    with pytest.raises(SlimError, match="no module z for the bundle pt_z"):
        built(program(lazy={"pt_z": ("z",)}, x="a = 1\n"), link.link, bundling.assign_bundles)
    with pytest.raises(SlimError, match="no x__nobody to begin with"):
        built(program(entry=("x:nobody",), x="a = 1\n"), link.link, bundling.assign_bundles)
    with pytest.raises(SlimError, match="x.py: x__[ab] needs itself"):
        built(
            program(x="def f(): pass\na = lambda x=b: x\nb = a\n"),
            link.link,
            bundling.assign_bundles,
        )


def test_watchers_bring_what_only_they_use_and_decide_nothing(program):
    found = program(
        entry=("x:f",),
        x="def f(): pass\ndef only(): pass\n",
        w__one="from x import f, only\ndef look(): return (f, only)\n",
    )
    found.watchers = ("w",)
    built(found, link.link, bundling.assign_bundles, imports.modules)
    inside = {bundle: [item.name for item in items] for bundle, items in found.bundles.items()}
    assert inside == {"pt": ["x__f"], "watch": ["x__only"], "watch_one": ["w_one__look"]}


def test_what_is_executed_at_import_comes_first(program, run):
    found = program(
        x="def f(a=C):\n    return a\nclass D:\n    @staticmethod\n    def g(*, b=C): return b\n"
        "C = 7\nE = [lambda n=C: n][0]\n"
    )
    scope = run(built(found, link.link, bundling.assign_bundles, imports.modules))
    assert (scope["x__f"](), scope["x__D"].g(), scope["x__E"]()) == (7, 7, 7)


def test_constants_are_folded_over_modules(program):
    found = program(
        x="from y import A, B\nC = A * 2 + 1\nD = B + 'b'\ndef f(): return (C, D, -A, E)\nE=-3\n",
        y="A = 10\nB = 'a'\n",
    )
    source = built(found, link.link, fold.constants, bundling.assign_bundles, imports.modules)
    assert source == "def x__f():\n    return (21, 'ab', -10, -3)\n"


def test_a_big_number_is_kept_as_bytes(program, run):
    found = program(x="A = %d\n" % (1 << 200))
    source = built(found, link.link, fold.big_numbers, bundling.assign_bundles, imports.modules)
    assert "from_bytes" in source
    assert run(source)["x__A"] == 1 << 200


def test_a_lazy_bundle_has_what_only_it_uses_and_is_imported_late(program):
    found = program(
        lazy={"pt_y": ("y",)},
        entry=("x",),
        x="from y import g\ndef f(a):\n  if a:\n    return g()\n  return h()\ndef h(): pass\n",
        y="from z import both, only\nfrom x import h\ndef g():\n    return (only(), both(), h())\n",
        z="def both(): pass\ndef only(): pass\ndef nobody(): pass\n",
    )
    built(found, link.link, bundling.assign_bundles, imports.modules)
    inside = {bundle: {item.name for item in items} for bundle, items in found.bundles.items()}
    assert inside == {"pt": {"x__f", "x__h"}, "pt_y": {"y__g", "z__only", "z__both"}}
    assert "    if a:\n        from pt_y import y__g\n        return y__g()" in found.sources["pt"]
    assert found.sources["pt_y"].startswith("from pt import x__h\n")


def test_short_names_keep_apart_what_could_be_meant_by_a_text(program, run):
    found = program(
        x="""
class Reading:
    def __init__(self, temperature, humidity=1):
        self.temperature = temperature
        self.humidity = humidity
    def summed(self):
        return self.temperature + getattr(self, 'humidity')
    def read(self):
        return self.summed()
def make(first, second):
    value = Reading(first, humidity=second)
    return [value.read() for first in (1, 2)]
"""
    )
    steps = (link.link, bundling.assign_bundles, imports.modules, names.names)
    scope = run(built(found, *steps))
    assert "temperature" not in found.sources["pt"]
    assert "humidity" in found.sources["pt"]
    assert "def read(self)" in found.sources["pt"]  # a file has one too
    assert scope[found.renamed["x__make"]](2, 3) == [5, 5]


INLINE = """
def tail(a):
    return _helper(a + 1)
def _helper(b):
    if b > 3:
        return b
    return -b
def value(a):
    c = _early(a)
    return c + 1
def _early(a):
    if not a:
        return 10
    return a
class K:
    def use(self, found):
        self._note(found)
        if self._odd():
            return 'odd'
        return self.seen
    def _note(self, found):
        if found is None:
            return
        self.seen = found
    def _odd(self):
        return self.seen % 2
"""


def test_helpers_with_one_caller_are_written_out(program, run):
    found = program(x=INLINE)
    source = built(found, link.link, inline.inline, bundling.assign_bundles, imports.modules)
    assert "_helper(" not in source
    assert "_early(" not in source
    assert "_note(" not in source
    assert "_odd(" not in source
    scope = run(source)
    assert [scope["x__tail"](a) for a in (1, 5)] == [-2, 6]
    assert [scope["x__value"](a) for a in (0, 5)] == [11, 6]
    value = scope["x__K"]()
    assert (value.use(3), value.use(4), value.use(None)) == ("odd", 4, 4)


def test_a_helper_that_is_written_out_imports_under_its_new_name(program, run):
    found = program(
        x="def f(a):\n    _when(a)\n    return done\ndone = []\n"
        "def _when(a):\n    import time\n    from math import pi as a_pi, e\n"
        "    done.append((time.gmtime(a)[0], a_pi > e))\n"
    )
    source = built(found, link.link, inline.inline, bundling.assign_bundles, imports.modules)
    assert "_when(" not in source
    assert run(source)["x__f"](0) == [(1970, True)]


WITHIN = """
done = []
def note(a):
    done.append(a)
    return a
def double(a):
    return note(1) and 10 + _double(note(a))
def _double(b):
    return b + b
def most(a):
    return note(2) and 10 + _most(a)
def _most(b):
    c = note(b)
    d = c + 1
    return d * 2
def both(a):
    return [note(a) + _both(note(a + 1), note(a + 2)) for _ in (1, 2)]
def _both(b, c):
    return c - b
"""


@pytest.mark.parametrize("inlined", [True, False])
def test_a_helper_within_an_expression_keeps_all_that_it_does(program, run, inlined):
    found = program(x=WITHIN)
    steps = (inline.inline,) if inlined else ()
    scope = run(built(found, link.link, *steps, bundling.assign_bundles, imports.modules))
    assert (scope["x__double"](3), scope["x__most"](4)) == (16, 20)
    assert scope["x__done"] == [1, 3, 2, 4]
    assert scope["x__both"](5) == [6, 6]
    assert scope["x__done"][4:] == [5, 6, 7] * 2


LEFT = {
    "twice": "def f(): return (_h(1), _h(2))\ndef _h(a):\n    b = a\n    return b\n",
    "loop": "def f(a):\n    b = _h(a)\n    return b\ndef _h(a):\n  for c in a:\n    return c\n",
    "later": "def f(a): return (a(), _h(a))\ndef _h(a):\n    b = a()\n    return b\n",
    "itself": "def f(): return 1\ndef _h(a): return _h(a)\n",
    "inner": "def f(a):\n    return _h(a)\ndef _h(a): return lambda: a\n",
}


@pytest.mark.parametrize("kind", LEFT)
def test_other_helpers_stay(program, kind):
    found = program(x=LEFT[kind])
    source = built(found, link.link, inline.inline, bundling.assign_bundles, imports.modules)
    assert "_h(" in source


def test_every_pass_has_something_to_do(esp8266):
    assert list(esp8266.done) == [name for name, _ in passes.PASSES]
    assert all(esp8266.done.values())


def test_a_pass_without_anything_to_do_is_an_error(program, monkeypatch):
    monkeypatch.setattr(passes, "PASSES", (("nothing", lambda _program: 0),))
    with pytest.raises(SlimError, match="'nothing' found nothing to do"):
        passes.transform(program(x=""))
