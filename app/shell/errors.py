"""What can go wrong between the shell and a Thing."""

from __future__ import annotations

from typing import Any

from adapters.linux.console import printable


class ShellError(Exception):
    """It cannot be done; the text says why, and what to do."""


class Gone(ShellError):
    """The Thing cannot be reached now: it starts again, or the cable is out."""


class Refused(ShellError):
    """The Thing says no; `answer` has its `code` and `text`."""

    def __init__(self, answer: Any) -> None:
        self.answer: dict[str, Any] = answer if isinstance(answer, dict) else {"text": answer}
        super().__init__(printable(str(self.answer.get("text", answer))))
