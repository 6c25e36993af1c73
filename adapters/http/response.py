"""A parser of HTTP/1.1 answers (RFC 9112), without I/O; docs/protocol.md lists the accepted forms.

The bytes fed so far are incomplete (feed more), complete (`done`), or not HTTP (raised), however
they were cut. Only the beginning of a line is kept until it ends; the body is returned as it comes.
"""

from __future__ import annotations

from domain.errors import CloudError, LinkError

# Bytes of lines before a body, and after its chunks. The cloud's own head has 300, 700 behind the
# usual proxies, and a content security policy or cookies some thousand; h11 and Node take as much.
_MAX_HEAD = 16384
_MAX_LINE = 256  # bytes of a line that are parsed: all relevant ones are shorter
_MAX_LENGTH = 1 << 29  # of a body or a chunk: a small int on 32 bits, which takes no object
_HEX = b"0123456789abcdefABCDEF"

# The part that is expected next.
_STATUS = 0
_FIELD = 1
_BODY = 2
_SIZE = 3  # of a chunk
_BEHIND = 4  # after a chunk: its line end
_TRAILER = 5


class Response:
    """One answer to a POST. `status` is 0 until there is one; `kind` is the content type without
    parameters, `retry` the seconds that a 429 or 503 asks to wait (digits, if it does), `length`
    the length in the head (-1: none), `keep` whether the connection can serve again."""

    def __init__(self) -> None:
        self.status = 0
        self.kind = ""
        self.retry = ""
        self.length = -1
        self.keep = True
        self.done = False
        self._next = _STATUS
        self._left = -1  # bytes of the body, or of a chunk; -1: to the end
        self._room = _MAX_HEAD  # bytes that lines may still take
        self._line = b""  # the beginning of one
        self._chunked = False
        self._framing = False  # the field before determines where the body ends

    def feed(self, data: bytes) -> bytes:
        """Parse the next bytes; return those of the body. Raises CloudError `not_http`."""
        at = 0
        body = []
        while at < len(data) and not self.done:
            if self._next == _BODY:
                end = len(data)
                if self._left >= 0:
                    end = min(end, at + self._left)
                    self._left -= end - at
                body.append(data[at:end])
                at = end
                if not self._left:
                    self._next, self._room = _BEHIND, 2
                    self.done = not self._chunked
                continue
            end = data.find(b"\n", at) + 1
            stop = end or len(data)
            self._line += data[at : min(stop, at + _MAX_LINE + 2 - len(self._line))]
            self._room -= stop - at
            at = stop
            line = self._line
            good = self._room >= 0 and (self._next or line[:7] == b"HTTP/1."[: len(line)])
            if good and end:
                self._line = b""
                good = self._read(line)
            if not good:
                raise _not_http()
        self.keep = self.keep and at == len(data)
        return b"".join(body)

    def end(self) -> None:
        """Record the end of the connection. Raises LinkError `cut` if that is too early."""
        self.keep = False
        if not self.done and (self._next != _BODY or self._left >= 0):
            raise LinkError("cut", "the answer ended early - look after the network")
        self.done = True

    def _read(self, line: bytes) -> bool:
        """Parse a line, or the beginning of a long one; return whether it is valid."""
        whole = line[-1:] == b"\n"
        text = line[:-1] if whole else line[:_MAX_LINE]
        crlf = line[-2:] == b"\r\n"
        if crlf:
            text = text[:-1]
        if b"\r" in text or b"\0" in text:
            return False
        if not self._next:
            return self._read_status(text)
        if self._next != _FIELD:
            return self._read_chunks(text, crlf)
        if text:
            return self._read_field(text, whole)
        if self.status < 200:  # an interim answer, which is skipped
            self._next = _STATUS
        elif self.status in (204, 304):  # has no body, even if its head announces one
            self.done = True
        else:
            # Unless the length is given in exactly one way, the connection ends with the body.
            self.keep = self.keep and self._chunked != (self.length >= 0)
            self._next = _BODY
            if self._chunked:
                self.length = -1
                self._next, self._room = _SIZE, _MAX_LINE
            self.done = not self.length
        return True

    def _read_status(self, text: bytes) -> bool:
        code = text[7:8] + text[9:12]  # the digit of the version, and the status
        if len(code) < 4 or not code.isdigit() or text[8:9] != b" " or text[12:13].strip(b" "):
            return False
        self.keep = code[:1] != b"0"
        self.status = int(code[1:])
        self._framing = False
        self._next = _FIELD
        return self.status >= 100 and self.status != 101  # no request asks for another protocol

    def _read_field(self, text: bytes, whole: bool) -> bool:
        if text[:1] in b" \t":  # a continuation of the field before
            return not self._framing
        at = text.find(b":")
        name = text[:at].lower()
        self._framing = name in (b"content-length", b"transfer-encoding", b"connection")
        if at < 1 or name.split() != [name] or (self._framing and not whole):
            return False
        return self.status < 200 or self._use(name, text[at + 1 :].strip(b" \t").lower())

    def _use(self, name: bytes, value: bytes) -> bool:
        if name == b"content-type":
            # Not decoded: any bytes may come.
            self.kind = "".join([chr(byte) for byte in value.split(b";")[0].strip(b" \t")])
        elif name == b"content-length":
            for part in value.split(b","):
                part = part.strip(b" \t")
                length = min(int(part), _MAX_LENGTH) if part.isdigit() else -1
                if length < 0 or self.length not in (-1, length):
                    return False
                self.length = self._left = length
        elif name == b"transfer-encoding":
            if self._chunked or value != b"chunked":
                return False
            self._chunked = True
        elif name == b"retry-after" and self.status in (429, 503) and value.isdigit():
            self.retry = value.decode()  # a date is ignored
        elif name == b"connection" and b"close" in value:
            self.keep = False
        return True

    def _read_chunks(self, text: bytes, crlf: bool) -> bool:
        """Parse a line of the chunked coding: a length (hexadecimal), that many bytes, a line end,
        and so on. After the length 0 lines follow until an empty one."""
        if self._next == _TRAILER:
            self.done = not text
            return True
        if self._next == _BEHIND:
            self._next, self._room = _SIZE, _MAX_LINE
            return crlf
        size = text.split(b";")[0].rstrip(b" \t")
        if not crlf or not size or size.strip(_HEX):
            return False
        self._left = int(size, 16)
        self._next, self._room = (_BODY if self._left else _TRAILER), _MAX_HEAD
        return self._left <= _MAX_LENGTH


def _not_http() -> CloudError:
    return CloudError("not_http", "the backend speaks no HTTP or too long a head - check it")
