"""The completion of words on the command line."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Callable

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from app.shell.errors import ShellError
from app.shell.vocabulary import COMMANDS

_FRESH_S = 2.0


class ShellCompleter(Completer):
    """Completes commands and their arguments. `ask(words)` returns an answer of the Thing; its
    events and files are requested when needed."""

    def __init__(self, ask: Callable[[list[str]], Any]) -> None:
        self._ask = ask
        self._known: dict[tuple[str, ...], tuple[float, list[str]]] = {}

    def get_completions(
        self,
        document: Document,
        complete_event: CompleteEvent,  # noqa: ARG002 - the base class has it
    ) -> Iterable[Completion]:
        """Yield the completions of the word before the cursor."""
        command = document.text_before_cursor.rpartition(";")[2].lstrip()
        words = command.split(" ")
        last = words[-1]
        for found in self._words(words):
            if found.startswith(last):
                yield Completion(found, start_position=-len(last))

    def _words(self, words: list[str]) -> list[str]:
        if len(words) == 1:
            return [name + " " * (COMMANDS[name].usage != name) for name in COMMANDS]
        command = COMMANDS.get(words[0])
        if command is None:
            return []
        if command.name == "help":
            return list(COMMANDS)
        found = list(command.words)
        if command.kind == "event":
            found += self._asked("events")
        elif command.kind == "file" and words[1:-1] in ([], ["corrupt"]):
            found += self._files(words[-1])
        elif command.kind == "local":
            found += _local(words[-1])
        return found

    def _files(self, begun: str) -> list[str]:
        folder = begun.rpartition("/")[0]
        head = folder + "/" if folder else ""
        return [head + name for name in self._asked("ls", *([folder] if folder else []))]

    def _asked(self, *words: str) -> list[str]:
        now = time.monotonic()
        at, known = self._known.get(words, (-_FRESH_S, []))
        if now - at >= _FRESH_S or words[0] == "events":
            try:
                known = [str(item) for item in self._ask(list(words))]
            except ShellError:
                known = []
            self._known[words] = now, known
        return known


def _local(begun: str) -> list[str]:
    """Return this machine's files in the folder of a path that is being typed."""
    path = Path(begun).expanduser()
    folder = path if begun.endswith("/") or not begun else path.parent
    head = begun.rpartition("/")[0] + "/" if "/" in begun else ""
    try:
        found = sorted(folder.iterdir())
    except OSError:
        return []
    return [head + item.name + ("/" if item.is_dir() else "") for item in found]
