"""The host's session: lost lines, noise, new starts, pulled cables, passwords."""

from __future__ import annotations

import json
import threading

import pytest

from adapters.debug.wire import unseal
from app.shell import answers, password, session
from app.shell.errors import CommandRefused, Gone, ShellError
from tests.fakes.storage import MemoryStorage
from tests.fakes.thing import make_thing
from tests.patience import PATIENCE_S
from tests.unit.debug.local import LocalConnection, Person, person


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Request a lost line again at once."""
    monkeypatch.setattr(session, "AGAIN_S", 0.05)


def lose(count: int, what: str):
    """Lose the first `count` lines that contain a text."""
    left = [count]

    def change(line: str) -> str | None:
        if what in line and left[0]:
            left[0] -= 1
            return None
        return line

    return change


def test_a_conversation():
    with person() as she:
        assert she.session.hello["fresh"]
        assert she.session.request(["events"])[0][0] == "booted"
        assert she.session.request(["step"])[0]["state"] == "connect"
        with pytest.raises(CommandRefused) as caught:
            she.session.request(["fire", "registered"])
        assert caught.value.answer["legal"] == ["linked", "no_link", "fault"]
        assert any('"event": "boot"' in line for line in she.logs)


def test_requests_that_are_lost_or_garbled():
    with person() as she:
        she.connection.typed = lose(2, "step")
        assert she.session.request(["step"])[0]["state"] == "connect"
        she.connection.typed = lambda line: "\x02\x00noise" + line
        assert she.session.request(["step"])[0]["state"] == "register"


def test_an_answer_that_is_lost_does_nothing_twice():
    with person() as she:
        she.connection.said = lose(1, '"event"')
        assert she.session.request(["step"])[0]["state"] == "connect"
        assert she.connection.runner.machine.state == "connect"


def test_a_lost_item_is_asked_for_again_where_that_does_no_harm():
    with person() as she:
        she.session.request(["step"])
        she.connection.said = lose(1, " + 0 ")
        assert len(she.session.request(["trace"])[1]) == 1
        she.connection.said = lose(100, " + 0 ")
        with pytest.raises(ShellError, match="cable"):
            she.session.request(["trace"])


def test_what_is_no_answer_is_a_log_line():
    with person() as she:
        she.connection.written += ["\x02garbled", "", "  "]
        she.session.request(["events"])
        assert "\x02garbled" in she.logs
        assert "" not in she.logs


def test_a_thing_that_starts_again_is_held_and_has_its_breaks_again():
    with person() as she:
        she.do("break recover")
        she.do("step")
        she.do("reboot")
        assert she.session.request(["state"])[0]["state"] == "boot"
        assert she.session.request(["state"])[0]["held"]
        assert she.session.request(["breaks"])[0] == ["recover"]


def test_a_thing_that_runs_runs_again_after_a_start():
    with person(held=False) as she:
        she.do("break session_lost")
        she.do("until run")
        she.do("auto")
        she.connection.restart()
        she.session.request(["until", "run"])
        assert she.connection.shell.breaks == ["session_lost"]


def test_a_start_while_somebody_waits_for_a_state():
    with person() as she:
        waiting = threading.Thread(target=lambda: she.news.append(she.do("until boot").value))
        she.do("step")
        waiting.start()
        while not she.connection.shell.until:
            pass
        she.connection.restart()
        waiting.join(PATIENCE_S)
        assert she.news[0]["state"] == "boot"


def test_a_start_before_the_answer_to_what_is_not_to_be_done_twice():
    with person() as she:
        she.connection.typed = lose(100, "fire")
        she.connection.restart()
        with pytest.raises(Gone, match="started again"):
            life = she.session._lives
            she.session._ask(["fire", "booted"], life, 1e18)
        assert she.session.request(["state"])[0]["state"] == "boot"


def test_a_cable_that_is_pulled_and_put_back():
    with person() as she:
        she.do("step")
        she.connection.out = True
        with pytest.raises(Gone):
            she.session.request(["state"], 0.3)
        with pytest.raises(Gone, match="cable"):
            she.session.request(["fire", "linked"], 0.1)
        she.connection.out = False
        assert she.session.request(["state"])[0]["state"] == "connect"


def test_nobody_answers():
    connection = LocalConnection()
    she = Person(connection)
    connection.out = True
    with pytest.raises(Gone):
        she.session.start(held=True)
    connection.out = False
    connection.typed = lambda line: None
    she.session.start(held=True, greet=False)
    with pytest.raises(Gone, match="is PythingsOS on this board"):
        she.session._ask(["hello"], 1, 0)
    she.session.close()


def test_breaks_are_news():
    with person() as she:
        she.do("break connect")
        she.do("auto")
        while not she.news:
            pass
        assert she.news[0]["event"] == "booted"
        assert she.session.held


def test_somebody_else_may_have_the_connection_for_a_while():
    with person() as she:
        with she.session.paused():
            before = she.connection.opened
            turns = she.connection.thing.system.feeds
            assert she.connection.thing.system.feeds == turns
        assert she.session.request(["state"])[0]["state"] == "boot"
        assert she.connection.opened == before + 1


def board(said: str) -> LocalConnection:
    storage = MemoryStorage({"board.json": json.dumps({"shell": said}).encode()})
    return LocalConnection(make_thing(storage=storage), "")


def test_a_board_with_a_password(monkeypatch):
    monkeypatch.setattr(password, "_ROUNDS", 10)
    connection = board(password.entry("secret"))
    with person(connection, password="secret") as she:
        assert she.session.request(["state"])[0]["held"]
        connection.restart()
        assert she.session.request(["state"])[0]["state"] == "boot"
    assert "secret" not in str(connection.requests)
    with (
        pytest.raises(ShellError, match="wrong password"),
        person(board(password.entry("secret")), password="guess"),
    ):
        pass


def test_a_board_that_becomes_closed(monkeypatch):
    with person() as she:
        she.connection.policy = "off"
        she.connection.restart()
        with pytest.raises(ShellError, match="off on this board"):
            she.session.request(["state"])
    with pytest.raises(ShellError, match="off on this board"), person(board("off")):
        pass


def test_entries_differ_and_hold_no_password():
    first, second = password.entry("x"), password.entry("x")
    assert first != second
    salt, key = first.split(":")
    assert password.key("x", salt).hex() == key


def test_a_request_goes_behind_what_noise_may_have_begun():
    with person() as she:
        sent: list[str] = []

        def change(line: str) -> str | None:
            sent.append(line)
            return None if len(sent) == 1 else line

        she.connection.typed = change
        she.session.request(["events"])
        assert [line[0] for line in sent] == ["\x02", "\n"]
        assert unseal(sent[0]) == unseal(sent[1])


def test_a_board_that_starts_again_without_a_word():
    connection = LocalConnection()
    connection.silent = True
    with person(connection) as she:
        she.do("break recover")
        she.do("reboot")
        while connection.opened > 1 or not she.session.greeted:
            pass
        assert she.session.request(["breaks"])[0] == ["recover"]
        assert she.session.request(["state"])[0]["held"]
        she.do("clear")
        connection.restart()  # by itself: it tells that it boots
        while she.session._lives < 3:
            she.session.tell(["hold"])
        she.session.request(["state"])
        assert she.session._lives >= 3


@pytest.mark.parametrize("line", ["{", "[]", "1", "{}", '{"event": "boot"}', '{"event": "link"}'])
def test_what_tells_of_no_start(line):
    assert not answers.boots(line)
    assert not answers.boots('{"event": "boot", "cause": "update"}')
    assert answers.boots('{"event": "boot", "cause": "watchdog"}')
