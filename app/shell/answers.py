"""The lines of a Thing: answers in pieces, told apart by their requests' idents; or events."""

from __future__ import annotations

import re
import secrets
from typing import Any

from adapters.debug.wire import ITEM, unseal
from app.cloud.api.body import parse_json

_NUMBER = re.compile("[0-9]{1,9}")


class AnswerParts:
    """The received pieces of an answer."""

    def __init__(self) -> None:
        self.items: dict[int, Any] = {}
        self.kind = ""
        self.count = 0
        self.value: Any = None

    def whole(self) -> bool:
        """Tell whether all pieces of the answer arrived."""
        return (
            bool(self.kind)
            and len(self.items) == self.count
            and all(number in self.items for number in range(self.count))
        )


class Answers:
    """The answers that requests wait for."""

    def __init__(self) -> None:
        self._prefix = secrets.token_hex(2)  # tells our answers from an earlier session's
        self._number = 0
        self._pending: dict[str, AnswerParts] = {}

    def ident(self) -> str:
        """Return a new ident for a request."""
        self._number += 1
        return "%s%d" % (self._prefix, self._number)

    def expect(self) -> tuple[str, AnswerParts]:
        """Return an ident for a request, and its answer, which is filled in until `forget`."""
        ident, answer = self.ident(), AnswerParts()
        self._pending[ident] = answer
        return ident, answer

    def forget(self, ident: str) -> None:
        """Stop collecting the answer to a request."""
        del self._pending[ident]

    def take(self, ident: str, kind: str, number: int, value: Any) -> bool:
        """Store a piece of an answer; return whether it ended one that a request waits for."""
        answer = self._pending.get(ident)
        if answer is None:
            return False
        if kind == ITEM:
            answer.items[number] = value
            return False
        answer.count, answer.value, answer.kind = number, value, kind
        return True


def heard(line: str) -> tuple[str, str, int, Any] | None:
    """Return the (ident, kind, number, value) of a line; None if it is garbled or no answer."""
    text = unseal(line)
    parts = text.split(" ", 3) if text is not None else []
    if len(parts) != 4 or not _NUMBER.fullmatch(parts[2]):
        return None
    try:
        return parts[0], parts[1], int(parts[2]), parse_json(parts[3])
    except ValueError:
        return None


def boots(line: str) -> bool:
    """Tell whether a log line says that the board has started, other than for an update."""
    try:
        told = parse_json(line)
        return bool(told["event"] == "boot" and told["cause"] != "update")
    except (ValueError, KeyError, TypeError):
        return False
