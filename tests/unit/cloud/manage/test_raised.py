"""Raised alarms in one list, and their acknowledgement, on each database."""

from __future__ import annotations

import pytest

from app.cloud.manage.service.office import LOCAL, Page, Refused
from tests.unit.cloud.manage.alarming import OFF, POOL, Fleet
from tests.unit.cloud.manage.conftest import person


def test_what_is_raised_is_acknowledged_until_it_is_raised_again(desk):
    fleet, run, its = Fleet(desk), desk.run, desk.manage.raised
    eve = person(desk, "eve", {fleet.aid: "developer"})
    vic = person(desk, "vic", {fleet.aid: "viewer"})
    mallory = person(desk, "mallory")

    def seen(actor=LOCAL, *more):
        return {(row.tid, row.seen_by) for row in run(its.find(actor, *more)).items}

    it = fleet.add()
    paused = fleet.add()
    assert seen() == set()
    fleet.look(700, ["T2"])
    fleet.do("set_active", paused, False)
    found = run(its.find(vic, Page(limit=3))).items
    assert len(found) == 3
    assert run(its.find(vic)).total == 4
    row = next(row for row in found if row.alarm == it.id)
    assert (row.aid, row.pool, row.mark) == (fleet.aid, POOL, "offline")
    assert (row.rule, row.active) == ("off line for 600 s", True)
    assert run(its.find(mallory)).total == 0
    run(desk.manage.alarms.remove(LOCAL, paused.id))

    assert run(its.acknowledge(eve, it.id, "T0")) == 1
    assert run(its.acknowledge(LOCAL, it.id, "T0")) == 0  # the first one stays
    assert seen(vic, Page(), fleet.aid) == {("T0", "eve"), ("T1", None)}
    assert {(row.tid, row.seen_by) for row in fleet.do("things", it).items} == seen()
    assert run(its.acknowledge(LOCAL, it.id)) == 1
    assert seen() == {("T0", "eve"), ("T1", "(data folder)")}
    noted = run(desk.manage.accounts.audit(LOCAL))[:2]
    assert [(one.who, one.detail) for one in noted] == [
        ("(data folder)", f"{it.id}: 1 Things"),
        ("eve", f"{it.id}: T0"),
    ]
    fleet.look(200, fleet.tids)
    assert seen() == set()
    fleet.look(700, ["T1", "T2"])
    assert seen() == {("T0", None)}

    for actor, number, tid, text in (
        (vic, it.id, "T0", "a viewer of this app may not"),
        (mallory, it.id, "T0", "no alarm"),
        (eve, 99, None, "no alarm 99"),
        (eve, it.id, "none", "no Thing none"),
    ):
        with pytest.raises(Refused, match=text):
            run(its.acknowledge(actor, number, tid))
    with pytest.raises(Refused, match="no app"):
        run(its.find(mallory, aid=fleet.aid))


def test_what_is_pending_is_not_raised(lite):
    fleet = Fleet(lite)
    it = fleet.add(OFF)
    fleet.look(590)
    assert lite.run(lite.manage.raised.find(LOCAL)).total == 0
    assert lite.run(lite.manage.raised.acknowledge(LOCAL, it.id)) == 0
