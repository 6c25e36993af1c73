"""The greeting of a Thing: its `hello`, with a login where it wants a password."""

from __future__ import annotations

from typing import Any, Callable

from app.shell import password
from app.shell.errors import CommandRefused, ShellError

NO_SENSE = "the answer makes no sense - is this the shell of a PythingsOS?"

Ask = Callable[[list[str]], Any]


class Greeting:
    """Greets a Thing at each start. `ask_password()` returns a password, or an empty text."""

    def __init__(self, ask_password: Callable[[], str]) -> None:
        self._ask_password = ask_password
        self._key = b""

    def greet(self, ask: Ask, hold: bool) -> dict[str, Any]:
        """Return the Thing's answer, once it admits us; `hold`: it is held from then on.

        Raise `ShellError`.
        """
        words = ["hold"] if hold else []
        hello = _checked(ask(["hello", *words]))
        return hello if hello["allowed"] else self._login(ask, hello, words)

    def _login(self, ask: Ask, hello: dict[str, Any], words: list[str]) -> dict[str, Any]:
        if not hello["salt"]:
            raise ShellError(
                "the shell is off on this board - board.json may allow it, see docs/debugging.md"
            )
        if not self._key:
            self._key = password.key(self._ask_password(), hello["salt"])
        proof = password.proof(self._key, hello["nonce"])
        try:
            return _checked(ask(["login", proof, *words]))
        except CommandRefused as refused:
            raise ShellError(str(refused)) from None


def _checked(found: Any) -> dict[str, Any]:
    if not isinstance(found, dict) or "allowed" not in found:
        raise ShellError(NO_SENSE)
    if not all(isinstance(found.get(name), str) for name in ("salt", "nonce")):
        raise ShellError(NO_SENSE)
    return dict(found)
