"""Rollouts through the services, on each database: stages, halts, people's changes, bad input."""

from __future__ import annotations

import pytest

from app.cloud.manage.service.office import LOCAL, Refused
from app.cloud.manage.service.rollouts import Wish
from app.cloud.rollouts import rules
from tests.unit.cloud.manage.conftest import NOW, person
from tests.unit.cloud.manage.rolling import NEW, Fleet

ALL = Wish(app=NEW, shares=[100])


@pytest.fixture
def fleet(desk):
    return Fleet(desk)


@pytest.fixture
def small(lite):
    return Fleet(lite, 5)


def refused(fleet, call, status, text):
    with pytest.raises(Refused, match=text) as caught:
        call()
    assert caught.value.status == status


def test_a_good_version_goes_stage_by_stage_to_all(fleet):
    it = fleet.start()
    sizes = []
    while it.state == rules.RUNNING:
        sizes.append(len(fleet.round()))
        it = fleet.do("get", it)
        assert len(sizes) < 9
    assert sizes == [1, 5, 10]
    assert (it.state, it.things) == (rules.DONE, {"confirmed": 10})
    assert it.ended == NOW
    pools = fleet.desk.run(fleet.desk.manage.pools.find(LOCAL, fleet.aid))
    assert pools["staging"].settings["app_version"] == NEW
    audit = fleet.desk.run(fleet.desk.manage.accounts.audit(LOCAL))
    done = [row.action for row in audit if "rollout" in row.action]
    assert done == ["complete rollout", "advance rollout", "advance rollout", "start rollout"]


def test_a_bad_version_halts_and_asks_nobody_new(fleet):
    it = fleet.start(Wish(app=NEW, shares=[50, 100]))
    first = set(fleet.round(bad=fleet.tids[::2]))
    it = fleet.do("get", it)
    assert (it.state, len(first)) == (rules.HALTED, 5)
    assert "took it back" in it.reason
    taken = [tid for tid, did in fleet.did(it).items() if did == rules.TAKEN_BACK]
    assert taken
    assert fleet.desk.warnings == [f"rollout {it.id} of two in staging has halted: {it.reason}"]
    for _ in range(3):
        assert set(fleet.round(bad=taken)) == first
    details = {row.tid: row.detail for row in fleet.do("things", it).items}
    assert details[taken[0]] == "KO: app two taken back: it crashed"
    fleet.do("roll_back", it)
    assert {fleet.call(tid) for tid in fleet.tids} == {"one"}
    refused(fleet, lambda: fleet.do("resume", it), 409, "is rolled back has no resume")


def test_a_halted_rollout_resumes_without_the_trouble_seen(fleet):
    it = fleet.start(Wish(app=NEW, shares=[50, 100], trouble=0))
    fleet.round()
    assert fleet.do("get", it).stage == 1
    bad = [tid for tid in fleet.tids if tid not in fleet.did(it)][:2]
    fleet.round(bad)
    assert fleet.do("get", it).state == rules.HALTED
    assert fleet.do("resume", it).state == rules.RUNNING
    fleet.look()
    assert fleet.do("get", it).state == rules.DONE
    assert {row.tid for row in fleet.do("things", it).items if row.excused} == set(bad)


def test_a_paused_rollout_asks_nobody_new_until_it_resumes(fleet):
    it = fleet.start(Wish(app=NEW, shares=[20, 100]))
    first, second = fleet.did(it)
    assert fleet.call(first) == NEW
    fleet.do("pause", it)
    assert [fleet.call(tid) for tid in (first, second)] == [NEW, "one"]
    fleet.look()
    assert fleet.do("get", it).state == rules.PAUSED
    fleet.do("resume", it)
    assert fleet.call(second) == NEW


def test_an_aborted_rollout_leaves_things_as_they_are(fleet):
    it = fleet.start()
    asked = fleet.round()
    fleet.do("abort", it)
    assert [tid for tid in fleet.tids if fleet.call(tid) == NEW] == asked
    other = fleet.start(Wish(app="three"))  # takes its place
    assert [tid for tid in fleet.tids if fleet.call(tid) == NEW] == []
    refused(fleet, lambda: fleet.do("roll_back", it), 409, "newer rollout")
    fleet.do("abort", other)
    fleet.desk.run(fleet.desk.manage.pools.set(LOCAL, fleet.aid, "staging", {"app_version": "one"}))
    assert {fleet.call(tid) for tid in fleet.tids} == {"one"}


