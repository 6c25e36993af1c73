"""The server's log: each kind of trouble once a minute, and the count of its repetitions.

Notices that strangers can cause must not fill a disk, so the log is bounded for each minute.
"""

from __future__ import annotations

import contextlib
import json
import logging
import sys
import threading
from collections.abc import Callable
from datetime import datetime, timezone

from adapters.linux.console import printable

PERIOD_S = 60.0
_KINDS = 20  # in a minute; all others are counted together
_OTHERS = "other notices"


class SparseHandler(logging.Handler):
    """A handler that writes the first record of a kind in a minute, and counts the others."""

    def __init__(self, say: Callable[[str], None], period_s: float = PERIOD_S) -> None:
        super().__init__(logging.WARNING)
        self._say = say
        self._period_s = period_s
        self._again: dict[str, int] = {}
        self._timer: threading.Timer | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Write or count a record. Called by logging, which holds our lock."""
        kind = _kind(record)
        if kind not in self._again and len(self._again) < _KINDS:
            self._again[kind] = 0
            self._say(self.format(record))
        else:
            kind = kind if kind in self._again else _OTHERS
            self._again[kind] = self._again.get(kind, 0) + 1
        if self._timer is None:
            self._timer = threading.Timer(self._period_s, self.tell)
            self._timer.daemon = True
            self._timer.start()

    def warn(self, text: str) -> None:
        """Write a text of our own, which is a kind of its own."""
        self.handle(logging.LogRecord("", logging.WARNING, "", 0, text, None, None))

    def tell(self) -> None:
        """Write the counts of repeated records, and begin a new minute."""
        self.acquire()
        try:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            for kind, times in self._again.items():
                if times:
                    self._say(f"{times} more in {self._period_s:g} s of: {kind}")
            self._again.clear()
        finally:
            self.release()

    def close(self) -> None:
        """Write the counts that are left, and close."""
        self.tell()
        super().close()


def to_stderr(as_json: bool = False) -> SparseHandler:
    """Return a handler that writes text that cannot move a terminal's cursor, or lines of JSON."""
    return SparseHandler(_say_json if as_json else _say)


def _say_json(text: str) -> None:
    now = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
    _write(json.dumps({"event": "warning", "time": now, "text": text}))


def _say(text: str) -> None:
    lines = "\n".join(map(printable, text.splitlines()))
    _write(f"pythings cloud: {lines}")


def _write(line: str) -> None:
    with contextlib.suppress(OSError, ValueError):  # stderr may be closed
        sys.stderr.write(line + "\n")
        sys.stderr.flush()


def _kind(record: logging.LogRecord) -> str:
    """Return the constant part of a record's text: the first line before formatting."""
    # asyncio formats its texts itself, with the variable parts in the lines after the first.
    return str(record.msg).partition("\n")[0][:200]
