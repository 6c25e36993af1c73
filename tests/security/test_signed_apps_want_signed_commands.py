"""An attacker serves commands to a Thing that takes signed apps only.

An unsigned command could undo that setting, so `apps=signed` implies `commands=signed`, unless a
user has set another value on the Thing. docs/security.md, 11.
"""

from __future__ import annotations

import pytest

from domain.settings.parameters import Parameters, load
from tests.fakes.storage import MemoryStorage
from tests.fakes.thing import make_thing, restarted
from tests.unit.domain.states.running import with_messages


def parameters(**files):
    return load(MemoryStorage({name: text.encode() for name, text in files.items()}), {})[0]


@pytest.mark.parametrize(
    ("apps", "commands", "in_force"),
    [
        (None, None, ""),
        (None, "off", "off"),
        (None, "on", "on"),
        (None, "all", "all"),
        (None, "signed", "signed"),
        ("signed", None, "signed"),
        ("signed", "off", "off"),
        ("signed", "on", "on"),
        ("signed", "all", "all"),
        ("\xff", None, "signed"),
        ("nonsense", None, "signed"),
        ("signed", "nonsense", "off"),
        (None, "nonsense", "off"),
    ],
)
def test_what_is_in_force(apps, commands, in_force):
    given = {"apps": apps, "commands": commands}
    found = parameters(**{name: text for name, text in given.items() if text is not None})
    assert found.commands == in_force


@pytest.mark.parametrize("source", ["print(1)", "open('apps','w')", ":set apps x", ":state"])
def test_a_command_is_not_executed(source):
    it = with_messages(("m1", "CMD", source))
    it.thing.parameters = load(MemoryStorage({"apps": b"signed", "aid": b"app-1"}), {})[0]
    it.until_ms(61_000)
    assert it.cloud.replies["m1"].startswith("refused (security 11): it is not signed - ")
    assert it.thing.apps.executed == []


def test_whoever_wants_both_says_so_at_the_thing():
    it = with_messages(("m1", "CMD", "print(1)"))
    it.thing.parameters = Parameters(aid="app-1", tid="T-FAKE", apps="signed", commands="on")
    it.until_ms(61_000)
    assert it.thing.apps.executed == [("print(1)", 30_000)]


def test_it_is_so_after_each_start():
    thing = make_thing(storage=MemoryStorage({"apps": b"signed", "aid": b"a"}))
    thing.load_parameters()
    assert thing.parameters.commands == "signed"
    again = restarted(thing)
    again.load_parameters()
    assert again.parameters.commands == "signed"
