"""A fault is charged to the latest change, and a long one lasts no longer than it must."""

from __future__ import annotations

import attrs
import pytest

from domain.app.app import APP_MS, HELD_MS
from domain.health import journal as journals
from domain.health.slots import FRESH, PROVEN, TRIED, Slot, commit, roll_back
from domain.states.boot import HUNG
from domain.states.management import GOOD_STRETCH_MS
from tests.fakes.cloud import DOWN
from tests.fakes.signers import key_list
from tests.unit.domain.lives import HOUR, Life


class Bitten(BaseException):
    """The watchdog has reset the board."""


class Board(Life):
    """A board with a watchdog against apps that do not return. `hangs`: the folders of those."""

    def begin(self):
        super().begin()
        self.thing.system.watchdog(300_000)
        self.hangs = getattr(self, "hangs", {})
        self.bites = getattr(self, "bites", 0)
        self.apps.worker = lambda: self._task("worker")
        self.apps.management = lambda _data: self._task("management")

    def _task(self, task):
        if self.hangs.get(self.thing.journal.app.version) == task:
            self.thing.clock.advance(self.thing.system.waits_ms)
            raise Bitten
        return task

    def step(self):
        try:
            super().step()
        except Bitten:
            self.bites += 1
            self.again("watchdog")

    def good(self):
        self.publish("1")
        self.until(lambda: self.thing.journal.app == Slot("a", "1", "", PROVEN))
        return self

    def runs(self, version):
        return self.thing.journal.app.version == version and not self.thing.journal.app.trial


@pytest.mark.parametrize("task", ["worker", "management"])
def test_a_new_version_that_hangs_is_taken_back_within_three_minutes(task):
    life = Board().good()
    life.hangs = {"2": task}
    life.publish("2")
    life.until(lambda: life.thing.journal.app.version == "2")
    since = life.now
    life.until(lambda: life.bites)
    assert life.thing.console.named("confirmed") == [{"app": "1"}]  # it was never confirmed
    life.until(lambda: life.runs("1") and life.state == "run" and life.apps.loaded)
    assert life.now - since < 180_000
    life.until(lambda: any("app 2 taken back: " + HUNG in str(it) for it in life.cloud.reports))
    assert life.bites == 1
    life.publish("3")
    life.until(lambda: life.runs("3"))


def test_a_confirmed_one_that_hangs_later_is_called_only_once_the_cloud_was_asked():
    life = Board().good()
    life.hangs = {"1": "worker"}
    life.until(lambda: life.bites == 1)
    life.publish("2")  # mended
    since = life.now
    life.until(lambda: life.runs("2"))
    assert life.bites == 1
    assert life.now - since < 60_000
    life.until(lambda: any(HUNG in str(report) for report in life.cloud.reports))


@pytest.mark.parametrize("version", ["2", "2.1.0"])
def test_resets_in_the_tries_of_an_update_are_not_counted_against_the_app(version):
    life = Board().good()

    def resets(*_arguments):
        raise Bitten

    for name in ("app_files", "os_file"):
        life.cloud.script(name, *[resets] * 6)
    life.thing.storage.files["trust"] = key_list()
    name = "app_version" if version == "2" else "pythings_version"
    life.cloud.settings[name] = version
    life.until(lambda: life.bites == 3 and life.state == "run")
    assert life.thing.journal.starts == 0
    life.pass_ms(60_000)
    assert not life.thing.journal.without_app
    life.again("watchdog")  # this one is no update's
    life.until(lambda: life.state == "run")
    assert life.thing.journal.starts == 1


def test_off_line_the_confirmed_one_starts_within_a_minute():
    life = Board().good()
    life.cloud.down = DOWN
    life.again("watchdog")
    since, calls = life.now, len(life.apps.calls)
    life.until(lambda: len(life.apps.calls) > calls)
    assert HELD_MS <= life.now - since <= HELD_MS + 1000


def test_an_app_apart_from_the_os_is_not_held_up():
    life = Board().good()
    life.cloud.down = DOWN
    life.again("crash")
    life.thing.apart = True
    since, calls = life.now, len(life.apps.calls)
    life.until(lambda: len(life.apps.calls) > calls)
    assert life.now - since < HELD_MS


def test_an_app_that_always_raises_is_confirmed_too():
    """Otherwise no new version could ever replace it."""
    life = Board().good()
    life.apps.worker = lambda: 1 // 0
    life.publish("2")
    life.until(lambda: life.runs("2"))


def test_the_watchdog_waits_less_for_the_app():
    life = Board().good()
    waits = []
    life.apps.worker = lambda: waits.append(life.thing.system.waits_ms)
    life.until(lambda: waits)
    assert waits == [APP_MS]
    assert life.thing.system.waits_ms == 300_000


