"""Many boards from one file: its rows, the ports that they get, and the report of each
board's outcome, which lets the same command go on where it stopped."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from adapters.linux import inputs
from app.install.errors import InstallError
from app.install.provision import NAMES, provisioning

DONE = "done"
FAILED = "failed"

_COLUMNS = (*NAMES, "wifi", "wifi_password", "port")
_REPORT = ("tid", "port", "result", "text")
_MOST = 1000  # boards
_MOST_BYTES = 1 << 20


@dataclass(frozen=True)
class BulkRow:
    """A board to be. `given`: its parameters; `password`: None for the one that all have; `port`:
    "" for any."""

    tid: str
    given: dict[str, str]
    wifi: str = ""
    password: str | None = field(default=None, repr=False)
    port: str = ""


def read(path: Path) -> list[BulkRow]:
    """Return the rows of a file, each checked as a Thing does. Raise `InstallError`."""
    reader = _reader(path)
    names = reader.fieldnames or ()
    strange = [name for name in names if name not in _COLUMNS]
    if strange or "tid" not in names or len(set(names)) < len(names):
        # Of a file of another kind, which may be a secret, nothing is shown.
        ours = strange and "tid" in names
        about = "a column %.40r" % strange[0] if ours else "not one column `tid`"
        text = "%s has %s - its first line has tid and, once each, any of: %s"
        raise InstallError(text % (path, about, ", ".join(_COLUMNS[:1] + _COLUMNS[2:])))
    found: dict[str, BulkRow] = {}
    for cells in reader:
        where = "%s, line %d: " % (path, reader.line_num)
        try:
            row = _row(cells)
        except InstallError as error:
            raise InstallError(where + str(error)) from None
        if row.tid in found:
            raise InstallError(where + "the tid %s is there twice - leave one" % row.tid)
        found[row.tid] = row
    if not 0 < len(found) <= _MOST:
        raise InstallError("%s has %d boards - give 1 to %d" % (path, len(found), _MOST))
    return list(found.values())


def _reader(path: Path) -> csv.DictReader[str]:
    try:
        text = inputs.text(path, _MOST_BYTES).removeprefix("\ufeff")
        reader = csv.DictReader(text.splitlines(), restkey="", strict=True)
        list(csv.reader(text.splitlines(), strict=True))  # its errors, here and not on the way
    except (OSError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or "it is no text of CSV"
        raise InstallError("%s cannot be read: %s" % (path, reason)) from None
    return reader


def _row(cells: dict[str, str]) -> BulkRow:
    if "" in cells or None in cells.values():
        raise InstallError("it has not as many cells as the first line - quote commas in a cell")
    given = {name: cells[name] for name in NAMES if cells.get(name)}
    if "tid" not in given:
        raise InstallError("there is no tid - give each board one of its own")
    wifi, password = cells.get("wifi", ""), cells.get("wifi_password")
    provisioning(given, wifi, password or "", None)
    return BulkRow(given["tid"], given, wifi, password, cells.get("port", ""))


def placed(rows: Iterable[BulkRow], ports: Iterable[str]) -> list[tuple[BulkRow, str]]:
    """Return the rows that have a port, with it: their own, or the next that is free.

    A link, as in /dev/serial/by-id, and its port are one.
    """
    rows = list(rows)
    taken = {os.path.realpath(row.port) for row in rows if row.port}
    by_device: dict[str, str] = {}
    for port in ports:
        by_device.setdefault(os.path.realpath(port), port)
    free = [port for device, port in by_device.items() if device not in taken]
    used: set[str] = set()
    found: list[tuple[BulkRow, str]] = []
    for row in rows:
        device = os.path.realpath(row.port)
        if row.port and device not in used:
            used.add(device)
            found.append((row, row.port))
        elif not row.port and free:
            found.append((row, free.pop(0)))
    return found


@dataclass(frozen=True)
class BulkReport:
    """The file that says of each board whether it is done; of several lines the last counts."""

    path: Path

    def done(self) -> set[str]:
        """Return the TIDs of the boards that are done. Raise `InstallError`, also for a place that
        could not be written to later."""
        self._add()
        try:
            text = inputs.text(self.path, _MOST_BYTES)
        except OSError as error:
            raise self._error("read", error) from None
        rows = csv.DictReader(text.splitlines())
        if tuple(rows.fieldnames or ()) != _REPORT:  # the boards' own file, or any other
            raise InstallError("%s is no report of boards - give another with --report" % self.path)
        last = {row.get("tid"): row.get("result") for row in rows}
        return {tid for tid, result in last.items() if tid and result == DONE}

    def note(self, tid: str, port: str, result: str, text: str) -> None:
        """Add a line. Raise `InstallError`."""
        self._add((tid, port, result, " ".join(text.split())))

    def _add(self, *lines: tuple[str, ...]) -> None:
        try:
            with open(self.path, "a", encoding="utf-8", newline="") as file:
                rows = csv.writer(file, lineterminator="\n")
                if not os.fstat(file.fileno()).st_size:
                    rows.writerow(_REPORT)
                rows.writerows(lines)
        except OSError as error:
            raise self._error("written", error) from None

    def _error(self, verb: str, error: OSError) -> InstallError:
        text = "the report %s cannot be %s: %s - give another with --report"
        return InstallError(text % (self.path, verb, error.strerror))
