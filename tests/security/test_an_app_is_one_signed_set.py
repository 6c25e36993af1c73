"""An attacker serves signed apps: another app, another version, or only a part.

A manifest is for one App id, has a number that only grows, and is all or nothing. T10.
"""

from __future__ import annotations

import pytest

from domain.app.signed_app import NAME, SignedApp
from domain.errors import CloudError
from domain.health import journal as journals
from domain.health.journal import Journal
from domain.health.slots import FRESH, Slot
from domain.settings.parameters import Parameters
from tests.fakes.signers import EXPIRES, key_list
from tests.security.unsigned import (
    GENUINE,
    SOURCES,
    app,
    offer,
    refused,
    served,
    wrapped,
)

OTHER = {**SOURCES, "helper.py": b"other = 1\n"}


def test_the_app_of_another_app_id():
    assert "(security T10): it is of the app app-2" in refused(served(app(aid="app-2")))


def test_files_of_two_versions_are_not_mixed():
    newer, older = served(app(OTHER, number=8)), served(app(number=7))
    for name in SOURCES:
        if newer[name] != older[name]:
            refused({**newer, name: older[name]})
            refused({**older, name: newer[name]})
    refused({**newer, NAME: older[NAME]})


@pytest.mark.parametrize("name", SOURCES)
def test_a_set_is_not_cut_short(name):
    refused({other: GENUINE[other] for other in GENUINE if other != name})


@pytest.mark.parametrize("name", SOURCES)
def test_files_do_not_change_places(name):
    for other in SOURCES:
        if other != name:
            refused({**GENUINE, name: wrapped(name, SOURCES[other])})


def test_a_text_of_another_kind_is_no_manifest():
    for text in (b"# pythings-app 9\n# app a\n# number 1\n# keys 1\n", b"x = 1\n"):
        with pytest.raises(CloudError, match="is no manifest, or of too many files"):
            SignedApp(text)


def test_an_older_version_is_not_taken():
    assert offer(served(app(number=7)), number=7)[0] == "committed"
    assert "number is 6, and 7 ran here before" in refused(served(app(number=6)), number=7)


def test_the_number_counts_when_the_app_has_proved_itself():
    event, thing = offer(served(app(number=9)), number=7)
    assert (event, thing.journal.number_app, thing.journal.next_app) == ("committed", 7, 9)
    assert thing.journal.app == Slot("b", "2", "1", FRESH)
    journals.confirm_slots(thing.journal)
    thing.save_journal()
    assert journals.load(thing.storage).number_app == 9


def test_an_app_that_is_not_signed_has_no_number():
    """Where apps need no signature, an unsigned app does not confirm an earlier app's number."""
    event, thing = offer(served(SOURCES), apps="")
    assert event == "committed"
    assert thing.journal.next_app == 0


def test_who_signs_apps_is_said_by_the_key_list():
    assert "(security T2)" in refused(served(app(by=("stranger",))))
    assert "(security T2)" in refused(served(app(by=("release",))))
    revoked = key_list(2, app=("app",), revoked=("app",), by=("root",))
    assert "revoked" in refused(served(app()), trust=revoked)
    assert "(security T3)" in refused(served(app(keys=2)))
    assert offer(served(app(by=("stranger", "app"))))[0] == "committed"


def test_a_key_list_that_has_expired_signs_no_app():
    expired = key_list(app=("app",), expires=1)
    assert "(security T7)" in refused(served(app()), trust=expired)
    later = key_list(app=("app",), expires=EXPIRES)
    assert offer(served(app()), trust=later)[0] == "committed"


def test_a_thing_without_an_app_id_of_its_own():
    assert Parameters().aid == ""
    refused(served(app()), aid="local")
    assert Journal().number_app == 0
