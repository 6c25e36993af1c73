"""What a Thing's lines are: answers in pieces, told apart by the requests' idents; or events."""

from __future__ import annotations

import re
import secrets
from typing import Any

from app.cloud.api.body import parse_json
from domain.debug.wire import ITEM, unseal

_NUMBER = re.compile("[0-9]{1,9}")


class Answer:
    """What has come of an answer so far."""

    def __init__(self) -> None:
        self.items: dict[int, Any] = {}
        self.kind = ""
        self.count = 0
        self.value: Any = None

    def whole(self) -> bool:
        """Whether nothing of it was lost."""
        return (
            bool(self.kind)
            and len(self.items) == self.count
            and all(number in self.items for number in range(self.count))
        )


class Answers:
    """Those that somebody waits for."""

    def __init__(self) -> None:
        self._prefix = secrets.token_hex(2)  # not those of an earlier session
        self._number = 0
        self._pending: dict[str, Answer] = {}

    def ident(self) -> str:
        """For a request."""
        self._number += 1
        return "%s%d" % (self._prefix, self._number)

    def expect(self) -> tuple[str, Answer]:
        """The ident for a request, and what its answer will be; until `forget`."""
        ident, answer = self.ident(), Answer()
        self._pending[ident] = answer
        return ident, answer

    def forget(self, ident: str) -> None:
        """Nobody waits for it any more."""
        del self._pending[ident]

    def take(self, ident: str, kind: str, number: int, value: Any) -> bool:
        """A piece of an answer; whether it was the last of one that somebody waits for."""
        answer = self._pending.get(ident)
        if answer is None:
            return False
        if kind == ITEM:
            answer.items[number] = value
            return False
        answer.count, answer.value, answer.kind = number, value, kind
        return True


def heard(line: str) -> tuple[str, str, int, Any] | None:
    """The (ident, kind, number, value) of a line from the shell; None for one that is not, or was
    garbled on the way."""
    text = unseal(line)
    parts = text.split(" ", 3) if text is not None else []
    if len(parts) != 4 or not _NUMBER.fullmatch(parts[2]):
        return None
    try:
        return parts[0], parts[1], int(parts[2]), parse_json(parts[3])
    except ValueError:
        return None


def boots(line: str) -> bool:
    """Whether the OS tells here that the board has started."""
    try:
        told = parse_json(line)
        return bool(told["event"] == "boot" and told["cause"] != "update")
    except (ValueError, KeyError, TypeError):
        return False
