"""`pythings demo`: the whole life of a device, live."""

from __future__ import annotations

import argparse
import json
import sys
import time
from typing import Any, Callable

from rich.console import Console
from rich.table import Table

from app.demo.life import Life
from app.demo.processes import Event, NotSeen
from app.demo.stage import Stage

Step = dict[str, Any]

BOARDS = ("linux", "esp32", "esp8266")
CELLULAR = ("esp32_sim800",)

_QUIET = ("reading", "delivered", "ready")  # too many to show


def main(argv: list[str]) -> int:
    """Play all steps; gives 0 only if every one was observed."""
    parser = argparse.ArgumentParser(
        prog="pythings demo",
        description="A local cloud and Things, as processes of their own, live through the whole "
        "life of a device: this machine, and a simulated ESP32 and ESP8266 that run the generated "
        "OS on real MicroPython. Takes about a minute; leaves nothing behind.",
    )
    parser.add_argument(
        "--board",
        action="append",
        choices=BOARDS + CELLULAR,
        help="only this one (may be given again; by default: %s)" % " and ".join(BOARDS),
    )
    parser.add_argument("--json", action="store_true", help="one JSON event a line")
    options = parser.parse_args(argv)
    show: Show = JsonShow() if options.json else TerminalShow()
    steps = []
    for board in options.board or BOARDS:
        with Stage(show.event, board) as stage:
            steps += play(board, Life(stage).steps(), show)
    ok = all(step["ok"] for step in steps)
    show.end(ok, steps)
    return 0 if ok else 1


def play(board: str, steps: list[tuple[str, Callable[[], str]]], show: Show) -> list[Step]:
    """Take the steps in turn; after one that was not observed the rest are not tried."""
    done: list[Step] = []
    for number, (title, act) in enumerate(steps, 1):
        if done and not done[-1]["ok"]:
            done.append(
                {"board": board, "step": title, "ok": False, "seconds": 0.0, "seen": "not tried"}
            )
            continue
        show.begin("%2d. %s: %s" % (number, board, title))
        started = time.monotonic()
        try:
            seen, ok = act(), True
        except NotSeen as error:
            seen, ok = str(error), False
        seconds = round(time.monotonic() - started, 2)
        done.append({"board": board, "step": title, "ok": ok, "seconds": seconds, "seen": seen})
        show.seen(done[-1])
    return done


class Show:
    """What the audience sees."""

    def begin(self, title: str) -> None:
        """A step begins."""

    def event(self, who: str, event: Event) -> None:
        """The cloud's or the Thing's process tells something."""

    def seen(self, step: Step) -> None:
        """A step has ended."""

    def end(self, ok: bool, steps: list[Step]) -> None:
        """All steps have ended."""


class JsonShow(Show):
    """A JSON object a line, the last with the result."""

    def event(self, who: str, event: Event) -> None:
        """As told, and by whom."""
        self._print({"who": who, **event})

    def seen(self, step: Step) -> None:
        """The step."""
        self._print({"who": "demo", "event": "step", **step})

    def end(self, ok: bool, steps: list[Step]) -> None:
        """The result."""
        self._print({"result": "ok" if ok else "failed", "steps": steps})

    @staticmethod
    def _print(value: Any) -> None:
        sys.stdout.write(json.dumps(value) + "\n")
        sys.stdout.flush()


class TerminalShow(Show):
    """For a person: what happens as it happens, and a table at the end."""

    def __init__(self) -> None:
        self._console = Console(highlight=False)
        self._started = time.monotonic()

    def begin(self, title: str) -> None:
        """A heading."""
        self._console.print()
        self._console.print(title, style="bold", markup=False)

    def event(self, who: str, event: Event) -> None:
        """A grey line, but for what comes all the time."""
        if event["event"] in _QUIET:
            return
        fields = " ".join(
            "%s=%s" % (name, value)
            for name, value in event.items()
            if name not in ("event", "t", "level") and value != ""
        )
        seconds = time.monotonic() - self._started
        line = "    %5.1f s  %-5s  %s %s" % (
            seconds,
            who,
            event["event"],
            fields,
        )
        self._console.print(line[: max(40, self._console.width - 1)], style="dim", markup=False)

    def seen(self, step: Step) -> None:
        """Done or not."""
        style = "green" if step["ok"] else "red"
        mark = "seen" if step["ok"] else "NOT SEEN"
        self._console.print("    %s: %s" % (mark, step["seen"]), style=style, markup=False)

    def end(self, ok: bool, steps: list[Step]) -> None:
        """The table."""
        table = Table("board", "step", "", "s", "what was seen", title="The life of a device")
        for step in steps:
            mark = "[green]ok[/]" if step["ok"] else "[red]no[/]"
            table.add_row(
                step["board"], step["step"], mark, "%.1f" % step["seconds"], _escaped(step["seen"])
            )
        self._console.print()
        self._console.print(table)
        verdict = "every step was seen" if ok else "not every step was seen"
        self._console.print(verdict, style="bold green" if ok else "bold red")


def _escaped(text: str) -> str:
    return text[:200].replace("[", "\\[")
