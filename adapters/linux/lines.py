"""Bytes cut into lines, in bounded memory and with work linear in the bytes."""

from __future__ import annotations


class Lines:
    """Lines without their ends; the part of a line beyond `limit` bytes is dropped."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._begun = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """Return the lines that are complete now."""
        *ended, rest = data.split(b"\n")
        lines = []
        for part in ended:
            self._add(part)
            lines.append(self.rest())
        self._add(rest)
        return lines

    def rest(self) -> bytes:
        """Return the line that has not ended yet, and forget it."""
        line = bytes(self._begun)
        self._begun.clear()
        return line

    def _add(self, part: bytes) -> None:
        self._begun += part[: self._limit - len(self._begun)]
