"""Trouble that goes on is told once, then by count; it leaves the status when it is over."""

from __future__ import annotations

import pytest

from domain.errors import AppError
from domain.health import journal as journals
from tests.unit.domain.lives import HOUR, Life

DAY = 24 * HOUR


@pytest.fixture
def life():
    """Return a life whose app runs, with long intervals: a day takes few steps."""
    life = Life()
    life.publish("1")
    life.until(lambda: life.state == "run" and life.thing.journal.app.version == "1")
    life.cloud.settings.update(management_interval="60", worker_interval="300")
    life.pass_ms(HOUR)
    return life


def status(life):
    return life.thing.status.now["pythings"]


def test_an_os_that_is_refused_for_ever_for_want_of_a_key_list(life):
    life.cloud.settings["pythings_version"] = "v9"
    life.pass_ms(DAY)
    told = life.console.named("update_failed")
    assert [event["tries"] for event in told] == [1, 2, 4, 8, 16, 32, 64, 128, 256]
    assert all("no key list" in event["text"] for event in told)
    assert status(life)[0] == "KO"
    assert status(life)[1].count("no key list") == 1
    life.cloud.settings["pythings_version"] = "factory"  # its owner gives it up
    life.pass_ms(5 * 60_000)
    assert status(life) == ("OK", "")
    life.cloud.settings["pythings_version"] = "v10"  # another one is news
    before = len(told)
    life.pass_ms(5 * 60_000)
    assert life.console.named("update_failed")[before]["text"].startswith("os v10 ")


def test_what_is_refused_for_ever_costs_no_write_at_each_try(life):
    """A write at each of 288 tries a day, and one after it, would wear a flash out."""
    life.cloud.settings["pythings_version"] = "v9"
    before = life.thing.journal.number
    life.pass_ms(DAY)
    assert len(life.console.named("update_failed")) == 9  # of 256 tries and more
    assert 9 <= life.thing.journal.number - before <= 2 * 9
    stored = journals.load(life.storage)
    assert stored.tried == ["os", "v9", 0]  # a start holds nothing against it


def test_an_app_that_cannot_be_fetched_for_another_reason(life):
    life.cloud.settings["app_version"] = "2"  # there is none
    life.pass_ms(HOUR)
    before = len(life.console.named("update_failed"))
    assert 1 < before < 6
    life.cloud.apps["2"] = {"no name.py": "x"}
    life.pass_ms(12 * 60_000)
    assert "no name.py" in life.console.named("update_failed")[before]["text"]
    life.publish("1")
    life.pass_ms(5 * 60_000)
    assert status(life) == ("OK", "")


def test_settings_that_make_no_sense(life):
    before = len(life.console.named("settings"))
    life.cloud.settings["worker_interval"] = "auto"
    life.pass_ms(HOUR)
    assert len(life.console.named("settings")) == before + 1
    life.cloud.settings["management_interval"] = "soon"
    life.pass_ms(HOUR)
    assert len(life.console.named("settings")) == before + 2
    life.cloud.settings.update(worker_interval="300", management_interval="60")
    life.pass_ms(5 * 60_000)
    life.cloud.settings["worker_interval"] = "auto"
    life.pass_ms(5 * 60_000)
    assert len(life.console.named("settings")) == before + 3


@pytest.mark.parametrize("task", ["worker", "management"])
def test_an_app_that_raises_at_each_call(life, task):
    def fails(text):
        def call(*_):
            raise AppError("raised", text)

        return call

    def faults():
        return [event["text"] for event in life.console.named("app_fault")]

    setattr(life.apps, task, fails("ValueError: one"))
    life.pass_ms(HOUR)
    assert faults() == ["ValueError: one"]
    setattr(life.apps, task, fails("ValueError: two"))
    life.pass_ms(HOUR)
    assert faults() == ["ValueError: one", "ValueError: two"]
    setattr(life.apps, task, lambda *_: None)
    life.pass_ms(HOUR)
    setattr(life.apps, task, fails("ValueError: two"))
    life.pass_ms(HOUR)
    assert faults()[2:] == ["ValueError: two"]


def test_a_disk_that_is_full_for_a_day(life):
    life.storage.fail_always()
    life.apps.worker = lambda: {"n": life.now}
    life.cloud.settings["app_version"] = "2"  # there is none: each try is to be written down
    life.pass_ms(12 * HOUR)
    told = len(life.console.named("journal_not_saved"))
    life.storage.heal()
    life.pass_ms(HOUR)
    life.storage.fail_always()
    life.pass_ms(12 * HOUR)
    assert len(life.console.named("journal_not_saved")) == told + 1 == 2
