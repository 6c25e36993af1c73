"""`pythings replay`: replays a recording of a Thing, forwards and backwards."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from adapters.debug.inspect import look
from app.cli.parsing import command_parser
from app.digits import is_number
from app.shell import language, render
from app.shell.errors import ShellError
from app.shell.replay import Replay
from app.shell.runs import RecordedRun, load
from domain.errors import ThingError
from domain.lifecycle import EVENTS, STATES

_EPILOG = """\
A recording is made with `record FILE` in `pythings shell`. Here the domain does the same again: the
ports give the answers that they gave then. Without -c or a terminal each run is repeated whole.

commands:
  next [COUNT]     so many moves on; a move is a step of the Thing, or a command that was given
  back [COUNT]     so many moves back
  goto MOVE        to a move, by its number
  until PLACE      on, until a state is entered or an event happens
  end              on, to the end
  state            where it is
  told [COUNT]     the last that the Thing has told
  run NUMBER       another run of the recording, from its start
  trace, events, settings, slots, journal, queue    as in `pythings shell`
  quit

exit status: 0 the domain does what it did then, 1 it does something else, or the file cannot be
read, 2 wrong usage.
"""


def main(argv: list[str]) -> int:
    """Replay a file; return 0, or 1 if the domain differs or the file cannot be read."""
    options = _parser().parse_args(argv)
    try:
        player = Player(load(options.file))
        if options.command is not None:
            return _script(player, language.commands("\n".join(options.command)), options.json)
        if sys.stdin.isatty() and sys.stdout.isatty() and not options.json:
            return _person(player)
        return _whole(player, options.json)
    except ShellError as error:
        sys.stderr.write("pythings replay: %s\n" % error)
        return 1


class Player:
    """A position in the runs of a recording, which can move forwards and backwards."""

    def __init__(self, runs: list[RecordedRun]) -> None:
        self.runs = runs
        self.number = 0
        self.replay = Replay(runs[0])

    def do(self, words: list[str]) -> tuple[Any, str]:
        """Execute a command; return its result as a JSON value and as text. Raise `ShellError`."""
        name, count = words[0], words[1] if words[1:] else ""
        if name in ("next", "back", "goto", "end", "run"):
            self._go(name, count)
        elif name == "until":
            self._until(count)
        elif name == "told":
            return self._told(int(count) if is_number(count) else 10)
        elif name in ("trace", "events", "settings", "slots", "journal", "queue"):
            return self._look(words)
        elif name != "state":
            raise ShellError("there is no command %s - `pythings replay --help` lists them" % name)
        return self._state()

    def _go(self, name: str, count: str) -> None:
        if count and not is_number(count):
            raise ShellError("%s is no number" % count)
        by = int(count or 1)
        if name == "run":
            if not 0 < by <= len(self.runs):
                raise ShellError("there are %d runs" % len(self.runs))
            self.number = by - 1
            self._to(0)
        elif name == "end":
            while self.replay.forward():
                pass
        else:
            here = self.replay.moves
            self._to({"next": here + by, "back": max(0, here - by), "goto": by}[name])

    def _to(self, move: int) -> None:
        """Move to a position; backwards, replay from the start."""
        if move < self.replay.moves or self.replay.run is not self.runs[self.number]:
            self.replay = Replay(self.runs[self.number])
        while self.replay.moves < move and self.replay.forward():
            pass

    def _until(self, place: str) -> None:
        if place not in STATES and place not in EVENTS:
            raise ShellError("%s is neither a state nor an event" % (place or "nothing"))
        seen = len(self._moved())
        while self.replay.forward():
            for fields in self._moved()[seen:]:
                if place in (fields["new"], fields["by"]):
                    return
            seen = len(self._moved())
        raise ShellError("%s is not reached in this run" % place)

    def _moved(self) -> list[dict[str, Any]]:
        return [fields for _, name, fields in self.replay.told if name == "state"]

    def _state(self) -> tuple[Any, str]:
        replay = self.replay
        value = {
            "run": self.number + 1,
            "runs": len(self.runs),
            "move": replay.moves,
            "state": replay.state,
            "ms": replay.now,
        }
        text = "run %(run)d of %(runs)d, move %(move)d: %(state)s, at %(ms)d ms" % value
        return value, text

    def _told(self, count: int) -> tuple[Any, str]:
        told = self.replay.told[-count:]
        lines = [
            "%-16s %s" % (name, json.dumps(fields, sort_keys=True)) for _, name, fields in told
        ]
        return [[name, fields] for _, name, fields in told], "\n".join(lines)

    def _look(self, words: list[str]) -> tuple[Any, str]:
        items: list[Any] = []
        shell: Any = self.replay.shell
        shell.item = items.append
        try:
            value = look(shell, words)
        except (ThingError, ValueError) as error:
            raise ShellError(str(error)) from None
        items = json.loads(json.dumps(items))
        return items or value, render.text(words, value, items)


def _whole(player: Player, as_json: bool) -> int:
    """Replay each run to its end and print its transitions; return the exit status."""
    for number, run in enumerate(player.runs, 1):
        replay = Replay(run)
        while replay.forward():
            pass
        moved = [[m["old"], m["by"], m["new"]] for _, name, m in replay.told if name == "state"]
        if as_json:
            _print(json.dumps({"run": number, "moves": replay.moves, "transitions": moved}))
            continue
        _print("run %d: %d moves, as recorded" % (number, replay.moves))
        for old, event, new in moved:
            _print("  %s --%s--> %s" % (old, event, new))
    return 0


def _script(player: Player, commands: list[list[str]], as_json: bool) -> int:
    status = 0
    for words in commands:
        if words[0] in ("quit", "exit"):
            break
        try:
            value, text = player.do(words)
            _print(json.dumps({"command": words, "answer": value}) if as_json else text)
        except ShellError as error:
            status = 1
            said = {"command": words, "ok": False, "answer": {"text": str(error)}}
            _print(json.dumps(said) if as_json else str(error))
    return status


def _person(player: Player) -> int:
    """Read and execute lines from a terminal; an empty one is `next`. Return the exit status."""
    from prompt_toolkit import PromptSession

    prompt: PromptSession[str] = PromptSession()
    while True:
        try:
            line = prompt.prompt("replay(%s)> " % player.replay.state)
            commands = language.commands(line) or [["next"]]
            if commands[0][0] in ("quit", "exit"):
                return 0
            _script(player, commands, False)
        except KeyboardInterrupt:
            continue
        except EOFError:
            return 0
        except ShellError as error:
            _print(str(error))


def _print(text: str) -> None:
    sys.stdout.write(text + "\n")


def _parser() -> argparse.ArgumentParser:
    parser = command_parser(
        "replay", "What was recorded on a Thing, once more: forwards and backwards.", _EPILOG
    )
    parser.add_argument("file", type=Path, help="the recording")
    parser.add_argument("-c", dest="command", action="append", help="commands, `;` between them")
    parser.add_argument("--json", action="store_true", help="one JSON answer a line")
    return parser
