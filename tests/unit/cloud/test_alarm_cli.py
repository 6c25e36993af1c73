"""`pythings cloud alarm`, against the running cloud, 80 columns wide; `serve --smtp`."""

from __future__ import annotations

import pytest

from app.cloud.cli.parser import parser
from app.cloud.cli.senders import mail_of
from app.cloud.cli.table import cells
from app.cloud.client import AdminClient
from app.cloud.errors import CloudFailure

URL = "https://hooks.example/hush"
TARGET = ("--webhook", URL)


def test_an_alarm_from_add_to_remove(run, result, aid, monkeypatch, tmp_path):
    it = result("alarm", "add", aid, "staging", "--offline", "1h", "--settle", "5min", *TARGET)
    assert (it["kind"], it["for_s"], it["settle_s"]) == ("offline", 3600.0, 300.0)
    assert len(it.pop("secret")) > 30 and it["to"] == "https://hooks.example"
    assert run("alarm", "test", it["id"])[1].startswith("A test is on its way to https://hooks")
    assert result("alarm", "pause", it["id"])["active"] is False
    _, out, _ = run("alarm", "show", it["id"])
    assert out.splitlines()[0] == f"Alarm {it['id']}: paused"
    assert "rule      off line for 3600 s; well again for 300 s" in out
    assert "  test  " in out
    assert result("alarm", "resume", it["id"])["active"] is True
    assert "all is well" in run("alarm", "show", it["id"])[1]
    assert run("alarm", "remove", it["id"])[1].startswith(f"Alarm {it['id']} is removed")
    assert f"no alarm {it['id']}" in run("alarm", "show", it["id"])[2]


def test_a_secret_that_is_given_is_not_shown(run, aid, monkeypatch, tmp_path):
    file = tmp_path / "secret"
    file.write_text("a hush-secret in a file\n")
    url = tmp_path / "url"
    url.write_text(URL + "\n")
    shown = ("--secret-file", file)
    _, out, _ = run("alarm", "add", aid, "staging", "--taken-back", "--webhook-file", url, *shown)
    assert "hush" not in out and "shown this once" not in out
    monkeypatch.setenv("PYTHINGS_WEBHOOK_SECRET", "a hush-secret of the environment")
    _, out, _ = run("alarm", "add", aid, "staging", "--taken-back", *TARGET)
    assert "hush" not in out and "shown this once" not in out
    assert (
        "for a webhook"
        in run("alarm", "add", aid, "staging", "--taken-back", "--mail", "a@b.example", *shown)[2]
    )


def test_lists_fit_the_terminal(run, result, aid):
    assert run("alarm", "list", "--app", aid)[1] == "There is no alarm."
    over = ("--over", "/sensors/0/temperature", "8.5", "--back", "7", "--for", "2min")
    number = result("alarm", "add", aid, "development", *over, *TARGET)["id"]
    _, out, _ = run("alarm", "list", "--app", aid)
    head, line = out.splitlines()
    assert head.split()[:2] == ["ID", "STATE"]
    assert line.split()[:3] == [str(number), "well", "development"]
    assert all(cells(it) <= 80 for it in (head, line))
    assert "sensors/0/temperature over 8.5 for 120 s, until 7" in run("alarm", "show", number)[1]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--offline", "1h", "--for", "1min", *TARGET), "has a time of its own"),
        (("--under", "t", "cold", *TARGET), "'cold' is no number"),
        (("--under", "t", "1", "--back", "x", *TARGET), "'x' is no number"),
        (("--offline", "10s", *TARGET), "for_s must be 60"),
        (("--taken-back", "--webhook-file", "/nowhere"), "Cannot read"),
        (("--taken-back", "--mail", "a@b.example"), "sends no e-mail: `serve --smtp`"),
    ],
)
def test_bad_words(run, aid, words, told):
    status, out, err = run("alarm", "add", aid, "staging", *words)
    assert (status, out) == (1, "")
    assert told in err


def test_the_mail_server_of_a_cloud(monkeypatch, tmp_path):
    def given(*words):
        return mail_of(parser().parse_args(["serve", *words]))

    assert given() is None
    with pytest.raises(CloudFailure, match="are for --smtp"):
        given("--mail-from", "a@b.example")
    monkeypatch.setenv("PYTHINGS_SMTP_PASSWORD", "hush")
    words = ("--smtp", "smtps://me@mail.example", "--mail-from", "a@b.example")
    assert given(*words).password == "hush"
    file = tmp_path / "password"
    file.write_text("other\n")
    assert given(*words, "--smtp-password-file", str(file)).password == "other"


def test_what_is_raised_now(run, result, aid, monkeypatch):
    number = result("alarm", "add", aid, "development", "--taken-back", *TARGET)["id"]
    assert run("alarm", "list", "--raised", "--app", aid)[1] == "No alarm is raised."
    assert run("alarm", "ack", number)[1] == "There was none to acknowledge."
    rule = "sensors/0/temperature over 8.5 for 120 s, until 7"
    row = {"alarm": 3, "rule": rule, "active": False, "pool": "production", "since": 0.0}
    rows = [{**row, "tid": "\x1b[31mgreen-007" * 3, "seen_by": by} for by in (None, "eve")]
    monkeypatch.setattr(AdminClient, "raised_alarms", lambda _client, _aid: rows)
    lines = run("alarm", "list", "--raised")[1].splitlines()
    assert lines[0].split() == ["ALARM", "THING", "SINCE", "POOL", "RULE", "SEEN", "BY"]
    assert all(cells(line) <= 80 and line.isprintable() for line in lines)
    assert "paused: sensors/0" in lines[2] and lines[2].endswith("eve")
    assert result("alarm", "list", "--raised") == rows
