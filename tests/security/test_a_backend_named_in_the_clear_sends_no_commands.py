"""Where `ssl` is off, an attacker on the path can name a backend of his own, reached over TLS: its
certificate is valid, but it is not the cloud. docs/security.md, 11."""

from __future__ import annotations

import pytest

from domain.health.journal import Journal
from domain.health.slots import TRIED, Slot
from domain.settings.settings import Settings
from domain.states.connect import Connect
from domain.states.register import Register
from domain.states.run import Run
from tests.fakes.link import FakeLink
from tests.fakes.thing import make_thing

NAMED = "there.example.org"


def reply(named: str) -> str:
    """Return the answer to a command that comes from NAMED; our own backend names `named`."""
    thing = make_thing(links=[FakeLink("wifi")], default_backend="cloud.example.org")
    thing.settings = Settings(ssl=True, backend=NAMED)
    thing.journal = Journal(settings=Slot("a", "1", "", TRIED))  # as just received
    thing.cloud.settings.update(ssl=True, backend=named)
    assert Connect(thing).act() == "linked"
    assert Register(thing).act() == "registered"
    run = Run(thing)
    for _ in range(200):
        if "m1" in thing.cloud.replies:
            break
        if thing.cloud.backend == NAMED and not thing.cloud.messages:
            thing.cloud.messages.append(("m1", "CMD", "print(1)"))
        run.act()
    return str(thing.cloud.replies["m1"])


@pytest.mark.parametrize("named", ["", "elsewhere.example.org"])
def test_it_is_refused_where_our_own_backend_does_not_name_it(named):
    assert reply(named).startswith("refused: anybody could have sent this")


def test_it_is_taken_where_our_own_backend_names_it():
    assert reply(NAMED) == "ran print(1)"
