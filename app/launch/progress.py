"""The progress of a command: one updated line on a terminal, a line at most every 2 s in a log."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from typing import Callable

_LOG_SECONDS = 2.0  # between lines in a plain log
_SPIN_SECONDS = 0.2  # between updates of the line on a terminal
_WIDTH = 110


def say(text: str) -> None:
    """Tell the user on stderr: stdout belongs to the command, which may be writing JSON."""
    sys.stderr.write("pythings: %s\n" % text)
    sys.stderr.flush()


class TaskProgress:
    """The progress display of one task: its title, current detail, and duration."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.started = time.monotonic()
        self.live = sys.stderr.isatty()
        self.seconds = _SPIN_SECONDS if self.live else _LOG_SECONDS
        self.shown = ""
        if not self.live:
            say(title)

    def show(self, detail: str) -> None:
        """Show the current detail."""
        text = "%s: %s" % (self.title, detail)
        if self.live:
            line = "%s, %.0f s" % (text, time.monotonic() - self.started)
            sys.stderr.write("\r\033[Kpythings: " + line[:_WIDTH])
            sys.stderr.flush()
        elif text != self.shown:
            say(text)
        self.shown = text

    def end(self) -> None:
        """Clear the terminal's line, or log the duration."""
        if self.live:
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()
        else:
            say("%s: %.0f s" % (self.title, time.monotonic() - self.started))


def follow(
    command: list[str],
    turn: int | None,
    title: str,
    describe: Callable[[list[str]], str],
) -> tuple[int, list[str]]:
    """Run a command and show its progress; return its exit status and its lines of output."""
    progress = TaskProgress(title)
    child = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        # It inherits the lock: if this launcher is killed, the next one still waits for the child.
        pass_fds=() if turn is None else (turn,),
        text=True,
        errors="replace",
    )
    lines: list[str] = []
    reader = threading.Thread(target=lambda: lines.extend(child.stdout or ()), daemon=True)
    reader.start()
    try:
        while child.poll() is None:
            try:
                child.wait(progress.seconds)
            except subprocess.TimeoutExpired:
                progress.show(describe(lines))
        reader.join()
    finally:
        if child.poll() is None:
            child.terminate()
            child.wait()
        progress.end()
    return child.returncode, [line.rstrip() for line in lines if line.strip()]
