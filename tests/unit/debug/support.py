"""A debug shell on a Thing of fakes, and a client of it."""

from __future__ import annotations

import json
from typing import Any

from adapters.debug.shell import LATER, Shell
from adapters.debug.wire import seal, unseal
from tests.fakes.thing import FakeThing, make_runner, make_thing


class Bench:
    """`ask(...)` returns the answer; `written` has every line that went out."""

    def __init__(self, policy: str = "open", thing: FakeThing | None = None, **overrides: Any):
        self.thing = thing or make_thing(**overrides)
        self.lines: list[str] = []
        self.written: list[str] = []
        self.runner = make_runner(self.thing)
        self.shell = Shell(self.runner, self._read, self.written.append, policy, lambda: None)
        self.number = 0

    @property
    def state(self) -> str:
        return self.runner.machine.state

    def _read(self) -> str | None:
        return self.lines.pop(0) if self.lines else None

    def send(self, *words: str) -> str:
        """Type a request, and return its id."""
        self.number += 1
        ident = f"q{self.number}"
        self.lines.append(seal(f"{ident} {json.dumps(words)}"))
        return ident

    def ask(self, *words: str) -> Any:
        """Return the answer to a request, without a step; a refusal has `code` and `text`."""
        ident = self.send(*words)
        self.shell.obey(self.lines.pop(0))
        answer = [value for kind, value in self.answers(ident) if kind != "+"]
        return answer[0] if answer else LATER

    def items(self, *words: str) -> list[Any]:
        """Return the items of an answer."""
        self.ask(*words)
        return [value for kind, value in self.answers(f"q{self.number}") if kind == "+"]

    def answers(self, ident: str) -> list[tuple[str, Any]]:
        """Return (kind, value) of each answer to an id so far, and check their numbers."""
        found: list[tuple[str, Any]] = []
        for line in self.written:
            said, kind, number, value = (unseal(line) or "").split(" ", 3)
            if said == ident:
                assert ident in ("-", "=") or int(number) == len(found)
                found.append((kind, json.loads(value)))
        return found

    def run(self, turns: int = 200, until: str = "") -> None:
        """Run turns of the loop until the Thing is in a state."""
        for _ in range(turns):
            if self.state == until:
                return
            self.shell.turn()
        assert not until, self.state
