"""The open editors of an app: each page knows the others."""

from __future__ import annotations

from app.console.editors import Editors


def test_the_others_are_named_as_they_come_edit_and_go():
    editors = Editors()
    told: list[str] = []
    ada = editors.seat("1", "ada", lambda: told.append("ada"))
    bob = editors.seat("1", "bob", lambda: told.append("bob"))
    far = editors.seat("2", "eve", lambda: told.append("eve"))
    for seat in (ada, bob, far):
        seat.enter()
    assert (ada.others(), bob.others(), far.others()) == ({"bob": False}, {"ada": False}, {})
    told.clear()
    ada.type(True)
    ada.type(True)  # no news
    assert bob.others() == {"ada": True}
    assert told == ["ada", "bob"]
    ada.leave()
    ada.leave()
    assert bob.others() == {}


def test_two_pages_of_one_person_are_one_other():
    editors = Editors()
    seats = [editors.seat("1", who, lambda: None) for who in ("ada", "bob", "bob")]
    for seat in seats:
        seat.enter()
        seat.enter()
    seats[1].type(True)
    assert seats[0].others() == {"bob": True}
    assert seats[1].others() == {"ada": False, "bob": False}
