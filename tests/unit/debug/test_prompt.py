"""The interactive shell: Ctrl-C never ends it, and no output gets into its prompt."""

from __future__ import annotations

import io
import re
import signal
import threading
from collections.abc import Iterator
from typing import Any, Callable

import pytest
from prompt_toolkit.application import Application, create_app_session
from prompt_toolkit.data_structures import Size
from prompt_toolkit.history import InMemoryHistory
from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.output.vt100 import Vt100_Output

from app.shell.prompt import Prompt
from app.shell.waiting import InterruptibleCondition
from tests.patience import PATIENCE_S
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


class Terminal(Vt100_Output):
    """A terminal in memory. While `slow`, the output of other threads takes until the prompt has
    been drawn, if that can happen meanwhile."""

    def __init__(self, screen: io.StringIO) -> None:
        super().__init__(screen, lambda: Size(rows=30, columns=100), term="dumb")
        self.slow = self.over = False  # over: the output was written over the prompt
        self.begun, self.drawn = threading.Event(), threading.Event()

    def enable_autowrap(self) -> None:
        if self.slow and threading.current_thread() is not threading.main_thread():
            self.begun.set()
            self.over = self.drawn.wait(0.5)
        super().enable_autowrap()

    def write(self, data: str) -> None:
        super().write(data)
        if data == ">" and self.begun.is_set():  # the prompt, by the renderer, cell by cell
            self.drawn.set()


class Desk:
    def __init__(self, she: Person, keys: PipeInput, screen: io.StringIO, output: Terminal):
        self.she = she
        self.terminal = output
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
    output = Terminal(screen)
    before = signal.getsignal(signal.SIGINT)
    with person() as she, create_pipe_input() as keys, create_app_session(keys, output):
        yield Desk(she, keys, screen, output)
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


def test_just_as_a_lock_is_taken(desk: Desk):
    """The lock is released: the Thing's answers could not be received otherwise."""
    armed = threading.Event()

    class Ringing(InterruptibleCondition):
        def __enter__(self) -> bool:
            taken = super().__enter__()
            if armed.is_set() and threading.current_thread() is threading.main_thread():
                armed.clear()
                ctrl_c()
            return taken

    news = desk.she.session.news
    news.__class__ = Ringing
    desk.she.connection.typed = at('"until"', armed.set)
    assert "held" in desk.type("until setup")
    assert not armed.is_set()
    free = threading.Event()

    def look() -> None:
        with news:
            free.set()

    threading.Thread(target=look, daemon=True).start()
    assert free.wait(PATIENCE_S)


def test_behind_a_command_it_is_not_kept_for_the_next(desk: Desk):
    desk.she.connection.typed = at('"state"', ctrl_c)  # the status line
    screen = desk.type("mem\rmem")
    assert desk.asked("mem") == 2
    assert "held" not in screen


def test_a_line_that_comes_as_the_editor_starts(desk: Desk):
    """The prompt is not drawn before the line is on the screen."""
    terminal = desk.terminal

    def log() -> None:
        if not terminal.begun.is_set():
            terminal.slow = True
            threading.Thread(target=print, args=("a line of the Thing",)).start()
            assert terminal.begun.wait(PATIENCE_S)

    desk.she.connection.typed = at('"mem"', log)
    assert desk.type("mem").count("a line of the Thing\n") == 1
    assert not terminal.over


@pytest.mark.parametrize("when", ["as the editor ends", "while it runs"])
def test_a_line_that_comes_with_the_editor(desk: Desk, monkeypatch: pytest.MonkeyPatch, when: str):
    """It is shown once, as a line of its own."""

    class Edited(InMemoryHistory):
        def store_string(self, string: str) -> None:
            super().store_string(string)
            print("a line of the Thing")

    class Looked(InMemoryHistory):
        def load_history_strings(self) -> list[str]:  # by a thread, when the editor has started
            print("a line of the Thing")
            return []

    history = Looked if when == "while it runs" else Edited
    monkeypatch.setattr("app.shell.prompt._history", history)
    screen = desk.type("mem")
    assert screen.count("a line of the Thing\n") == 1


def test_the_prompt_begins_at_the_left_edge(desk: Desk):
    """Also behind keys that the terminal has shown."""

    def echo() -> None:
        if threading.current_thread() is threading.main_thread():
            desk.terminal.write_raw("^C")

    desk.she.connection.typed = at('"state"', echo)  # the last request before the prompt
    after = desk.type("mem").rsplit("^C", 1)[1]
    assert re.match(r"(\x1b\[[?0-9;]*[a-zA-Z])*\r", after), after


def test_the_status_line_outlives_an_editor_that_ends(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    """prompt_toolkit raises this if the editor's loop ends while another thread asks to redraw."""
    calls = []

    def invalidate(_: object) -> None:
        calls.append(1)
        raise RuntimeError("no running event loop")

    monkeypatch.setattr(Application, "is_running", property(lambda _: True))
    monkeypatch.setattr(Application, "invalidate", invalidate)
    prompt = Prompt(desk.she.host, "bench", False)
    prompt._ended.set()
    prompt._look()
    assert calls
