"""Reads HTTP/1.1 answers (RFC 9112), without I/O.

What has come so far is incomplete (feed more), complete (`done`), or not HTTP (raised). Only the
head, or a line between chunks, is kept until it is complete; the body is given back as it comes.
"""

from __future__ import annotations

from domain.errors import CloudError, LinkError

# The cloud's own head has 300 bytes, 700 behind the usual proxies. It lies in memory twice while
# it is read.
_MAX_HEAD = 2048
_MAX_LINE = 256  # between chunks: a length, and what a trailer is good for
_MAX_LENGTH = 1 << 29  # of a body or a chunk: what takes no object on 32 bits


class Response:
    """One answer to a POST. `status` is 0 while the head is incomplete; `kind` is the content type
    without parameters, `length` what the head announces (-1: nothing), `keep` whether the
    connection can serve again; `left` bytes of the body, or of a chunk, are yet to come."""

    def __init__(self) -> None:
        self.status = 0
        self.kind = ""
        self.length = -1
        self.left = -1
        self.keep = True
        self.done = False
        self._chunked = False
        self._line = b""  # or head, not complete

    def feed(self, data: bytes) -> bytes:
        """Take some of what arrived; gives what of it is body. Raises CloudError `not_http`."""
        if not self.status:
            data = self._read_head(self._line + data)
        if self._chunked:
            return self._read_chunks(data)
        if self.left >= 0:
            self.keep = self.keep and len(data) <= self.left
            data = data[: self.left]
            self.left -= len(data)
            self.done = self.status > 0 and not self.left
        return data

    def end(self) -> None:
        """Nothing follows. Raises LinkError `cut` if that is too early."""
        self.keep = False
        if not self.done and (self._chunked or not self.status or self.left >= 0):
            raise LinkError("cut", "the answer ended early - look after the network")
        self.done = True

    def _read_head(self, data: bytes) -> bytes:
        """Gives what follows the head, once it is complete. Passes over interim answers (100)."""
        while True:
            if data[:7] != b"HTTP/1."[: len(data)]:
                raise _not_http()
            end = data.find(b"\r\n\r\n")
            if len(data) > _MAX_HEAD + 3 and not 0 <= end <= _MAX_HEAD:
                raise _not_http()
            if end < 0:
                self._line = data
                return b""
            if not data[9:12].isdigit():
                raise _not_http()
            head, data = data[:end], data[end + 4 :]
            if head[9:10] != b"1":
                self._line = b""
                self._read_fields(head)
                return data

    def _read_fields(self, head: bytes) -> None:
        self.keep = head[7:8] != b"0"
        for line in head.split(b"\r\n"):
            at = line.find(b":")
            name, value = line[:at].lower(), line[at + 1 :].strip().lower()
            if name == b"content-type":
                # Not decoded: it may be anything.
                self.kind = "".join([chr(byte) for byte in value.split(b";")[0].strip()])
            elif name == b"content-length":
                length = int(value) if value.isdigit() else -1
                if not 0 <= length < _MAX_LENGTH or self.length not in (-1, length):
                    raise _not_http()
                self.length = self.left = length
            elif name == b"connection":
                self.keep = value == b"keep-alive"
            elif name == b"transfer-encoding":
                self._chunked = True
        self.status = int(head[9:12])
        if self._chunked or self.status in (204, 304):
            self.left = 0
        self.keep = self.keep and self.left >= 0 and not self._chunked

    def _read_chunks(self, data: bytes) -> bytes:
        """A line with a length (hexadecimal), so many bytes, a line end, and so on. After the
        length 0 (`left` is -1 then) lines follow until an empty one."""
        body = b""
        data = self._line + data
        while data and not self.done:
            if self.left > 0:
                piece = data[: self.left]
                data = data[self.left :]
                self.left -= len(piece)
                # The last two of them are the line end.
                body += piece[: len(piece) - max(0, 2 - self.left)]
                continue
            end = data.find(b"\n") + 1
            if not end:
                break
            line = data[:end].split(b";")[0].strip()
            data = data[end:]
            if self.left:
                self.done = not line
            else:
                self.left = _chunk_size(line)
        if len(data) > _MAX_LINE:
            raise _not_http()
        self._line = data
        return body


def _chunk_size(line: bytes) -> int:
    """With the line end; -1 for the last one."""
    try:
        size = int(line, 16)
    except ValueError:
        size = -1
    if not 0 <= size < _MAX_LENGTH:
        raise _not_http()
    return size + 2 if size else -1


def _not_http() -> CloudError:
    return CloudError("not_http", "the backend does not speak HTTP there - check its address")
