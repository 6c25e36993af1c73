"""Names that people choose: new ones are refused in a sentence, those that are there are shown."""

from __future__ import annotations

import pytest

from app.cloud import catalog
from app.cloud.folder import ACCOUNT
from app.cloud.manage.service.names import must_be_name, must_be_plain
from app.cloud.manage.service.office import LOCAL, Refused
from tests.unit.cloud.manage.asking import ask, bearer
from tests.unit.cloud.manage.conftest import PASSWORD, SECRET

GOOD = [
    "Lamp",
    "a",
    "Lampe für Küche",
    "\u706f",
    "Gew\u00e4chshaus\u00a02",
    "\U0001f468\u200d\U0001f33e",
    "x" * 200,
]
BAD = ["", " ", "\u00a0\u3000", "\u200b", "a\nb", "a\x1b[2J", "\0", "a\x85", "a\u2028b", "x" * 201]


@pytest.mark.parametrize("name", GOOD)
def test_a_name_may_have_the_letters_of_any_language(name):
    must_be_name("an app's name", name)


@pytest.mark.parametrize("name", [*BAD, "\ud800"])
def test_a_name_that_is_not_seen_or_breaks_its_line_is_refused(name):
    with pytest.raises(Refused, match="^an app's name has 1 to 200 characters: not only blanks"):
        must_be_name("an app's name", name)


@pytest.mark.parametrize("name", [*BAD, "a b", "x" * 65])
def test_a_name_of_a_person_or_a_token_is_plain(name):
    with pytest.raises(Refused, match="^a name has 1 to 64 letters, digits, dots, _ and -$"):
        must_be_plain(name)


@pytest.mark.parametrize("name", ["", " ", "a\nb", "x" * 201])
def test_the_api_refuses_a_bad_name_in_one_sentence(lite, name):
    for path, body, what in (
        ("/apps", {"name": name}, "an app's name has 1 to 200"),
        ("/apps", {"name": "Lamp", "account": name}, "an account's name has 1 to 200"),
        ("/apps", {"name": "Lamp", "aid": name}, "an App id has 1 to 200"),
        ("/people", {"name": name, "password": PASSWORD}, "a name has 1 to 64"),
        ("/people", {"name": "eve", "password": ""}, "a password has 12 to 256"),
        ("/tokens", {"name": name}, "a name has 1 to 64"),
        ("/things/t/replacement", {"by": ""}, "by must be another id"),
    ):
        answer = ask(lite, "POST", path, body, **bearer(SECRET))
        assert answer.status == 422
        assert answer.json()["detail"].startswith(what)
    assert lite.run(lite.manage.apps.find(LOCAL)).total == 0


def test_names_that_an_earlier_version_took_are_shown(lite):
    with lite.cloud.store.transaction():
        for name in (" ", "a\nb"):
            catalog.create_app(lite.cloud, ACCOUNT, name)
    shown = ask(lite, "GET", "/apps", **bearer(SECRET)).json()["items"]
    assert [app["name"] for app in shown] == [" ", "a\nb"]
    assert lite.run(lite.manage.apps.find(LOCAL, text="a\n")).total == 1
