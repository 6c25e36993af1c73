"""Code that is loaded when it is called: the generated files themselves, run by CPython."""

from __future__ import annotations

import ast
import gc
import importlib
import inspect
import sys

import pytest

from build.slim import bundling, erase, imports, link, names, passes, records
from build.slim import lazy as late
from build.slim.bundle_layout import together
from build.slim.model import SlimError, load

CORE = """
from y import Counter, double
class Keeper:
    def __init__(self, start):
        self.counter = Counter(start)
    def tally(self):
        return self.counter.add(2)
    def total(self):
        return double(self.counter.value)
    def twice(self):
        return self._twice(3)
    def _twice(self, more):
        return self.total() + more
"""
LATE = """
class Counter:
    def __init__(self, value):
        self.value = value
    def add(self, more):
        self._before = self.value
        self.value += more
        return self._before, self.value
def double(value):
    return value * 2
class Plain:
    def hello(self):
        return 'hello'
"""
LAZY = {"pt_y": ("y", "y:Counter"), "pt_z": ("x:Keeper._twice",)}
STEPS = (
    erase.docstrings,
    erase.typing,
    erase.hints,
    link.link,
    late.make_lazy,
    bundling.assign_bundles,
    imports.modules,
    names.names,
)


@pytest.fixture
def make(program, tmp_path, monkeypatch):
    """Build a program and import its core; nothing stays in `sys.modules`."""

    def build(lazy=LAZY, plenty=0, **sources):
        found = program(lazy=lazy, entry=("x", "build.slim.runtime:Proxy"), **sources)
        found.modules.update(load([records.RUNTIME]))
        passes.put(found.modules[records.RUNTIME], "PLENTY", plenty)
        for step in STEPS:
            step(found)
        for name, text in found.sources.items():
            (tmp_path / (name + ".py")).write_text(text, encoding="utf-8")
        monkeypatch.syspath_prepend(str(tmp_path))
        return found, importlib.import_module("pt")

    yield build
    for name in [name for name in sys.modules if name == "pt" or name.startswith("pt_")]:
        del sys.modules[name]


def loaded():
    return {name for name in sys.modules if name.startswith("pt_")}


def test_an_object_outlives_the_code_of_its_class(make):
    found, core = make(x=CORE, y=LATE)
    keeper = getattr(core, found.renamed["x__Keeper"])(40)
    tally = getattr(keeper, found.renamed["tally"])
    assert tally() == (40, 42)
    assert loaded() == {"pt_y"}
    del sys.modules["pt_y"]
    assert tally() == (42, 44)


def test_what_is_not_at_work_is_let_go_of_when_something_else_is_loaded(make):
    found, core = make(x=CORE, y=LATE)
    keeper = getattr(core, found.renamed["x__Keeper"])(1)
    assert loaded() == {"pt_y"}
    # The method that is loaded late calls a function of the first bundle in turn.
    assert getattr(keeper, found.renamed["twice"])() == 1 * 2 + 3
    assert loaded() == {"pt_y", "pt_z"}
    sys.modules["pt_idle"] = sys
    del sys.modules["pt_y"]
    getattr(keeper, found.renamed["tally"])()
    assert loaded() == {"pt_y"}


@pytest.mark.parametrize(("free", "stays"), [(1001, True), (1000, False)])
def test_with_plenty_of_memory_nothing_is_let_go_of(make, monkeypatch, free, stays):
    monkeypatch.setattr(gc, "mem_free", lambda: free, raising=False)
    found, core = make(plenty=1000, x=CORE, y=LATE)
    keeper = getattr(core, found.renamed["x__Keeper"])(1)
    sys.modules["pt_idle"] = sys
    del sys.modules["pt_y"]
    getattr(keeper, found.renamed["tally"])()
    assert ("pt_idle" in loaded()) is stays


def test_files_that_go_together_are_one():
    lazy = {"pt_net": ("a",), "pt_error": ("b", "c:D"), "pt_portal": ("e",)}
    assert together(lazy) == {"pt_net": ("a", "b", "c:D"), "pt_portal": ("e",)}


def depth():
    return len(inspect.stack(0))


def test_a_call_takes_no_more_frames_of_a_small_stack(make):
    source = "from y import Deep\ndef look(depth):\n    return Deep().look(depth)\n"
    late = "class Deep:\n    def look(self, depth):\n        return depth()\n"
    found, core = make(lazy={"pt_y": ("y:Deep",)}, x=source, y=late)
    # The frames of the core's function and of the method.
    assert getattr(core, found.renamed["x__look"])(depth) == depth() + 2


def test_a_stack_that_is_nearly_used_up_is_no_fault_of_what_is_loaded(make, monkeypatch):
    found, core = make(x=CORE, y=LATE)

    def deep(_depth):
        raise RuntimeError("maximum recursion depth exceeded")

    monkeypatch.setattr(core, found.renamed["build_slim_runtime___overwrite"], deep)
    keeper = getattr(core, found.renamed["x__Keeper"])(40)
    assert getattr(keeper, found.renamed["tally"])() == (40, 42)


def test_a_class_without_state_gets_an_init(make):
    source = "from y import Plain\ndef hello():\n    return Plain().hello()\n"
    found, core = make(lazy={"pt_y": ("y:Plain",)}, x=source, y=LATE)
    assert getattr(core, found.renamed["x__hello"])() == "hello"


