"""Two Things with one id."""

from __future__ import annotations

from domain.states.management import EARLY_MS
from tests.unit.domain.lives import Life


def contested(every_ms=3000, rounds=12):
    """Return a life with sessions that end repeatedly, as another Thing registers with its id."""
    life = Life()
    life.publish("1")
    life.until(lambda: life.state == "run" and life.thing.journal.app.version == "1")
    life.cloud.settings.update(management_interval="2", worker_interval="2")
    for _ in range(rounds):
        life.until(lambda: life.state == "run")
        life.pass_ms(every_ms)
        life.cloud.end_session()
        life.until(lambda: life.state != "run")
    return life


def test_it_is_told_here_and_to_the_cloud_with_what_to_do():
    life = contested(rounds=2)
    lost = life.console.named("session_lost")
    assert "does another Thing have the id T-FAKE" in lost[1]["text"]
    assert "file tid" in lost[1]["text"]
    life.until(lambda: life.state == "run")
    life.until(lambda: any("have the id T-FAKE" in str(it) for it in life.cloud.reports))


def test_the_waits_grow():
    life = contested()
    waits = [event["wait_ms"] for event in life.console.named("remedy")]
    assert waits[0] < 10_000
    for wait, least in zip(waits[1:], (10_000, 20_000, 40_000, 80_000, 160_000)):
        assert wait >= least
    assert waits[-1] == 300_000


def test_a_session_that_lasts_clears_it():
    life = contested(rounds=3)
    life.until(lambda: life.state == "run")
    life.pass_ms(EARLY_MS + 60_000)
    assert life.thing.taken == 0
    assert life.thing.status.now["pythings"] == ("OK", "")


def test_one_session_that_ends_is_nothing():
    life = contested(rounds=1)
    life.until(lambda: life.state == "run")
    life.pass_ms(10_000)
    assert life.thing.status.now["pythings"] == ("OK", "")