def test_a_rollout_that_is_done_is_rolled_back(fleet):
    it = fleet.start(ALL)
    fleet.round()
    assert fleet.do("get", it).state == rules.DONE
    set_pool = fleet.desk.manage.pools.set
    fleet.desk.run(set_pool(LOCAL, fleet.aid, "staging", {"app_version": "three"}))
    refused(fleet, lambda: fleet.do("roll_back", it), 409, "set to three meanwhile")
    fleet.desk.run(set_pool(LOCAL, fleet.aid, "staging", {"app_version": NEW}))
    fleet.do("roll_back", it)
    assert {fleet.call(tid) for tid in fleet.tids} == {"one"}


def test_a_pool_that_is_off_line_halts_in_time(fleet):
    fleet.desk.clock.now += 7200
    it = fleet.start()
    assert it.things == {}
    fleet.desk.clock.now += 3601
    fleet.look()
    it = fleet.do("get", it)
    assert (it.state, "no Thing of the pool has called" in it.reason) == (rules.HALTED, True)
    fleet.do("resume", it)
    for tid in fleet.tids:
        fleet.call(tid)
    fleet.look()
    assert fleet.do("get", it).things == {"chosen": 1}


def test_things_that_fall_silent_halt_it(fleet):
    it = fleet.start()
    asked = fleet.round()
    assert fleet.do("get", it).stage == 1
    fleet.desk.clock.now += 3000
    fleet.look()
    others = [tid for tid in fleet.tids if tid not in asked]
    for tid in others:
        fleet.call(tid)
    fleet.desk.clock.now += 1000
    for tid in others:
        fleet.call(tid)
    fleet.look()
    assert [fleet.did(it)[tid] for tid in asked] == [rules.SILENT]
    assert fleet.do("get", it).state == rules.HALTED


def test_a_chosen_thing_that_fell_silent_gives_its_place_to_another(fleet):
    it = fleet.start(Wish(app=NEW, shares=[10, 100]))
    (gone,) = fleet.did(it)
    fleet.desk.clock.now += 3000
    for tid in fleet.tids:
        if tid != gone:
            fleet.call(tid)
    fleet.desk.clock.now += 601
    fleet.do("pause", it)
    fleet.do("resume", it)  # else the stage's time would be over
    fleet.look()
    (other,) = fleet.did(it)
    assert other != gone
    assert fleet.call(gone) == "one"
    assert fleet.call(other) == NEW


def test_named_things_come_first(fleet):
    it = fleet.start(Wish(app=NEW, shares=[50, 100]), ["T03", "T07"])
    assert it.shares == [0, 50, 100]
    assert fleet.round() == ["T03", "T07"]
    assert fleet.do("get", it).things == {"confirmed": 2, "chosen": 3}
    assert len(fleet.round()) == 5


def test_a_thing_that_leaves_counts_no_more(fleet):
    it = fleet.start(ALL)
    moved, own = fleet.tids[:2]
    assert fleet.call(moved) == fleet.call(own) == NEW
    things = fleet.desk.manage.things
    fleet.desk.run(things.set(LOCAL, moved, pool="production"))
    fleet.desk.run(things.set(LOCAL, own, {"app_version": "three"}))
    assert fleet.call(moved) != NEW
    assert fleet.call(own) == "three"
    fleet.tids = fleet.tids[2:]
    fleet.round()
    did = fleet.did(it)
    assert (did[moved], did[own]) == (rules.LEFT, rules.LEFT)
    assert fleet.do("get", it).state == rules.DONE


def test_a_thing_that_is_removed_is_in_no_rollout(fleet):
    it = fleet.start(ALL)
    fleet.round(fleet.tids[:1])
    assert len(fleet.did(it)) == 10
    fleet.desk.run(fleet.desk.manage.things.remove(LOCAL, "T00"))
    assert len(fleet.did(it)) == 9


def test_a_thing_that_runs_it_and_reports_ko_fails(small):
    it = small.start(ALL)
    assert small.call("T00") == NEW
    small.restart("T00", NEW, "KO: no sensor")
    small.look()
    assert small.did(it)["T00"] == rules.FAILING
    assert small.do("things", it).items[0].detail == "KO: no sensor"
    assert small.do("get", it).state == rules.HALTED


def test_a_thing_back_at_its_old_version_took_it_back_even_if_it_says_nothing(small):
    it = small.start(ALL)
    assert small.call("T00") == NEW
    small.restart("T00", NEW, "Unknown")
    small.restart("T00", "one", "Unknown")
    small.look()
    assert small.did(it)["T00"] == rules.TAKEN_BACK


