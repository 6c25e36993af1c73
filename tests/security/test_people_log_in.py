"""People log in: guesses are limited, sessions are of one browser and page, tokens are secret."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib

import pytest

from app.cloud.manage.guard import COOKIE
from app.cloud.manage.service.office import LOCAL, Refused
from app.cloud.manage.service.passwords import BadPassword, hashed, matches
from app.cloud.store import Store
from tests.unit.cloud.manage.asking import ask, bearer
from tests.unit.cloud.manage.conftest import PASSWORD, managed, person

RIGHT = {"name": "eve", "password": PASSWORD}
ADDRESS = "address 192.0.2.9"
NAME = "name " + hashlib.sha256(b"eve").hexdigest()[:32]
WRONG = {"name": "eve", "password": "not her password"}


@pytest.fixture
def desk(tmp_path):
    with managed(tmp_path) as it:
        it.run(it.manage.people.add(LOCAL, "eve", PASSWORD, owner=True))
        it.folder = tmp_path
        yield it


def log_in(desk, scheme="http"):
    """Log in; return the headers of the session, and the CSRF token that a change requires."""
    answer = ask(desk, "POST", "/session", RIGHT, scheme=scheme)
    assert answer.status == 200, answer.body
    cookie = answer.headers["set-cookie"].split(";")[0]
    return {"cookie": cookie}, answer.json()["csrf"]


def test_a_password_is_kept_as_argon2id():
    known = hashed(PASSWORD)
    assert known.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert known != hashed(PASSWORD)
    assert matches(PASSWORD, known)
    assert not matches(PASSWORD + "x", known)
    assert not matches(PASSWORD, "no hash")
    # A test vector of the reference implementation (phc-winner-argon2, src/test.c).
    assert matches(
        "password",
        "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
    )


@pytest.mark.parametrize("password", ["", "short", "x" * 11, "x" * 257])
def test_a_password_has_a_length(desk, password):
    with pytest.raises(BadPassword, match="12 to 256"):
        hashed(password)
    body = {"name": "bob", "password": password}
    assert ask(desk, "POST", "/people", body, **bearer_of(desk)).status == 422


def bearer_of(desk):
    return bearer(desk.run(desk.manage.people.make_token(LOCAL, "t", "owner", 9, "eve")))


def test_accents_are_one_however_they_are_typed():
    assert matches("caf\u00e9 caf\u00e9 caf\u00e9", hashed("cafe\u0301 cafe\u0301 cafe\u0301"))


def test_a_session_is_a_cookie_that_no_script_and_no_other_site_gets(desk):
    answer = ask(desk, "POST", "/session", RIGHT)
    flags = answer.headers["set-cookie"].lower().split("; ")
    assert {"httponly", "samesite=strict", "path=/", "max-age=43200"} <= set(flags)
    assert "secure" not in flags
    assert (
        "secure"
        in ask(desk, "POST", "/session", RIGHT, scheme="https").headers["set-cookie"].lower()
    )
    assert answer.headers["cache-control"] == "no-store"


def test_a_change_needs_what_only_our_page_can_read(desk):
    session, csrf = log_in(desk)
    assert ask(desk, "GET", "/session", **session).json()["csrf"] == csrf
    app = {"name": "Lamp"}
    for wrong in ({}, {"x_csrf_token": ""}, {"x_csrf_token": csrf[:-1]}, {"x_csrf_token": "é"}):
        assert ask(desk, "POST", "/apps", app, **session, **wrong).status == 403
    other, _ = log_in(desk)
    assert ask(desk, "POST", "/apps", app, **other, x_csrf_token=csrf).status == 403
    assert ask(desk, "POST", "/apps", app, **session, x_csrf_token=csrf).status == 201
    assert ask(desk, "POST", "/apps", app, **bearer_of(desk)).status == 201
    assert len(desk.run(desk.manage.apps.find(LOCAL)).items) == 2


def test_a_session_ends(desk):
    session, csrf = log_in(desk)
    assert ask(desk, "DELETE", "/session", **session, x_csrf_token=csrf).status == 204
    assert ask(desk, "GET", "/session", **session).status == 401
    session, _ = log_in(desk)
    desk.clock.now += 13 * 3600
    assert ask(desk, "GET", "/session", **session).status == 401
    session, csrf = log_in(desk)
    body = {"password": PASSWORD + " two", "old": PASSWORD}
    sent = ask(desk, "PUT", "/people/eve/password", body, **session, x_csrf_token=csrf)
    assert sent.status == 204
    assert ask(desk, "GET", "/session", **session).status == 401
    assert ask(desk, "POST", "/session", RIGHT).status == 401


def test_an_own_password_changes_by_the_old_one_only(desk):
    """With a session or token of eve, a thief cannot lock her out."""
    session, csrf = log_in(desk)
    other, _ = log_in(desk)
    token = bearer_of(desk)
    new = {"password": PASSWORD + " two"}
    for old in ({}, {"old": None}, {"old": WRONG["password"]}, {"old": ""}):
        for headers in ({**session, "x_csrf_token": csrf}, token):
            sent = ask(desk, "PUT", "/people/eve/password", {**new, **old}, **headers)
            assert (sent.status, b"old password" in sent.body) == (403, True), old
    assert ask(desk, "GET", "/session", **session).status == 200
    assert "set password" not in [row["action"] for row in audit(desk, token)]
    sent = ask(desk, "PUT", "/people/eve/password", {**new, "old": PASSWORD}, **token)
    assert sent.status == 204
    row = audit(desk, token)[0]
    assert (row["who"], row["action"], row["target"]) == ("eve", "set password", "eve")
    for ended in (session, other):
        assert ask(desk, "GET", "/session", **ended).status == 401


def audit(desk, token):
    return ask(desk, "GET", "/audit", **token).json()


def test_an_old_password_is_not_guessed(desk):
    """Its guesses count as those of a log-in, and a right one forgets them."""
    session, csrf = log_in(desk)

    def change(old, new):
        body = {"password": new, "old": old}
        return ask(desk, "PUT", "/people/eve/password", body, **session, x_csrf_token=csrf)

    for _ in range(9):
        assert change(WRONG["password"], PASSWORD).status == 403
    assert change(PASSWORD, PASSWORD).status == 204
    session, csrf = log_in(desk)
    for _ in range(10):
        assert change(WRONG["password"], PASSWORD).status == 403
    answer = change(PASSWORD, PASSWORD)
    assert (answer.status, answer.headers["retry-after"]) == (429, "600")
    assert ask(desk, "POST", "/session", RIGHT).status == 429
    assert PASSWORD not in "".join(desk.warnings)


def test_an_owner_sets_the_password_of_another(desk):
    """It ends that person's sessions, and no one else's."""
    person(desk, "bob")
    bob = ask(desk, "POST", "/session", {**RIGHT, "name": "bob"})
    theirs = {"cookie": bob.headers["set-cookie"].split(";")[0]}
    session, csrf = log_in(desk)
    body = {"password": PASSWORD + " two"}
    sent = ask(desk, "PUT", "/people/bob/password", body, **session, x_csrf_token=csrf)
    assert sent.status == 204
    assert ask(desk, "GET", "/session", **theirs).status == 401
    assert ask(desk, "GET", "/session", **session).status == 200
    desk.run(desk.manage.people.set_password(LOCAL, "eve", PASSWORD + " three"))
    assert ask(desk, "GET", "/session", **session).status == 401


def test_a_header_that_is_no_token_is_not_saved_by_a_cookie(desk):
    session, _ = log_in(desk)
    for given in ("Basic eve", "Bearer", "Bearer x"):
        assert ask(desk, "GET", "/session", **session, authorization=given).status == 401


def test_guesses_end(desk):
    for _ in range(10):
        assert ask(desk, "POST", "/session", WRONG).status == 401
    answer = ask(desk, "POST", "/session", RIGHT)
    assert (answer.status, answer.headers["retry-after"]) == (429, "600")
    assert desk.run(desk.manage.logins.log_in("eve", PASSWORD, "192.0.2.77")).name == "eve"
    assert ask(desk, "POST", "/session", {**WRONG, "name": "bob"}).status == 401
    desk.clock.now += 601
    assert ask(desk, "POST", "/session", RIGHT).status == 200
    assert desk.warnings  # the log reports the guesses
    assert PASSWORD not in "".join(desk.warnings)


def test_guesses_at_once_are_counted_too(desk):
    async def all_at_once():
        tries = [desk.manage.logins.log_in("eve", "wrong", "192.0.2.1") for _ in range(14)]
        return await asyncio.gather(*tries, return_exceptions=True)

    statuses = [error.status for error in desk.run(all_at_once())]
    assert sorted(statuses) == [401] * 10 + [429] * 4


@pytest.mark.parametrize(("what", "most"), [(ADDRESS, 30), (NAME, 100)])
def test_guesses_end_whatever_the_name_or_the_address(desk, what, most):
    now, logins = desk.clock.now, desk.cloud.store.logins

    def guessed(times):
        for _ in range(times):
            logins.count(what, now, now + 9)

    desk.run(desk.manage.logins._office.change(lambda _: guessed(most - 1)))
    assert ask(desk, "POST", "/session", WRONG).status == 401
    assert ask(desk, "POST", "/session", RIGHT).status == 429


def test_guesses_are_counted_for_all_processes(desk):
    ask(desk, "POST", "/session", WRONG)
    with contextlib.closing(Store(desk.folder / "cloud.db")) as store:
        assert store.logins.tries(ADDRESS, desk.clock.now) == (1, desk.clock.now + 600)


def test_an_unknown_name_is_told_like_a_wrong_password(desk):
    wrong = ask(desk, "POST", "/session", WRONG)
    unknown = ask(desk, "POST", "/session", {**WRONG, "name": "nobody"})
    assert (unknown.status, unknown.body) == (wrong.status, wrong.body)


def test_tokens_are_shown_once_and_end(desk):
    made = ask(desk, "POST", "/tokens", {"name": "ci", "days": 2}, **bearer_of(desk))
    token = made.json()["token"]
    assert token.startswith("pythings_")
    assert ask(desk, "GET", "/apps", **bearer(token)).status == 200
    listed = ask(desk, "GET", "/tokens", **bearer(token))
    assert token.encode() not in listed.body
    number = next(row["id"] for row in listed.json() if row["name"] == "ci")
    desk.clock.now += 2 * 86400
    assert ask(desk, "GET", "/apps", **bearer(token)).status == 401
    desk.clock.now -= 86400
    assert ask(desk, "DELETE", f"/tokens/{number}", **bearer_of(desk)).status == 204
    assert ask(desk, "GET", "/apps", **bearer(token)).status == 401


def test_tokens_of_others_are_not_there(desk):
    bob = person(desk, "bob")
    theirs = desk.run(desk.manage.people.make_token(LOCAL, "hers", "owner", 1, "eve"))
    assert theirs
    assert desk.run(desk.manage.people.tokens(bob)) == []
    (number,) = [one.id for one in desk.run(desk.manage.people.tokens(LOCAL))]
    for call in (
        desk.manage.people.revoke_token(bob, number),
        desk.manage.people.make_token(bob, "t", "viewer", 1, "eve"),
        desk.manage.people.set_password(bob, "eve", PASSWORD),
        desk.manage.people.set_active(bob, "eve", False),
    ):
        with pytest.raises(Refused):
            desk.run(call)
    desk.run(desk.manage.people.set_password(bob, "bob", PASSWORD + "!", PASSWORD))


def test_who_is_shut_out_is_out(desk):
    bob = person(desk, "bob")
    token = desk.run(desk.manage.people.make_token(bob, "t", "viewer", 1))
    answer = ask(desk, "POST", "/session", {**RIGHT, "name": "bob"})
    session = {"cookie": answer.headers["set-cookie"].split(";")[0]}
    desk.run(desk.manage.people.set_active(LOCAL, "bob", False))
    assert ask(desk, "GET", "/apps", **bearer(token)).status == 401
    assert ask(desk, "GET", "/apps", **session).status == 401
    assert ask(desk, "POST", "/session", {**RIGHT, "name": "bob"}).status == 401
    with pytest.raises(Refused, match="the only owner"):
        desk.run(desk.manage.people.set_active(LOCAL, "eve", False))
    assert ask(desk, "POST", "/session", RIGHT).status == 200


def test_no_secret_lies_in_the_database_or_an_answer(desk):
    session, csrf = log_in(desk)
    token = desk.run(desk.manage.people.make_token(LOCAL, "t", "owner", 9, "eve"))
    secrets = [PASSWORD, token, session["cookie"].partition("=")[2], csrf]
    stored = b"".join(file.read_bytes() for file in desk.folder.glob("cloud.db*"))
    shown = ask(desk, "GET", "/audit", **bearer(token)).body
    shown += ask(desk, "GET", "/people", **bearer(token)).body
    wrong = {**WRONG, "more": PASSWORD, "password": 5}
    shown += ask(desk, "POST", "/session", wrong).body
    for secret in secrets:
        assert secret.encode() not in stored
        assert secret.encode() not in shown
    assert COOKIE.encode() not in shown


@pytest.mark.parametrize("name", ["", "x" * 65, "a b", "<script>", "\u202eeve", "a/b", "é"])
def test_names_of_people_are_plain(desk, name):
    with pytest.raises(Refused, match="a name has"):
        desk.run(desk.manage.people.add(LOCAL, name, PASSWORD))
