"""Functions that change their first argument are part of its class, so names stay short."""

from __future__ import annotations

import pytest

from build.slim import bundling, erase, imports, link, names, receivers

CLASS = "class Run:\n    def __init__(self):\n        self.troubles = 0\n"
HEAD = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from x import Run\n"
STEPS = (receivers.receivers, erase.typing, erase.hints, link.link, bundling.assign_bundles)
MANY = range(70)  # more than there are short names of one letter


def owners(found):
    receivers.receivers(found)
    return found.owners


def test_a_function_that_sets_an_attribute_belongs_to_the_class(program):
    change = "def change(run: Run, by):\n    run.troubles += by\n"
    found = owners(program(x=CLASS + change, y=HEAD + change))
    assert found == {"x__change": "x__Run", "y__change": "x__Run"}


@pytest.mark.parametrize(
    "function",
    [
        "def f(run):\n    run.troubles = 1\n",
        "def f(run: Other):\n    run.troubles = 1\n",
        "def f():\n    pass\n",
        "def f(run: Run):\n    return run.troubles\n",
        "def f(run: Run, other):\n    other.troubles = run\n",
        "def f(run: Run):\n    run = Run()\n    run.troubles = 1\n",
        "def f(run: Run):\n    run.troubles = lambda run: run\n",
        "def f(run: Run, self):\n    run.troubles = self\n",
        "def f(run: Run):\n    self = 1\n    run.troubles = self\n",
        "def f(run: Run):\n    run.troubles = 1\nf(run=Run())\n",
    ],
)
def test_any_other_function_is_left_as_it_is(program, function):
    assert owners(program(x=CLASS + function)) == {}


def test_its_attributes_share_names_with_those_of_other_classes(program, run):
    """As if a method had set them; from outside, each would need a name of its own."""
    sets = "".join("    one.value_%d = %d\n" % (n, n) for n in MANY)
    other = "class Other:\n    def __init__(self):\n        self.seen = 'seen'\n"
    other += "        self.%s = 1\n" % " = self.".join("other_%d" % n for n in MANY)
    found = program(
        x="class Run:\n    def __init__(self):\n        self.value_0 = 0\n" + other,
        y="from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from x import Run\n"
        "def fill(one: Run):\n" + sets + "    return lambda: [one.value_0, one.value_69]\n",
    )
    for step in (*STEPS, imports.modules, names.names):
        step(found)
    assert {found.renamed["value_%d" % n] for n in MANY} & {
        found.renamed["other_%d" % n] for n in MANY
    }
    scope = run(found.sources["pt"])
    made = scope[found.renamed["x__Run"]]()
    assert scope[found.renamed["y__fill"]](made)() == [0, 69]
