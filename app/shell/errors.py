"""The errors between the shell and a Thing."""

from __future__ import annotations

from typing import Any

from adapters.linux.console import printable


class ShellError(Exception):
    """The command failed; the text names the cause and the remedy."""


class Gone(ShellError):
    """The Thing cannot be reached now: it restarts, or the cable is unplugged."""


class CommandRefused(ShellError):
    """The Thing refused the command; `answer` has its `code` and `text`."""

    def __init__(self, answer: Any) -> None:
        self.answer: dict[str, Any] = answer if isinstance(answer, dict) else {"text": answer}
        super().__init__(printable(str(self.answer.get("text", answer))))
