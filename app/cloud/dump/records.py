"""A reader of a JSON list of objects, one at a time: a dump need not fit into memory."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import IO, Any

from app.cloud.api.body import DECODER
from app.cloud.errors import CloudFailure

LONGEST = 4 * 1024 * 1024  # characters of one record
_CHUNK = 256 * 1024  # bytes
_BLANKS = " \t\n\r"


class BadDump(CloudFailure):
    """The file is no JSON list of objects; the text gives the place."""


class Records:
    """The objects of a list in a UTF-8 file, in order; `done` is the number of bytes read."""

    def __init__(self, file: IO[bytes], longest: int = LONGEST, chunk: int = _CHUNK) -> None:
        self._file = file
        self._longest = longest
        self._chunk = chunk
        self._decode = codecs.getincrementaldecoder("utf-8-sig")().decode
        self._text = ""
        self._at = 0  # in the text
        self._ended = False
        self.done = 0

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Yield each object; raises BadDump, at the latest after the last one."""
        self._expect("[", 0)
        number = 0
        while True:
            sign = self._peek()
            if sign == "]" and number == 0:
                break
            if not sign:
                raise BadDump(f"The dump is cut off after {number} records.")
            number += 1
            if sign != "{":
                raise BadDump(f"Record {number} of the dump is no object.")
            yield self._record(number)
            if self._peek() != ",":
                break
            self._at += 1
        self._expect("]", number)
        if self._peek():
            raise BadDump("There is more after the dump's list.")

    def _record(self, number: int) -> dict[str, Any]:
        """Return the object at the current place, which is read on until it is whole."""
        wanted = self._chunk
        while True:
            value: dict[str, Any] | None = None
            try:
                value, end = DECODER.raw_decode(self._text, self._at)
            except (ValueError, RecursionError):
                end = len(self._text)
            too_long = end - self._at > self._longest
            if too_long or (value is None and self._ended):
                raise BadDump(
                    f"Record {number} of the dump cannot be read: it is cut off, no JSON, or"
                    f" longer than {self._longest} characters."
                )
            if value is not None:
                self._at = end
                return value
            # Twice as much each time, or a long record would be parsed from its start too often.
            self._read(wanted)
            wanted *= 2

    def _expect(self, sign: str, number: int) -> None:
        if self._peek() != sign:
            after = f"after record {number}" if number else "at its start"
            raise BadDump(f"The dump is no JSON list: there is no {sign} {after}.")
        self._at += 1

    def _peek(self) -> str:
        """Return the next character that is no blank, empty at the end."""
        while True:
            while self._at < len(self._text) and self._text[self._at] in _BLANKS:
                self._at += 1
            if self._at < len(self._text):
                return self._text[self._at]
            if self._ended:
                return ""
            self._read(self._chunk)

    def _read(self, most: int) -> None:
        data = self._file.read(most)
        self.done += len(data)
        self._ended = not data
        try:
            more = self._decode(data, self._ended)
        except UnicodeDecodeError as error:
            raise BadDump("The dump is not UTF-8.") from error
        self._text = self._text[self._at :] + more
        self._at = 0
