"""`pythings label`: a sheet of labels, by which a phone joins a Thing's setup portal."""

from __future__ import annotations

import argparse
import csv
import fcntl
import html
import os
import sys
from pathlib import Path

from adapters.linux import inputs
from app.cli.parsing import command_parser

_FAILED = 1
_MOST = 1000  # labels on a sheet
_MOST_BYTES = 1 << 20
_URL = "http://192.168.4.1"

_EPILOG = """\
The file has a first line `tid,password`, and a line for each Thing: `pythings install --labels`
writes it. The QR code joins the phone to the Thing's own network. The sheet is HTML, without
outside resources: print it from a browser. Both files hold passwords: delete them afterwards.

exit status: 0 done, 1 a file cannot be used, 2 wrong usage.
"""

_PAGE = """\
<!DOCTYPE html>
<html lang="en"><meta charset="utf-8"><title>Things</title>
<style>
body {{ font: 9pt sans-serif; display: grid; grid-template-columns: repeat(3, 1fr); gap: 4mm }}
figure {{ margin: 0; padding: 3mm; border: 1px dashed #999; break-inside: avoid; display: flex }}
svg {{ width: 24mm; height: 24mm; flex: none }}
figcaption {{ padding-left: 3mm; overflow-wrap: anywhere }}
</style>
{labels}</html>
"""
_LABEL = """\
<figure>{code}<figcaption><b>{tid}</b><br>Wi-Fi {name}<br>{password}<br>{url}</figcaption></figure>
"""


class LabelError(Exception):
    """The labels cannot be made; the text names the cause and the remedy."""


def main(argv: list[str]) -> int:
    """Write the sheet; return 0, or 1 if a file cannot be used."""
    options = _parser().parse_args(argv)
    try:
        things = read(options.things)
        _write(options.out, sheet(things))
    except LabelError as error:
        sys.stderr.write("pythings label: %s\n" % error)
        return _FAILED
    sys.stdout.write("%s: %d labels. Print it, then delete it.\n" % (options.out, len(things)))
    return 0


def read(path: Path) -> list[tuple[str, str]]:
    """Return the pairs of TID and password in a file. Raise `LabelError`."""
    try:
        text = inputs.text(path, _MOST_BYTES).removeprefix("\ufeff")
        rows = list(csv.DictReader(text.splitlines()))
    except (OSError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or "it is no text of CSV"
        raise LabelError("%s cannot be read: %s" % (path, reason)) from None
    if not 0 < len(rows) <= _MOST:
        raise LabelError("%s has %d Things - a sheet has 1 to %d" % (path, len(rows), _MOST))
    found = {}  # of a board that was flashed twice, the last line counts
    for number, row in enumerate(rows, 2):
        tid, password = row.get("tid") or "", row.get("password") or ""
        if not (tid.isprintable() and 0 < len(tid) <= 36):
            raise LabelError("%s, line %d: there is no tid of 1 to 36 letters" % (path, number))
        if not (password.isprintable() and 8 <= len(password) <= 63):
            text = "%s, line %d: the password has 8 to 63 letters" % (path, number)
            raise LabelError(text + " - the first line names the columns: tid,password")
        found[tid] = password
    return list(found.items())


def sheet(things: list[tuple[str, str]]) -> str:
    """Return the page with a label for each pair of TID and password."""
    from segno import helpers

    labels = []
    for tid, password in things:
        name = "Thing_" + tid
        code = helpers.make_wifi(ssid=name, password=password, security="WPA")
        image = code.svg_inline(omitsize=True, border=2)
        told = {"tid": tid, "name": name, "password": password, "url": _URL}
        labels.append(_LABEL.format(code=image, **{key: html.escape(told[key]) for key in told}))
    return _PAGE.format(labels="".join(labels))


def note(path: Path, tid: str, password: str) -> None:
    """Add a Thing to a file of labels, made 0600 if need be. Raise `LabelError`."""
    try:
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with open(number, "w", encoding="utf-8", newline="") as file:
            fcntl.flock(number, fcntl.LOCK_EX)  # several boards at once, and one first line
            rows = csv.writer(file, lineterminator="\n")
            if not os.fstat(number).st_size:
                rows.writerow(("tid", "password"))
            rows.writerow((tid, password))
    except OSError as error:
        raise LabelError("%s cannot be written: %s" % (path, error.strerror)) from None


def _write(path: Path, text: str) -> None:
    try:
        path.unlink(missing_ok=True)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
    except OSError as error:
        raise LabelError("%s cannot be written: %s" % (path, error.strerror)) from None


def _parser() -> argparse.ArgumentParser:
    parser = command_parser("label", "Make a sheet of labels with the Things' QR codes.", _EPILOG)
    parser.add_argument("things", type=Path, metavar="THINGS.csv", help="TIDs and passwords")
    parser.add_argument(
        "--out", type=Path, default=Path("labels.html"), metavar="FILE", help="(%(default)s)"
    )
    return parser
