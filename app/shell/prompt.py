"""The shell for a person: a line editor with completion, history and a status line."""

from __future__ import annotations

import os
import shlex
import signal
import threading
from pathlib import Path
from typing import Any

from prompt_toolkit import PromptSession
from prompt_toolkit.formatted_text import ANSI, StyleAndTextTuples
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.output import ColorDepth
from prompt_toolkit.patch_stdout import patch_stdout

from app.shell import language, render
from app.shell.completion import ShellCompleter
from app.shell.errors import Gone, ShellError
from app.shell.host import Host, Quit
from app.shell.render import legal
from domain.debug.commands import shown

_LOOK_S = 2.0  # between two looks at the Thing, for the status line
_LOOK_TIMEOUT_S = 5.0


class Prompt:
    """`name`: what stands before the cursor; `color`: whether there is any."""

    def __init__(self, host: Host, name: str, color: bool) -> None:
        self._host = host
        self._name = name
        self._color = color
        self._status = "looking at the Thing ..."
        self._state = ""
        self._obeys = False  # a command: Ctrl-C is for it
        self._pressed = False  # Ctrl-C, when there was no command yet
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

    def run(self) -> int:
        """Until the person has enough; gives the exit status."""
        looker = threading.Thread(target=self._look, daemon=True)
        before = signal.signal(signal.SIGINT, self._ctrl_c)
        with patch_stdout(raw=True):
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
        """It was stopped by a break."""
        print("break: %s" % render.moved(value))

    def _line(self) -> bool:
        try:
            text = self._prompt.prompt(self._before, pre_run=self._edits, handle_sigint=False)
        except KeyboardInterrupt:
            return True
        except EOFError:
            return False
        with self._busy:
            return self._obey(text)

    def _edits(self) -> None:
        self._pressed = False  # from here on it is a key

    def _ctrl_c(self, *_: object) -> None:
        """The terminal's own, when no line editor reads it as a key: between two commands the
        editor is at work inside, and must not be interrupted."""
        if self._obeys:
            self._obeys = False  # once: what follows must be done
            raise KeyboardInterrupt
        self._pressed = True

    def _obey(self, text: str) -> bool:
        try:
            self._run(text)
        except Quit:
            return False
        except KeyboardInterrupt:  # whoever waits for the Thing has enough: as it was before
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
                self._ctrl_c()
            for words in language.commands(text):
                said = self._host.run(words).text
                if said:
                    print(said)
        finally:
            self._obeys = False

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
        """In a thread of its own, while the person types."""
        while True:
            if self._busy.acquire(blocking=False):
                try:
                    self._refresh()
                finally:
                    self._busy.release()
                if self._prompt.app.is_running:
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
    """In the user's own files; in memory where there are none to write."""
    base = os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")
    folder = Path(base) / "pythings"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (folder / "shell_history").touch(mode=0o600)
    except OSError:
        return InMemoryHistory()
    return _Kept(str(folder / "shell_history"))


class _Kept(FileHistory):
    """What is typed is there again the next time, but for its secrets."""

    def store_string(self, string: str) -> None:
        """What makes no sense is not kept: what is a secret in it is not known."""
        try:
            typed = language.commands(string)
        except ShellError:
            return
        masked = [shown(words) for words in typed]
        super().store_string(
            string if masked == typed else "; ".join(shlex.join(words) for words in masked)
        )
