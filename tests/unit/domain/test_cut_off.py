"""Something before the cloud cuts the connection at one item, for ever, and passes all others.

So do intrusion prevention systems, proxies that end a request that is too large without a word,
and servers that crash at one value. It must block nothing: as after a refusal, the item is set
aside, told and kept for the owner.
"""

from __future__ import annotations

import contextlib
import json

import pytest

from domain.errors import AppError, CloudError, LinkError
from domain.readings.refused import kept
from domain.states.delivery import GIVEN_UP
from tests.unit.domain.lives import HOUR, working_life

CUT = "the connection to cloud.example.org broke off"


@pytest.fixture
def life():
    """Return a working life with a reading a minute."""
    life = working_life()
    life.pass_ms(10 * 60_000)
    return life


def cuts(life, name, bad, code="cut", after=False):
    """Cut the connection at each call for which `bad` holds, before the cloud has it or `after`."""
    through = getattr(life.cloud, name)

    def call(*arguments):
        if not bad(*arguments):
            return through(*arguments)
        if after:
            with contextlib.suppress(CloudError):  # it is there already
                through(*arguments)
        raise LinkError(code, CUT)

    setattr(life.cloud, name, call)


@pytest.mark.parametrize("code", ["cut", "timeout"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_one_reading_blocks_nothing_and_is_set_aside(life, code, after):
    bad = life.numbers()[-1] + 3
    cuts(life, "reading", lambda message, _: message["n"] == bad, code, after)
    life.pass_ms(2 * HOUR)
    numbers = life.numbers()
    assert numbers[-1] > bad + 100
    wanted = [number for number in range(1, numbers[-1] + 1) if after or number != bad]
    assert sorted(numbers) == wanted  # each once
    assert life.thing.queue.waiting() <= 1
    assert life.console.named("given_up") == [{"what": "a reading", "text": CUT}]
    assert json.loads(kept(life.storage)[0])[:2] == ["a reading", CUT]
    assert ("KO", "a reading was given up: " + CUT) in [report[1:] for report in life.cloud.reports]
    assert life.starts == 0


def test_where_all_are_cut_none_is_lost(life):
    reading = life.cloud.reading
    cuts(life, "reading", lambda message, _: True)
    life.pass_ms(2 * HOUR)
    assert life.console.named("given_up") == []
    life.cloud.reading = reading
    life.pass_ms(HOUR)
    numbers = life.numbers()
    assert numbers == list(range(1, numbers[-1] + 1))


def test_one_reply_blocks_nothing_and_its_sender_is_told(life):
    life.apps.management = lambda data: "well " + data if data else None
    cuts(life, "reply", lambda _, content: content == "well hello")
    before = life.numbers()[-1]
    life.cloud.messages += [("m1", "APP", "hello"), ("m2", "APP", "you")]
    life.pass_ms(HOUR)
    assert life.cloud.replies == {"m1": GIVEN_UP, "m2": "well you"}
    assert life.numbers() == list(range(1, life.numbers()[-1] + 1))
    assert life.numbers()[-1] > before + 50


def test_one_report_blocks_nothing(life):
    cuts(life, "report", lambda part, status, text: status == "KO" and part == "worker")
    before = life.numbers()[-1]
    worker = life.apps.worker

    def in_part():
        error = AppError("reading", "no sensor")
        error.rest = worker()
        raise error

    life.apps.worker = in_part
    life.pass_ms(HOUR)
    assert life.numbers()[-1] > before + 50
    assert [event["what"] for event in life.console.named("given_up")] == ["a report"]
