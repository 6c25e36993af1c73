"""Two Things with one id, as of a copied card, at one local cloud."""

from __future__ import annotations

import shutil

from app.demo.processes import Child
from tests.e2e.conftest import TID, World
from tests.patience import PATIENCE_S

LATE = 5  # sessions of each, within 15 min, until both say so; it takes two


def told(thing: Child, since: int = 0) -> int:
    """Wait until a Thing tells that another one has its id, and how to mend it; return the number
    of sessions that it had lost until then."""

    def tells(event: dict[str, object]) -> bool:
        return event["event"] == "session_lost" and "another Thing" in str(event["text"])

    event = thing.wait_for("it tells", tells, PATIENCE_S, since)
    assert "does another Thing have the id %s" % TID in event["text"]
    assert "in its file tid" in event["text"]
    lost = [one for one in thing.events if one["event"] == "session_lost"]
    return lost.index(event) + 1


def test_one_that_was_set_up_with_an_id_in_use(world: World) -> None:
    """It has a secret of its own: the cloud keeps to the first one, which works on."""
    first = world.running().thing
    world.cloud_shows("an identity", lambda admin: admin.thing(TID)["identity"]["pinned"])
    world.root = world.root.with_name("other")
    second = world.start()
    lost = second.wait_for(
        "it is refused",
        lambda e: e["event"] == "session_lost" and e["code"] == "identity",
        PATIENCE_S,
    )
    assert "is its id another Thing's, too?" in lost["text"]
    waiting = world.cloud_shows(
        "the refusal", lambda admin: admin.thing(TID)["identity"]["waiting"]
    )
    assert waiting[0]["count"] >= 1
    world.more_readings(3)
    assert not first.ended


def test_both_are_told_and_the_cloud_and_they_wait_longer(world: World) -> None:
    first = world.running().thing
    copy = world.root.with_name("copy")
    shutil.copytree(world.root, copy, ignore=shutil.ignore_patterns("shell"))  # a socket
    world.root = copy
    second = world.start()
    assert second is not first
    for thing in (first, second):
        assert told(thing) < LATE
    world.status("pythings", "KO", "does another Thing have the id %s" % TID, "in its file tid")
    waits = []
    for thing in (first, second):
        remedy = thing.wait_for(
            "it waits", lambda e: e["event"] == "remedy" and e["wait_ms"] >= 10_000, PATIENCE_S
        )
        waits.append(remedy["wait_ms"])
    assert min(waits) >= 10_000
