"""Ctrl-C at a person's shell: it never ends the shell, whenever it comes."""

from __future__ import annotations

import io
import signal
import threading
from collections.abc import Iterator
from typing import Any, Callable

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.data_structures import Size
from prompt_toolkit.history import InMemoryHistory
from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.output.vt100 import Vt100_Output

from app.shell.prompt import Prompt
from tests.unit.debug.local import Person, person


def ctrl_c(*_: Any) -> None:
    """Send Ctrl-C as a terminal does without a line editor, not during the status look-up."""
    if threading.current_thread() is threading.main_thread():
        signal.raise_signal(signal.SIGINT)


class EndOfTheEditor(InMemoryHistory):
    """A history that sends Ctrl-C just as a line was accepted."""

    def store_string(self, string: str) -> None:
        super().store_string(string)
        ctrl_c()


class Desk:
    def __init__(self, she: Person, keys: PipeInput, screen: io.StringIO) -> None:
        self.she = she
        self._keys = keys
        self._screen = screen

    def type(self, text: str) -> str:
        """Type a text, leave, and return the content of the screen."""
        self._keys.send_text(text + "\r\x04")
        assert Prompt(self.she.host, "bench", False).run() == 0
        return self._screen.getvalue()

    def asked(self, name: str) -> int:
        """Return how often the Thing was asked that."""
        return [words[0] for words in self.she.connection.requests].count(name)


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setattr("app.shell.prompt._history", InMemoryHistory)
    screen = io.StringIO()
    output = Vt100_Output(screen, lambda: Size(rows=30, columns=100), term="dumb")
    before = signal.getsignal(signal.SIGINT)
    with person() as she, create_pipe_input() as keys, create_app_session(keys, output):
        yield Desk(she, keys, screen)
    assert signal.getsignal(signal.SIGINT) == before


def at(word: str, act: Callable[[], None]) -> Callable[[str], str]:
    def typed(line: str) -> str:
        if word in line:
            act()
        return line

    return typed


def test_just_as_the_editor_ends(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    """It is meant for the command that was just typed."""
    monkeypatch.setattr("app.shell.prompt._history", EndOfTheEditor)
    assert "held" in desk.type("until setup")
    assert desk.asked("until") == 0


def test_while_a_command_waits(desk: Desk):
    desk.she.connection.typed = at('"until"', ctrl_c)
    assert "held" in desk.type("until setup")
    assert desk.asked("until") == desk.asked("hold") == 1


def test_a_thing_that_ran_goes_on(desk: Desk):
    desk.she.do("auto")
    desk.she.connection.typed = at('"until"', ctrl_c)
    assert "it goes on" in desk.type("until setup")
    assert desk.asked("auto") == 2
    assert not desk.she.session.held
    assert not desk.she.session.request(["state"])[0]["held"]


def test_once_more_while_the_first_is_obeyed(desk: Desk):
    desk.she.connection.typed = at('"', ctrl_c)
    assert "held" in desk.type("until setup")


def test_behind_a_command_it_is_not_kept_for_the_next(desk: Desk):
    desk.she.connection.typed = at('"state"', ctrl_c)  # the status line
    screen = desk.type("mem\rmem")
    assert desk.asked("mem") == 2
    assert "held" not in screen