def test_a_shell_knows_no_other_attributes(make):
    found, core = make(x=CORE, y=LATE)
    keeper = getattr(core, found.renamed["x__Keeper"])(1)
    counter = getattr(keeper, found.renamed["counter"])
    with pytest.raises(AttributeError):
        counter.nothing()


def test_a_public_method_is_called_as_a_function_everywhere(make):
    lazy = {"pt_z": ("x:Keeper.total",)}
    source = CORE + "def sum(keeper):\n    return keeper.total() + keeper.twice()\n"
    found, core = make(lazy=lazy, x=source, y=LATE)
    keeper = getattr(core, found.renamed["x__Keeper"])(5)
    assert getattr(core, found.renamed["x__sum"])(keeper) == 10 + 13
    assert "def %s" % found.renamed["x__Keeper__total"] in found.sources["pt_z"]


LOOK = "from y import Deep, twice\ndef look(value):\n%s"
DEEP = "class Deep:\n    def reach(self, value):\n        return value\n"
TWICE = "def twice(value):\n    return value * 2\n"


@pytest.mark.parametrize(
    ("body", "late"),
    [
        ("    return Deep().reach(twice(value))\n", True),
        ("    return twice(Deep().reach(value))\n", True),
        ("    return twice(value=[Deep().reach(value)])\n", True),
        ("    return twice(twice(value))\n", False),
        ("    value = twice(value)\n    return Deep().reach(value)\n", False),
        ("    return Deep().reach(lambda: twice(value))()\n", False),
        ("    return Deep().reach([]).append(twice(value))\n", False),
    ],
)
def test_what_is_given_is_loaded_before_what_it_is_given_to(make, body, late):
    lazy = {"pt_y": ("y:Deep",), "pt_z": ("y:twice",)}
    if late:
        with pytest.raises(SlimError, match="x.py:3: .* get it before"):
            make(lazy=lazy, x=LOOK % body, y=DEEP + TWICE)
    else:
        found, core = make(lazy=lazy, x=LOOK % body, y=DEEP + TWICE)
        assert getattr(core, found.renamed["x__look"])(21) in (42, 84, None)


@pytest.mark.parametrize(
    ("lazy", "source", "why"),
    [
        (("x:Nobody",), CORE, "there is no x:Nobody"),
        (("x:Keeper._nothing",), CORE, "has no method _nothing"),
        (("x:Keeper.read",), CORE, "what others have"),
        (("x:Keeper._twice",), CORE + "    def f(self):\n        return self._twice", "only call"),
        (("x:Keeper.total",), CORE + "class B:\n    def total(self):\n        pass", "elsewhere"),
        (("y:Counter",), CORE.replace("Counter(start)", "Counter(value=start)"), "by name"),
        (("y:Counter",), CORE + "def f(a):\n    return isinstance(a, Counter)", "only make it"),
        (("x:A",), CORE + "class A:\n    a = 1\n", "plain methods only"),
        (("x:A",), CORE + "class A:\n    def __len__(self):\n        return 1", "plain methods"),
        (("x:A",), CORE + "class A(Keeper):\n    def f(self):\n        return 1", "no base"),
    ],
)
def test_what_cannot_be_loaded_late_is_an_error(make, lazy, source, why):
    with pytest.raises(SlimError, match=why):
        make(lazy={"pt_z": lazy}, x=source, y=LATE)


def test_what_is_loaded_late_is_reached_by_its_name_not_by_a_text(make):
    found, core = make(x=CORE, y=LATE)
    double = found.renamed["y__double"]
    assert "('pt_y').%s(" % double in found.sources["pt"]
    keeper = getattr(core, found.renamed["x__Keeper"])(2)
    assert getattr(keeper, found.renamed["total"])() == 2 * 2


# A class with objects that outlive it, and with a method as lists have one.
NOTES = "class Notes:\n    def append(self, value):\n        return value\n"


@pytest.mark.parametrize(
    ("body", "marked"),
    [
        ("return ''.join([value]).strip()", False),
        ("found = []\n    found.append(value)\n    return found", False),
        ("return any(len(item) for item in value)", False),
        ("return binascii.hexlify(value)", False),
        ("return int(repr(inner(value)))", False),
        ("return value.append(1)", True),
        ("found = [] or value\n    found.append(1)\n    return found", True),
        ("return value(1)", True),
        ("return twice(value)", True),
        ("return outer(value)", True),
        ("return getattr(value, 'hello')", True),
    ],
)
def test_only_a_function_that_may_load_others_is_marked_as_at_work(make, body, marked):
    source = "import binascii\nfrom z import twice\n"
    source += "def inner(value):\n    return [value]\ndef outer(value):\n    return twice(value)\n"
    source += "def work(value):\n    " + body
    lazy = {"pt_y": ("y",), "pt_z": ("z", "z:Notes")}
    look = "from y import work\nfrom z import Notes\ndef look(value):\n    return work(Notes())\n"
    found, _ = make(lazy=lazy, x=look, y=source, z=TWICE + NOTES)
    whole = ast.parse(found.sources["pt_y"]).body[-1]
    assert ("append('pt_y')" in ast.unparse(whole)) == marked
