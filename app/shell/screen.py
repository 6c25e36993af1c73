"""The standard output of an interactive shell: lines appear above the line editor, never in it.

prompt_toolkit's `patch_stdout` looks whether an editor runs, and writes a moment later, in another
thread. An editor that has started in between has the text in its prompt from then on, because it
redraws only the cells that it has changed itself. Here both take turns.
"""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from typing import Any

from prompt_toolkit.application import run_in_terminal
from prompt_toolkit.output import Output

_BUNDLE_S = 0.1  # all lines of this time are shown at once: each time the prompt is drawn again


class Screen:
    """A text file for `sys.stdout`. Any thread may write."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._turn = threading.Lock()
        self._text = ""  # not shown yet
        self._editing = False
        self._due = False  # the editor's loop has been asked to show the text
        self._loop: asyncio.AbstractEventLoop | None = None
        self._context = contextvars.copy_context()

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Show on this screen all that is printed."""
        file: Any = self
        with redirect_stdout(file), redirect_stderr(file):
            yield

    @contextmanager
    def edited(self) -> Iterator[None]:
        """Reserve the screen for a line editor; later text waits, for `started` or for the end."""
        with self._turn:
            self._editing = True
        try:
            yield
        finally:
            with self._turn:
                self._editing = self._due = False
                self._loop = None
                self._show()

    def started(self) -> None:
        """Take the loop of the editor, which calls this before it draws its prompt.

        The prompt begins at the left edge: the terminal may have echoed keys, ^C or others.
        """
        with self._turn:
            self._output.write_raw("\r")
            self._loop = asyncio.get_running_loop()
            self._context = contextvars.copy_context()
            self._look()

    def write(self, text: str) -> int:
        """Write a text; the part behind its last line waits for the line's end."""
        with self._turn:
            self._text += text
            self._look()
        return len(text)

    def flush(self) -> None:
        """Do nothing: whole lines are flushed."""

    def isatty(self) -> bool:
        """Tell whether the output is a terminal."""
        return bool(self._output.stdout and self._output.stdout.isatty())

    def fileno(self) -> int:
        """Return the terminal's file descriptor."""
        return self._output.fileno()

    @property
    def encoding(self) -> str:
        """The encoding of the terminal."""
        return self._output.encoding()

    def _look(self) -> None:
        if not self._editing:
            self._show()
        elif "\n" in self._text and self._loop and not self._due:
            with suppress(RuntimeError):  # the loop has ended: the text is shown at the end
                self._loop.call_soon_threadsafe(self._soon, self._loop, context=self._context)
                self._due = True

    def _soon(self, loop: asyncio.AbstractEventLoop) -> None:
        loop.call_later(_BUNDLE_S, run_in_terminal, self._above)

    def _above(self) -> None:
        """Show the text while the editor has hidden its prompt."""
        with self._turn:
            self._due = False
            self._show()

    def _show(self) -> None:
        lines, newline, self._text = self._text.rpartition("\n")
        if newline:
            self._output.enable_autowrap()
            self._output.write_raw(lines + newline)
            self._output.flush()
