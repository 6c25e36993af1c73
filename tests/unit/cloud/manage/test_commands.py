"""`pythings cloud person`, `token` and `audit`, and the first owner of a cloud."""

from __future__ import annotations

import argparse
import io
import json
from pathlib import Path

import pytest
import requests

from app.cli.cloud import main
from app.cloud.cli.people import password_of
from app.cloud.cli.serve import _owner_password
from app.cloud.client import AdminClient
from app.cloud.errors import CloudFailure
from tests.unit.cloud.conftest import running

PASSWORD = "correct horse battery"


@pytest.fixture
def word(tmp_path):
    """Return a file with a password."""
    file = tmp_path / "password"
    file.write_text(PASSWORD + "\nand no more\n")
    return file


@pytest.fixture
def run(cloud, capsys):
    """Run a subcommand against the running cloud; return its status and output."""

    def run(*arguments):
        status = main([*map(str, arguments), "--data", str(cloud.data)])
        captured = capsys.readouterr()
        return status, captured.out.strip(), captured.err.strip()

    return run


def log_in(cloud, name, password=PASSWORD):
    """Return the status of a log-in."""
    given = {"name": name, "password": password}
    url = f"{cloud.ready.url}/api/manage/v1/session"
    return requests.post(url, json=given, timeout=60, headers={"Connection": "close"}).status_code


def test_people_and_their_roles(cloud, run, aid, word):
    name = f"p-{aid[:8]}"
    assert run("person", "add", name, "--password-file", word)[0] == 0
    assert "already" in run("person", "add", name, "--password-file", word)[2]
    assert run("person", "role", name, aid, "developer")[0] == 0
    assert f"  developer of {aid}" in run("person", "list")[1]
    assert log_in(cloud, name) == 200
    run("person", "role", name, aid, "none")
    assert f"  developer of {aid}" not in run("person", "list")[1]
    word.write_text("another password\n")
    assert "another password" in run("person", "password", name, "--password-file", word)[1]
    assert log_in(cloud, name) == 401
    assert "shut out" in run("person", "close", name)[1]
    assert f"{name}  person, shut out" in run("person", "list")[1]
    run("person", "open", name)
    assert log_in(cloud, name, "another password") == 200
    (row,) = [row for row in json.loads(run("person", "list", "--json")[1]) if row["name"] == name]
    assert (row["active"], row["roles"]) == (True, {})


def test_tokens(cloud, run, aid, word):
    name = f"t-{aid[:8]}"
    run("person", "add", name, "--owner", "--password-file", word)
    made = run("token", "create", name, "--person", name, "--role", "viewer", "--days", "1")
    assert made[0] == 0
    client = AdminClient(cloud.ready.url, made[1])
    assert aid in [app["aid"] for app in client.apps()]
    with pytest.raises(CloudFailure, match="may not do this"):
        client.commit(aid, {"a.py": ""})
    (line,) = [line for line in run("token", "list")[1].splitlines() if f"  {name}  " in line]
    assert made[1] not in line
    assert run("token", "revoke", line.split()[0])[0] == 0
    with pytest.raises(CloudFailure, match="missing or wrong"):
        client.apps()
    assert "no token" in run("token", "revoke", line.split()[0])[2]
    assert run("token", "create", "x")[0] == 1  # without `--person`
    client.close()


def test_the_audit_says_who(run, aid):
    status, text, _ = run("audit", "--last", "5")
    assert status == 0
    assert f"(data folder)  create app  {aid}" in text


def test_a_diff(admin, aid):
    admin.commit(aid, {"a.py": "1\n"}, "one")
    admin.commit(aid, {"a.py": "2\n"}, "v1.2")
    assert admin.diff(aid, "one", "v1.2").splitlines()[:2] == ["--- one/a.py", "+++ v1.2/a.py"]


@pytest.mark.parametrize("tid", ["a/b", "..", ".", "~1", "a b?#%", "/", "é/../x"])
def test_any_name_of_a_thing_is_a_path(wire, admin, tid):
    aid = admin.create_app("Names")
    wire.post("things/register/", {"tid": tid, "aid": aid})
    assert admin.thing(tid)["aid"] == aid
    assert admin.set_thing(tid, {"ssl": True})["custom"] is True
    assert admin.messages(tid) == []


def test_the_first_owner_is_made_once(tmp_path):
    asked = []

    def ask():
        asked.append(1)
        return PASSWORD

    for password in (PASSWORD, "another password"):
        with running(tmp_path, owner=ask) as cloud:
            assert log_in(cloud, "owner", password) == (200 if password == PASSWORD else 401)
            assert [row["name"] for row in cloud.admin.people()] == ["owner"]
    assert asked == [1]


def test_without_a_password_there_is_no_owner(tmp_path):
    with running(tmp_path, owner=lambda: "") as cloud:
        assert cloud.admin.people() == []
        assert log_in(cloud, "owner", "owner") == 401
    with pytest.raises(CloudFailure, match="12 to 256"), running(tmp_path, owner=lambda: "short"):
        pass


class Terminal(io.StringIO):
    """A stand-in for a terminal."""

    def isatty(self):
        return True


def options(host="0.0.0.0", file: Path | None = None, as_json=False):
    return argparse.Namespace(host=host, owner_password_file=file, json=as_json)


def test_who_is_asked_for_a_password(monkeypatch, word):
    monkeypatch.setattr("getpass.getpass", lambda _prompt: pytest.fail("asked"))
    assert _owner_password(options()) == ""  # no terminal
    monkeypatch.setattr("sys.stdin", Terminal())
    for host in ("127.0.0.1", "::1", "localhost"):
        assert _owner_password(options(host)) == ""
    assert _owner_password(options(as_json=True)) == ""
    assert _owner_password(options("127.0.0.1", word)) == PASSWORD


def test_a_password_that_is_typed(monkeypatch):
    monkeypatch.setattr("sys.stdin", Terminal())
    typed = iter(["", PASSWORD, PASSWORD, PASSWORD, "other"])
    assert password_of(None, "eve", lambda _: next(typed)) == ""
    assert password_of(None, "eve", lambda _: next(typed)) == PASSWORD
    with pytest.raises(CloudFailure, match="not the same"):
        password_of(None, "eve", lambda _: next(typed))


@pytest.mark.parametrize("text", [None, b"", b"\n", b"\xff\n"])
def test_a_password_file_that_is_none(tmp_path, text):
    file = tmp_path / "file"
    if text is not None:
        file.write_bytes(text)
    with pytest.raises(CloudFailure, match=r"Cannot read|is empty"):
        password_of(file, "eve")


def test_without_a_terminal_nothing_is_asked(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with pytest.raises(CloudFailure, match="--password-file"):
        password_of(None, "eve")
