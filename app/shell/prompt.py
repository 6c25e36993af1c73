"""The interactive shell: a line editor with completion, history and a status line."""

from __future__ import annotations

import os
import shlex
import signal
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from prompt_toolkit import PromptSession
from prompt_toolkit.formatted_text import ANSI, StyleAndTextTuples
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.output import ColorDepth

from adapters.debug.commands import shown
from app.shell import language, render
from app.shell.completion import ShellCompleter
from app.shell.errors import Gone, ShellError
from app.shell.host import Host, Quit
from app.shell.render import legal
from app.shell.screen import Screen

_LOOK_S = 2.0  # between two updates of the status line
_LOOK_TIMEOUT_S = 5.0


class Prompt:
    """The interactive prompt. `name`: the text before the cursor; `color`: whether to use it."""

    def __init__(self, host: Host, name: str, color: bool) -> None:
        self._host = host
        self._name = name
        self._color = color
        self._status = "looking at the Thing ..."
        self._state = ""
        self._obeys = False  # a command runs: Ctrl-C interrupts it
        self._pressed = False  # Ctrl-C was pressed before the command began
        self._busy = threading.Lock()  # a command runs: the status line must not ask
        self._ended = threading.Event()
        self._prompt: PromptSession[str] = PromptSession(
            history=_history(),
            completer=ShellCompleter(self._known),
            complete_while_typing=False,
            complete_in_thread=True,
            bottom_toolbar=self._toolbar,
            color_depth=None if color else ColorDepth.DEPTH_1_BIT,
        )
        self._screen = Screen(self._prompt.output)

    def run(self) -> int:
        """Read and execute commands until the user leaves; return the exit status."""
        looker = threading.Thread(target=self._look, daemon=True)
        before = signal.signal(signal.SIGINT, self._ctrl_c)
        with self._screen.shown():
            print("`help` lists the commands, Tab completes, Ctrl-D leaves.")
            looker.start()
            try:
                while self._line():
                    pass
            finally:
                self._ended.set()
                signal.signal(signal.SIGINT, before)
        looker.join()
        return 0

    def news(self, value: dict[str, Any]) -> None:
        """Tell the user that a break stopped the Thing."""
        print("break: %s" % render.moved(value))

    def _line(self) -> bool:
        try:
            with self._screen.edited():
                text = self._prompt.prompt(self._before, pre_run=self._edits, handle_sigint=False)
        except KeyboardInterrupt:
            return True
        except EOFError:
            return False
        with self._busy:
            return self._obey(text)

    def _edits(self) -> None:
        self._pressed = False  # from here on Ctrl-C is a key of the editor
        self._screen.started()

    def _ctrl_c(self, *_: object) -> None:
        """Handle SIGINT outside the line editor: interrupt a command once, or remember the signal.

        Between two commands the editor's own code runs and must not be interrupted.
        """
        session = self._host.session
        if not self._obeys:
            self._pressed = True
            return
        self._obeys = False  # only once: the clean-up must not be interrupted
        if session.lent:  # no lock is taken meanwhile
            raise KeyboardInterrupt
        session.news.interrupted = True

    def _obey(self, text: str) -> bool:
        try:
            self._run(text)
        except Quit:
            return False
        except KeyboardInterrupt:  # the user stops waiting: restore the earlier hold
            held = self._host.session.held
            self._host.session.tell(["hold" if held else "auto"])
            print("held" if held else "it goes on")
        except ShellError as error:
            print(self._red(str(error) + legal(error)))
        self._refresh()
        return True

    def _run(self, text: str) -> None:
        try:
            self._obeys = True
            if self._pressed:
                raise KeyboardInterrupt
            for words in language.commands(text):
                said = self._host.run(words).text
                if said:
                    print(said)
        finally:
            self._obeys = self._host.session.news.interrupted = False

    def _red(self, text: str) -> str:
        return "\x1b[31m%s\x1b[0m" % text if self._color else text

    def _before(self) -> Any:
        state = "(%s)" % self._state if self._state else ""
        text = "%s%s> " % (self._name, state)
        return ANSI("\x1b[1m%s\x1b[0m" % text) if self._color else text

    def _toolbar(self) -> StyleAndTextTuples:
        return [("", self._status)]

    def _known(self, words: list[str]) -> Any:
        return self._host.session.request(words, _LOOK_TIMEOUT_S)[0]

    def _look(self) -> None:
        """Update the status line every 2 s, in a thread of its own, unless a command runs."""
        while True:
            if self._busy.acquire(blocking=False):
                try:
                    self._refresh()
                finally:
                    self._busy.release()
                if self._prompt.app.is_running:
                    with suppress(RuntimeError):  # the editor has ended since
                        self._prompt.app.invalidate()
            if self._ended.wait(_LOOK_S):
                return

    def _refresh(self) -> None:
        try:
            value = self._known(["state"])
            self._state, self._status = value["state"], render.status(value)
        except Gone as error:
            self._status = str(error)
        except ShellError as error:
            self._state, self._status = "", str(error)


def _history() -> History:
    """Return the history: in the user's state folder, or in memory if that is not writable."""
    base = os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")
    folder = Path(base) / "pythings"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (folder / "shell_history").touch(mode=0o600)
    except OSError:
        return InMemoryHistory()
    return _Kept(str(folder / "shell_history"))


class _Kept(FileHistory):
    """A history in a file, with secrets masked."""

    def store_string(self, string: str) -> None:
        """Store a line with secrets masked; drop one that cannot be parsed: it may hold secrets."""
        try:
            typed = language.commands(string)
        except ShellError:
            return
        masked = [shown(words) for words in typed]
        super().store_string(
            string if masked == typed else "; ".join(shlex.join(words) for words in masked)
        )
