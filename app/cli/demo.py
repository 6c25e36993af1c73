"""`pythings demo`: the whole life of a device, live."""

from __future__ import annotations

import argparse
import json
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable

from rich.console import Console
from rich.table import Table

from app import shutdown_signals
from app.demo.life import DemoSteps
from app.demo.possible import lacking
from app.demo.processes import Event, NotSeen
from app.demo.stage import Stage

Step = dict[str, Any]

BOARDS = ("linux", "esp32", "esp8266")
CELLULAR = ("linux_sim800", "esp32_sim800", "esp8266_sim800")

_QUIET = ("reading", "delivered", "ready")  # too many to show


def main(argv: list[str]) -> int:
    """Play all steps; return 0 only if each was observed."""
    parser = argparse.ArgumentParser(
        prog="pythings demo",
        description="A local cloud and Things, as processes of their own, live through the whole "
        "life of a device: this machine, and a simulated ESP32 and ESP8266 that run the generated "
        "OS on real MicroPython. They live side by side; leaves nothing behind. Those named "
        "..._sim800 have no network but a simulated modem's.",
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
    boards = tuple(dict.fromkeys(options.board or BOARDS))
    missing = {board: why for board in boards if (why := lacking(board))}
    if missing and (options.board or len(missing) == len(boards)):
        for board, why in missing.items():
            sys.stderr.write("pythings demo: %s cannot be played here: %s\n" % (board, why))
        return 1
    show.leave_out(missing)
    boards = tuple(board for board in boards if board not in missing)
    shutdown_signals.watch()
    with ThreadPoolExecutor(len(boards)) as lives:
        stages: list[Stage] = []
        try:
            playing = []
            for board in boards:
                stages.append(stage_for(board, show))
                playing.append(lives.submit(live, stages[-1], show))
            steps = [step for life in playing for step in life.result()]
        except BaseException:  # Ctrl-C, another signal, a closed stdout
            for stage in stages:
                stage.end()  # so that the threads stop waiting
            raise
    ok = all(step["ok"] for step in steps)
    show.end(ok, steps)
    return 0 if ok else 1


def stage_for(board: str, show: Show) -> Stage:
    """Make a stage for a board, with its events passed on to the show."""
    return Stage(lambda who, event: show.event(board, who, event), board)


def live(stage: Stage, show: Show) -> list[Step]:
    """Play the whole life of one board, and return its steps."""
    with stage:
        return play(stage.board, DemoSteps(stage).steps(), show)


def play(board: str, steps: list[tuple[str, Callable[[], str]]], show: Show) -> list[Step]:
    """Perform the steps in turn; after one that was not observed, skip the rest."""
    done: list[Step] = []
    for number, (title, act) in enumerate(steps, 1):
        if done and not done[-1]["ok"]:
            done.append(
                {"board": board, "step": title, "ok": False, "seconds": 0.0, "seen": "not tried"}
            )
            continue
        show.begin(board, "%d. %s" % (number, title))
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
    """The display of the demo, called from one thread per board."""

    def leave_out(self, missing: dict[str, str]) -> None:
        """Report at the start the boards that cannot be played here, with the reasons."""

    def begin(self, board: str, title: str) -> None:
        """Report that a step begins."""

    def event(self, board: str, who: str, event: Event) -> None:
        """Report an event of the Thing's process or of its cloud's."""

    def seen(self, step: Step) -> None:
        """Report the result of a step."""

    def end(self, ok: bool, steps: list[Step]) -> None:
        """Report the results of all steps."""


class JsonShow(Show):
    """A display in JSON: an object a line, the last with the result."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._left_out: list[str] = []

    def leave_out(self, missing: dict[str, str]) -> None:
        """Print an event for each board left out."""
        self._left_out = list(missing)
        for board, why in missing.items():
            self._print({"board": board, "who": "demo", "event": "left_out", "why": why})

    def event(self, board: str, who: str, event: Event) -> None:
        """Print the event with its board and its sender."""
        self._print({"board": board, "who": who, **event})

    def seen(self, step: Step) -> None:
        """Print the step with its result."""
        self._print({"who": "demo", "event": "step", **step})

    def end(self, ok: bool, steps: list[Step]) -> None:
        """Print the overall result and all steps."""
        result = "ok" if ok else "failed"
        self._print({"result": result, "left_out": self._left_out, "steps": steps})

    def _print(self, value: Any) -> None:
        with self._turn:
            sys.stdout.write(json.dumps(value) + "\n")
            sys.stdout.flush()


class TerminalShow(Show):
    """A display for a terminal: events as they happen, and a table at the end."""

    def __init__(self) -> None:
        self._console = Console(highlight=False)
        self._started = time.monotonic()
        self._left_out: list[str] = []

    def leave_out(self, missing: dict[str, str]) -> None:
        """Print a line for each board left out."""
        self._left_out = list(missing)
        for board, why in missing.items():
            text = "%s is left out: %s" % (board, why)
            self._console.print(text, style="yellow", markup=False)

    def begin(self, board: str, title: str) -> None:
        """Print the step's title in bold."""
        self._print(board, title, "bold")

    def event(self, board: str, who: str, event: Event) -> None:
        """Print the event as a grey line, except frequent ones."""
        if event["event"] in _QUIET:
            return
        fields = " ".join(
            "%s=%s" % (name, value)
            for name, value in event.items()
            if name not in ("event", "t", "level") and value != ""
        )
        self._print(board, "    %-5s  %s %s" % (who, event["event"], fields), "dim")

    def seen(self, step: Step) -> None:
        """Print whether the step was observed, in green or red."""
        style = "green" if step["ok"] else "red"
        mark = "seen" if step["ok"] else "NOT SEEN"
        self._print(step["board"], "    %s: %s" % (mark, step["seen"]), style)

    def end(self, ok: bool, steps: list[Step]) -> None:
        """Print a table of all steps, and the verdict."""
        table = Table("board", "step", "", "s", "what was seen", title="The life of a device")
        for step in steps:
            mark = "[green]ok[/]" if step["ok"] else "[red]no[/]"
            table.add_row(
                step["board"], step["step"], mark, "%.1f" % step["seconds"], _escaped(step["seen"])
            )
        self._console.print()
        self._console.print(table)
        verdict = "every step was seen" if ok else "not every step was seen"
        if self._left_out:
            verdict += "; left out: %s" % ", ".join(self._left_out)
        self._console.print(verdict, style="bold green" if ok else "bold red")

    def _print(self, board: str, text: str, style: str) -> None:
        """Print a line of one board, cut to the width. The console itself locks for threads."""
        seconds = time.monotonic() - self._started
        line = "%5.1f s  %-8s  %s" % (seconds, board, text)
        self._console.print(line[: max(40, self._console.width - 1)], style=style, markup=False)


def _escaped(text: str) -> str:
    return text[:200].replace("[", "\\[")
