"""The replay of a recording: the domain's calls get the recorded answers, so its states follow.

A recording consists of runs, each from a start of the Thing to its end. Nothing is simulated here:
the use cases are those of the OS, on ports that only return the recorded answers, and that raise
an error when a call differs from the recorded one. So a run can be repeated up to any move.
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from adapters.debug.commands import command
from adapters.debug.port_recorder import LINK
from adapters.debug.remote import remote
from adapters.debug.shell import Shell
from app.boards.linux import enter
from app.shell.replayed_ports import PORTS, Calls, Diverged, EndOfRecording, LastHeard, Other, Voice
from app.shell.runs import RecordedRun
from domain.errors import IllegalEvent, ThingError
from domain.readings.backlog import Backlog
from domain.readings.queue import IN_MEMORY, SEGMENT
from domain.runner import Runner
from domain.thing import Thing

# The errors from values that no port returns: the recording may come from an attacker.
_SHAPE = (TypeError, ValueError, LookupError, AttributeError, ArithmeticError)


class Replay:
    """A run, repeated up to some move. `told`: the events it logged, as (level, name, fields)."""

    def __init__(self, run: RecordedRun) -> None:
        self.run = run
        self.moves = 0
        self.told: list[tuple[int, str, dict[str, Any]]] = []
        self._calls = calls = Calls(run)
        head = run.head
        ports: dict[str, Any] = {name: Voice(calls, number) for number, name in PORTS.items()}
        parts: dict[str, Any] = {
            **ports,
            "links": [Voice(calls, LINK + n) for n in range(head["links"])],
            "indicator": _Silent(),
            "console": self,
            "version": head["version"],
            "default_backend": head["default_backend"],
            "given": head["given"],
        }
        self.thing = _composed(Thing(**parts), head)
        self.thing.remote = remote
        self.runner = Runner(self.thing, enter, repr)
        self.shell = Shell(self.runner, lambda: None, lambda _: None, "open", lambda: None)
        shell: Any = self.shell
        shell.clock = LastHeard(calls)
        shell.record = self._note
        self._made: list[list[Any]] = []  # transitions of this move
        self.thing.clock = ports["clock"]

    @property
    def now(self) -> int:
        """The monotonic time in ms, as last recorded."""
        return self._calls.now

    @property
    def state(self) -> str:
        """The current state."""
        return self.runner.machine.state

    def forward(self) -> bool:
        """Repeat the next step or command; return whether there was one. Raise `Diverged`."""
        note = self._calls.next()
        if note is None:
            return False
        self.moves += 1
        try:
            if note[0] == "step":
                before = self.state
                event = self.runner.step()
                if event is not None:
                    self.shell.moved(before, event, self._why(event))
            elif note[0] == "command":
                self._command(note[1])
            elif self._calls.stopped():
                return False
            else:
                raise Other(self._calls.position, note, "nothing")
            self._compare()
        except EndOfRecording:
            return False
        except Other as other:
            position, note, does = other.args
            text = "note %d of the run is %s, but the domain does %s"
            raise Diverged(text % (position, json.dumps(note), does)) from None
        except _SHAPE as error:
            text = "note %d of the run is no answer that a Thing gives: %r"
            raise Diverged(text % (self._calls.position, error)) from None
        return True

    def event(self, level: int, name: str, fields: dict[str, Any]) -> None:
        """Record a log event, as the domain's console."""
        self.told.append((level, name, fields))

    def line(self) -> None:
        """Return no line: nothing is typed on this console."""

    def _command(self, words: list[str]) -> None:
        if words[0] == "inject" and words[1:2] not in (["corrupt"], ["clock"]):
            return  # its effects are in the recorded answers
        with suppress(ThingError, IllegalEvent, *_SHAPE):  # it was refused in the recorded run, too
            command(self.shell, words)

    def _why(self, event: str) -> str:
        """Return the reason of an event from the last log events, or an empty text."""
        for _, name, fields in reversed(self.told[-4:]):
            if name in (event, "fault"):
                return str(fields.get("text", ""))
        return ""

    def _compare(self) -> None:
        """Compare the transitions of this move with the recorded ones; raise `Other` at another.

        At the end of the recording, more transitions are accepted.
        """
        calls = self._calls
        then = calls.transitions()
        made, self._made = self._made, []
        if made != then and not (calls.ended and made[: len(then)] == then):
            raise Other(calls.position, then, json.dumps(made))

    def _note(self, *what: Any) -> None:
        """Note a transition of this move, in place of the recorder."""
        if what[0] == "to":
            self._made.append(list(what))


def _composed(thing: Thing, head: dict[str, Any]) -> Thing:
    """Apply the settings that the board's composition made besides the ports."""
    thing.unverified = head.get("unverified", False)
    segment, in_memory = head.get("queue", (SEGMENT, IN_MEMORY))
    if segment != SEGMENT:
        thing.queue = Backlog(thing.storage, 0)
    thing.queue.segment, thing.queue.in_memory = segment, in_memory
    return thing


class _Silent:
    """An indicator without a light."""

    def show(self, _state: str) -> None:
        """Ignore the state."""