def test_what_an_earlier_try_said_is_not_held_against_it(small):
    small.restart("T00", "one", "OK", f"KO: app {NEW} taken back: long ago")
    it = small.start(ALL)
    assert small.call("T00") == NEW
    small.look()
    assert small.did(it)["T00"] == rules.ASKED


def test_an_os_release(small):
    it = small.start(Wish(os="v9", shares=[100]))
    assert {small.call(tid, "pythings_version") for tid in small.tids} == {"v9"}
    refused(small, lambda: small.do("roll_back", it), 409, "factory, to which no Thing goes back")
    small.do("roll_back", it, "v8")
    assert small.call("T00", "pythings_version") == "v8"
    refused(small, lambda: small.start(Wish(os="v77")), 404, "serves no OS release v77")


def test_one_rollout_for_a_pool(small):
    it = small.start()
    refused(small, small.start, 409, f"rollout {it.id} of two is running in staging")
    refused(small, lambda: small.start(Wish(os="v9")), 409, "rollout abort")
    set_pool = small.desk.manage.pools.set

    def change(**given):
        small.desk.run(set_pool(LOCAL, small.aid, "staging", **given))

    refused(small, lambda: change(settings={"app_version": "one"}), 409, "before you set another")
    refused(small, lambda: change(remove=["app_version"]), 409, "before you set another")
    refused(small, lambda: change(latest=True), 409, "before you set another")
    promote = small.desk.manage.pools.promote(LOCAL, small.aid, "development", "staging")
    refused(small, lambda: small.desk.run(promote), 409, "before you set another")
    change(settings={"worker_interval": "5", "pythings_version": "v9"})
    refused(small, lambda: small.start(pool="development"), 409, "follows each commit")


@pytest.mark.parametrize(
    ("wish", "status", "text"),
    [
        (Wish(), 422, "either the app or the OS"),
        (Wish(app=NEW, os="v9"), 422, "either the app or the OS"),
        (Wish(app="../x"), 422, "no name for a version"),
        (Wish(app="none"), 404, "has no version none"),
        (Wish(app="one"), 409, "asked for one already"),
        (Wish(app=NEW, shares=[]), 422, "percents that grow"),
        (Wish(app=NEW, shares=[0, 100]), 422, "percents that grow"),
        (Wish(app=NEW, shares=[50, 20, 100]), 422, "percents that grow"),
        (Wish(app=NEW, shares=[50]), 422, "end with 100"),
        (Wish(app=NEW, shares=[*range(1, 11), 100]), 422, "at most 10"),
        (Wish(app=NEW, within=1.0), 422, "within must be 60"),
        (Wish(app=NEW, within=100.0), 422, "call each 60 s"),
        (Wish(app=NEW, confirm=0), 422, "confirm must be"),
        (Wish(app=NEW, trouble=101), 422, "trouble 0 to 100"),
    ],
)
def test_bad_wishes(small, wish, status, text):
    refused(small, lambda: small.start(wish), status, text)


def test_bad_names(small):
    desk = small.desk
    refused(small, lambda: small.start(pool="none"), 404, "no pool none")
    refused(small, lambda: small.start(things=["x"]), 422, "no Thing x in staging")
    desk.run(desk.manage.things.set(LOCAL, "T00", {"ssl": True}))
    refused(small, lambda: small.start(things=["T00"]), 422, "settings of its own")
    refused(small, lambda: small.start(things=["T01"] * 201), 422, "at most 200")
    refused(small, lambda: desk.run(desk.manage.rollouts.get(LOCAL, 99)), 404, "no rollout 99")


def test_roles(small):
    desk = small.desk
    eve = person(desk, "eve", {small.aid: "viewer"})
    stranger = person(desk, "mallory")
    it = small.start()
    service = desk.manage.rollouts
    assert desk.run(service.find(eve)).items == desk.run(service.find(LOCAL, aid=small.aid)).items
    refused(small, lambda: desk.run(service.pause(eve, it.id)), 403, "viewer")
    assert desk.run(service.find(stranger)).total == 0
    refused(small, lambda: desk.run(service.get(stranger, it.id)), 404, "no rollout")


def test_old_rollouts_go(small):
    for _ in range(25):
        small.do("roll_back", small.start())
    found = small.desk.run(small.desk.manage.rollouts.find(LOCAL))
    assert found.total == 21


def test_another_process_that_has_looked_is_enough(small):
    it = small.start()

    def claims(now):
        return small.change(lambda store: store.rollouts.claim(it.id, now, 5.0))

    assert not claims(NOW)
    assert claims(NOW + 5)
    assert claims(NOW - 99)  # the clock was set back
