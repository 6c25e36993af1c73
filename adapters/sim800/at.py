"""The dialogue with a modem, without I/O: commands, and the meaning of the bytes that come back.

Paragraphs (§) are those of the SIM800 Series AT Command Manual V1.09.
"""

from __future__ import annotations

# The kind of a piece of the modem's output.
ECHO = 0  # of a command of ours
INFO = 1  # a line of the answer
FINAL = 2  # the end of the answer: OK, ERROR, +CME ERROR: 10, ...
PROMPT = 3  # it waits for data: `>`, DOWNLOAD
URC = 4  # an unsolicited line
DATA = 5  # some of the bytes that a line before has announced

_LINE = 160  # bytes: the longest lines of use have 60; a longer one loses its end

# Commands by their beginning: (command, beginning of a line of the answer, final result code,
# seconds that the modem may take). Any other one answers with its own name, and OK, within 5 s.
_COMMANDS = (
    (b"AT+CFUN", b"+CFUN", b"OK", 10),  # §3.2.42
    (b"AT+CGATT", b"+CGATT", b"OK", 10),  # §7.2.1
    (b"AT+CIPSHUT", b"+CIPSHUT", b"SHUT OK", 65),  # §8.2.7
    (b"AT+COPS", b"+COPS", b"OK", 45),  # §3.2.22
    (b"AT+CPIN=", b"+CPIN", b"OK", 5),  # §3.2.28
    (b"AT+CPOWD=1", b"+CPOWD", b"NORMAL POWER DOWN", 5),  # §6.2.2
    (b"AT+GMR", b"Revision", b"OK", 5),  # §2.2.36
    (b"AT+GSN", b"", b"OK", 5),  # §2.2.38: 15 digits
    (b"AT+HTTPACTION", b"-", b"OK", 5),  # §11.2.5; `+HTTPACTION:` is unsolicited
    (b"AT+SAPBR=0", b"+SAPBR:", b"OK", 65),  # §9.2.1
    (b"AT+SAPBR=1", b"+SAPBR:", b"OK", 85),  # §9.2.1
    (b"AT+SAPBR", b"+SAPBR:", b"OK", 5),  # §9.2.1; `+SAPBR 1: DEACT` is unsolicited
)
# AT+CBC §3.2.52, AT+CPIN? §3.2.28, AT+CREG? §3.2.32, AT+CSQ §3.2.35, AT+SPIC §6.2.3, AT+HTTPINIT
# §11.2.1, AT+HTTPTERM §11.2.2, AT+HTTPPARA §11.2.3, AT+HTTPDATA §11.2.4, AT+HTTPREAD §11.2.6,
# AT+HTTPHEAD §11.2.9 need no row.

_FINALS = (b"OK", b"ERROR", b"NO CARRIER", b"BUSY", b"NO ANSWER", b"NO DIALTONE", b"SEND OK")
_PROMPT = b"> "


def text_of(data: bytes) -> str:
    """Return the text of a line: UTF-8, or a character for each byte that is none."""
    text = ""
    while data:
        size = 4
        while size:
            try:
                text += data[:size].decode()
                break
            except UnicodeError:
                size -= 1
        if not size:
            text += chr(data[0])
        data = data[size or 1 :]
    return text


class Digester:
    """A parser: `expect` the command about to be sent, then `feed` the bytes received. Never
    raises.

    A line is whole when its end has come, however the bytes were cut; a prompt has no end. Of a
    line, `size` bytes are kept. Announced bytes pass through as they come.
    """

    def __init__(self, size: int = _LINE) -> None:
        self.limit_ms = 0  # time that the modem may take for the last command
        self.left = 0  # announced bytes that are yet to come
        self.final = b""  # the result code that ends a good answer
        self._line = bytearray(size)
        self._used = 0
        self._old = False  # the line began before the command
        self._prefix: bytes | None = None  # of a line of the answer; None: no command is pending
        self._most = 0

    def expect(self, command: bytes, most: int = 0) -> None:
        """Start the answer to `command`, with at most `most` announced bytes in it."""
        self.left = 0
        self._most = most
        self._old = self._used > 0
        name = command[2:].split(b"=")[0].split(b"?")[0]
        row = (command, name or b"+", b"OK", 5)
        for known in _COMMANDS:
            if command.startswith(known[0]):
                row = known
                break
        self._prefix, self.final = row[1], row[2]
        self.limit_ms = row[3] * 1000

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        """Parse bytes; return (kind, the line without its end, or the bytes) for each piece."""
        events: list[tuple[int, bytes]] = []
        at = 0
        while at < len(data):
            if self.left:
                piece = data[at : at + self.left]
                self.left -= len(piece)
                at += len(piece)
                events.append((DATA, piece))
                continue
            end = data.find(b"\n", at) + 1
            stop = end or len(data)
            if self._used < 2:  # it may be a prompt
                stop = min(stop, at + 2 - self._used)
            taken = min(stop - at, len(self._line) - self._used)
            self._line[self._used : self._used + taken] = data[at : at + taken]
            self._used += taken
            at = stop
            if stop == end or (self._used == 2 and self._line[:2] == _PROMPT):
                line = bytes(self._line[: self._used]).strip()
                self._used = 0
                if line:
                    events.append((URC if self._old else self._kind(line), line))
                self._old = False
        return events

    def _kind(self, line: bytes) -> int:
        """Return the kind of a line; the final result code ends the command."""
        if line[:2] in (b"AT", b"at"):
            return ECHO
        prefix = self._prefix
        if prefix is None:
            return URC
        if line == _PROMPT[:1] or line == b"DOWNLOAD":
            return PROMPT
        if line in (self.final, b"ERROR") or line[:4] in (b"+CME", b"+CMS") or line in _FINALS:
            self._prefix = None
            return FINAL
        if line.startswith(b"CONNECT"):
            self._prefix = None
            return FINAL
        if not prefix:
            return INFO if line.isdigit() else URC
        if not line.startswith(prefix):
            return URC
        if self._most and line.startswith(prefix + b":"):
            size = line[len(prefix) + 1 :].strip()
            if size.isdigit() and len(size) < 7:
                self.left = min(int(size), self._most)
        return INFO
