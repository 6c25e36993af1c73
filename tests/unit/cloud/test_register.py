"""preregister is in test_encrypted.py; here: register, its traps and limits."""

import pytest

from tests.unit.cloud.wire import LOST, TROUBLE, Thing


def error(answer):
    return answer.status, answer.json()


def test_a_thing_is_made_by_its_first_register(wire, aid, admin):
    thing = Thing(wire, aid)
    thing.register(
        app_version="1001",
        pythings_version="v1.1.0",
        platform="Python",
        capabilities="none",
        frozen=True,
    )
    row = admin.thing(thing.tid)
    assert (row["aid"], row["pool"], row["platform"]) == (aid, "development", "Python")
    assert (row["app_version"], row["pythings_version"]) == ("1001", "v1.1.0")
    assert (row["frozen"], row["capabilities"], row["encrypted"]) == (True, "none", False)
    assert (row["pythings"], row["worker"], row["management"]) == (
        "Ok: session started",
        "Unknown",
        "Unknown",
    )


def test_what_is_left_out_is_reset(thing, admin):
    thing.register(frozen="1", platform="esp32", capabilities="x", app_version=None)
    token, thing.token = thing.token, ""
    assert admin.thing(thing.tid)["app_version"] is None
    thing.register(frozen="f")
    row = admin.thing(thing.tid)
    assert token != thing.token
    assert (row["frozen"], row["platform"], row["capabilities"]) == (False, None, None)
    assert (row["app_version"], row["pythings_version"]) == ("Unknown", "Unknown")


@pytest.mark.parametrize("name", ["tid", "aid"])
@pytest.mark.parametrize("value", [None, "", 0])
def test_ids_are_required(wire, aid, name, value):
    fields = {"tid": "T", "aid": aid, name: value}
    text = f'Hi, Pythings Cloud here. Error: "{name}" is required.'
    assert error(wire.post("things/register/", fields)) == (401, text)


def test_an_unknown_app(wire):
    answer = Thing(wire, "nope").register()
    assert error(answer) == (401, 'Hi, Pythings Cloud here. Error: AID "nope" is not valid.')
    assert b'AID \\"nope\\" is not valid.' in answer.body


def test_ids_that_are_not_text(wire, admin):
    aid = admin.create_app("Number", aid="4711")
    answer = wire.post("things/register/", {"tid": 1234567, "aid": 4711})
    assert answer.status == 200
    assert admin.thing("1234567")["aid"] == aid


def test_frozen_must_be_a_boolean(wire, aid):
    for value in (None, "maybe", [1]):
        answer = Thing(wire, aid).register(frozen=value)
        assert (answer.status, answer.body) == (500, TROUBLE)


def test_the_pool_counts_only_when_the_thing_is_made(wire, aid, admin):
    thing = Thing(wire, aid)
    thing.register(pool="production")
    assert thing.management()["settings"]["pool"] == "production"
    thing.token = ""
    thing.register(pool="staging")
    assert thing.management()["settings"]["pool"] == "production"
    other = Thing(wire, aid)
    other.register(pool="unheard-of")
    assert other.management()["settings"]["pool"] == "development"


def test_older_sessions_end(thing):
    old, thing.token = thing.token, ""
    thing.register()
    assert error(thing.call("apps/worker/", token=old, msg=1)) == (401, LOST)
    assert "settings" in thing.management()


def test_trap_the_token_of_the_current_session(thing):
    token = thing.token
    answer = thing.register()
    assert (answer.status, answer.json()["token"]) == (200, token)
    assert thing.call("apps/management/").status == 401


def test_trap_an_unknown_token(thing):
    answer = thing.wire.post(
        "things/register/", {"tid": thing.tid, "aid": thing.aid, "token": "unknown"}
    )
    assert (answer.status, answer.body) == (500, TROUBLE)
    # By then the server has ended the session already.
    assert thing.call("apps/management/").status == 401


def test_one_app_an_account(thing, admin):
    other = Thing(thing.wire, admin.create_app("Other"), thing.tid)
    status, text = error(other.register())
    assert status == 401
    assert text.endswith("this Thing is already associated with another App in the same account.")
    # In another account it is another Thing.
    elsewhere = Thing(thing.wire, admin.create_app("Else", account="else"), thing.tid)
    assert elsewhere.register().status == 200


def test_an_account_instead_of_an_app(wire, admin, aid):
    thing = Thing(wire, admin.account_id())
    assert thing.register(pool="production").status == 200
    settings = thing.management()["settings"]
    assert (settings["pool"], settings["management_interval"]) == ("unbound", "5")
    row = admin.thing(thing.tid)
    assert row["aid"] == "00000000-0000-0000-0000-000000000000"
    # The hidden app is made once, and the Thing keeps its identity.
    assert Thing(wire, admin.account_id()).register().status == 200
    thing.token = ""
    assert thing.register().status == 200
    hidden = [app for app in admin.apps() if app["hidden"] and app["account"] == "local"]
    assert len(hidden) == 1
    # Until an app is installed from the dashboard.
    admin.set_thing(thing.tid, aid=aid)
    thing.token = ""
    thing.register()
    assert thing.management()["settings"]["pool"] == "development"


def test_hidden_apps_of_two_accounts_share_their_aid(wire, admin):
    for account in ("one", "two"):
        admin.create_app("Any", account=account)
        assert Thing(wire, admin.account_id(account)).register().status == 200
    # It is the same everywhere, so it identifies none of them.
    assert Thing(wire, "00000000-0000-0000-0000-000000000000").register().status == 401


def test_device_limit(wire, admin):
    aid = admin.create_app("Small", account="small")
    admin.limits(things=1, account="small")
    thing = Thing(wire, aid)
    assert thing.register().status == 200
    status, text = error(Thing(wire, aid).register())
    assert status == 401
    assert "reached the device limit" in text
    assert Thing(wire, admin.account_id("small")).register().status == 401
    thing.token = ""
    assert thing.register().status == 200
    admin.limits(account="small")
    assert Thing(wire, aid).register().status == 200
