"""The runs of a recording, each from a start of the Thing to its end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from adapters.linux import inputs
from adapters.linux.console import printable
from app.shell.errors import ShellError
from app.shell.recording import known, named, parse

_MOST = 1 << 26  # bytes: a day of a busy Thing


class RecordedRun:
    """One run of a Thing: the `head` of its recording, and the notes after it."""

    def __init__(self, head: dict[str, Any]) -> None:
        self.head = head
        self.notes: list[list[Any]] = []

    def transitions(self) -> list[list[str]]:
        """Return the (old, event, new) of each recorded transition."""
        return [note[1:] for note in self.notes if note[0] == "to"]


def load(path: Path) -> list[RecordedRun]:
    """Load the runs of a file. Raise `ShellError`."""
    runs: list[RecordedRun] = []
    number = 0
    try:
        for number, line in enumerate(inputs.text(path, _MOST).splitlines(), 1):
            value = parse(line)
            if isinstance(value, list):
                if not runs:
                    raise ValueError("a note before a start")
                runs[-1].notes.append(named(value, 0))
            elif "lost" in value:
                text = "%s, line %d: %d lines were lost on the way - record it again"
                raise ShellError(text % (path, number, value["lost"]))
            elif not known(value["pythings"]):
                raise ShellError("%s is a recording of another version" % path)
            else:
                runs.append(RecordedRun(value["start"]))
    except OSError as error:
        raise ShellError("%s: %s" % (path, error.strerror)) from None
    except ValueError as error:
        text = "%s, line %d: this is no recording (%s)"
        raise ShellError(text % (path, number, printable(str(error))[:80])) from None
    if not runs:
        raise ShellError("%s: nothing is recorded here" % path)
    return runs