def test_a_worker_that_never_came_back_is_not_ok():
    life = Board().good()
    life.hangs = {"1": "worker"}
    life.until(lambda: life.bites == 1)
    told = len(life.cloud.reports)
    life.until(lambda: life.bites == 2)
    assert ("worker", "OK", None) not in life.cloud.reports[told:]


# the latest change


def taken_back_os(life, version, cause="crash"):
    """Leave a Thing as the loader does after the rollback of a release that crashed on trial."""
    journal = journals.load(life.storage)
    before = attrs.evolve(commit(journal.os, version), trial=TRIED)
    journal.os = roll_back(before)
    journals.note(journal, f"os {version} taken back: it does not start")
    journals.save(life.storage, journal)
    life.again(cause)
    life.until(lambda: life.state == "run")


def test_three_bad_releases_in_a_row_do_not_cost_the_app():
    life = Board().good()
    life.thing.journal.starts = 2  # an hour ago
    life.thing.save_journal()
    for version in ("3.0", "3.1", "3.2", "3.3"):
        taken_back_os(life, version)
        journals.forgive(life.thing.journal)  # another one is asked for
        assert life.thing.journal.starts <= 2
        assert not life.thing.journal.without_app
    readings = len(life.cloud.readings)
    life.until(lambda: len(life.cloud.readings) > readings)


def test_the_next_fault_is_charged_to_the_next_suspect():
    life = Board().good()
    taken_back_os(life, "3.0")
    assert life.thing.journal.starts == 0
    life.again("watchdog")
    life.until(lambda: life.state == "run")
    assert life.thing.journal.starts == 1


@pytest.mark.parametrize("kind", ["app", "settings", "os"])
def test_a_fault_of_our_own_takes_back_what_is_on_trial_first(kind):
    life = Board().good()
    setattr(life.thing.journal, kind, Slot("b", "2", "1", FRESH))
    life.thing.journal.starts = 2
    life.cloud.script("management", ValueError("a bug"))
    life.until(lambda: life.starts and life.state == "run")
    assert getattr(life.thing.journal, kind).rejected == "2"
    assert life.thing.journal.starts == 2
    assert not life.thing.journal.without_app


def left_out(life):
    life.hangs = {"1": "worker"}
    life.until(lambda: life.thing.journal.without_app, 4 * HOUR)
    life.until(lambda: life.state == "run")
    assert life.bites == 3
    life.hangs = {}
    return life


def test_what_was_left_out_comes_back_with_a_start_after_a_good_stretch():
    life = left_out(Board().good())
    life.again("power_on")
    life.until(lambda: life.state == "run")
    assert life.thing.journal.without_app  # no good stretch yet
    life.pass_ms(GOOD_STRETCH_MS + 120_000)
    life.again("power_on")
    life.until(lambda: life.state == "run" and life.apps.loaded)
    life.until(lambda: any("the app is started again" in str(it) for it in life.cloud.reports))


@pytest.mark.parametrize("kind", ["settings", "os"])
def test_what_was_left_out_comes_back_with_what_is_proven_next(kind):
    life = left_out(Board().good())
    setattr(life.thing.journal, kind, Slot("b", "2", "1", TRIED))
    life.until(lambda: life.apps.loaded)
    life.until(lambda: any("the app is started again" in str(it) for it in life.cloud.reports))
    assert life.thing.journal.starts == 0


def test_what_was_left_out_comes_back_when_the_os_was_it():
    life = left_out(Board().good())
    life.thing.journal.os = Slot("b", "2", "1", PROVEN)
    life.thing.save_journal()
    for _ in range(3):
        life.again("crash")
        life.until(lambda: life.state == "run")
    assert life.thing.journal.os.rejected == "2"
    assert not life.thing.journal.without_app
    life.until(lambda: life.apps.loaded)


def test_a_mended_app_clears_what_was_said_of_the_one_before():
    life = left_out(Board().good())
    life.until(lambda: "left out" in str(life.thing.status.now))
    life.publish("2")
    life.until(lambda: life.runs("2"))
    life.pass_ms(120_000)
    assert "left out" not in life.thing.status.now["pythings"][1]
    assert "left out" not in str(life.cloud.reports[-3:])
    assert life.thing.trouble is None


def test_a_version_that_was_taken_back_is_no_news_once_another_is_good():
    life = Board().good()
    life.hangs = {"2": "worker"}
    life.publish("2")
    life.until(lambda: "app 2 taken back" in str(life.cloud.reports))
    life.publish("3")
    life.until(lambda: life.runs("3"))
    life.pass_ms(120_000)
    assert "taken back" not in life.thing.status.now["pythings"][1]
