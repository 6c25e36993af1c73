"""A cloud at the other end of a wire: HTTP over a fake stream, cut, stalled or garbled at will."""

from __future__ import annotations

import json
from typing import Any, Callable

from adapters.cloud.gateway import Gateway
from adapters.http.transport import StreamTransport
from domain.errors import CloudError, LinkError
from tests.fakes.clock import FakeClock
from tests.fakes.cloud import FakeCloud
from tests.fakes.source import whole

CUT, STALL, GARBLE, PAGE = "cut", "stall", "garble", "page"
_OK = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n"
_HTML = b"<html><body>502 Bad Gateway</body></html>"
_BAD = b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n%s"
_PAGE = _BAD % (len(_HTML), _HTML)
_STATUS = {"session": 401, "unacceptable": 400, "not_found": 404, "refused": 403}


class Wire:
    """A ports.stream.Stream to the `Server`; `strike` damages one of the answers."""

    def __init__(self, answer: Callable[[bytes], bytes]) -> None:
        self.clock = FakeClock()
        self.answers: list[tuple[str, int]] = []  # path and length of all so far
        self.on_fault: Callable[..., object] = lambda name, **fields: None
        self._answer = answer
        self._strike = (0, "", 0)
        self._incoming = b""
        self._open = self._stalls = False

    def strike(self, number: int, how: str, at: int) -> None:
        """Damage the `number`th answer from now on (1 is the next) at byte `at`."""
        self._strike = (len(self.answers) + number, how, at)

    def connect(self, host: str, port: int, tls: bool, limit_ms: int) -> None:
        """Open the stream; it never fails."""
        self._open, self._incoming, self._stalls = True, b"", False

    def read(self, size: int, limit_ms: int) -> bytes:
        """Return the next bytes of the answer; raise LinkError for a stall or a closed stream."""
        if not self._open:
            raise LinkError("cut", "the stream is not open")
        piece, self._incoming = self._incoming[:size], self._incoming[size:]
        if not piece and (self._stalls or limit_ms == 0):
            self.clock.advance(limit_ms)
            raise LinkError("timeout", "nothing came")
        return piece

    def write(self, data: bytes, limit_ms: int) -> None:
        """Take a whole request, and keep its answer for `read`."""
        if not self._open:
            raise LinkError("cut", "the stream is not open")
        answer = self._answer(data)
        path = data.split(b" ")[1].decode()
        self.answers.append((path, len(answer)))
        number, how, at = self._strike
        if number == len(self.answers):
            self.on_fault(how, answer=path, byte=at, of=len(answer))
            answer = self._struck(answer, how, at)
        self._incoming = answer

    def _struck(self, answer: bytes, how: str, at: int) -> bytes:
        if how == PAGE:
            return _PAGE
        if how == GARBLE:
            # A different bit at each byte, so that all eight are tried.
            return answer[:at] + bytes([answer[at] ^ 1 << at % 8]) + answer[at + 1 :]
        self._stalls = how == STALL
        return answer[:at]

    def close(self) -> None:
        """Close the stream; this ends a stall, too."""
        self._open = False


class Server:
    """The API v1 on top of a `FakeCloud`, as far as a Thing uses it."""

    def __init__(self, cloud: FakeCloud) -> None:
        self.cloud = cloud
        self.sessions = 0

    def answer(self, request: bytes) -> bytes:
        """Return the HTTP answer to a request, as bytes on the wire."""
        head, _, body = request.partition(b"\r\n\r\n")
        path = head.split(b" ")[1].decode()[len("/api/v1/") :]
        try:
            found = self._call(path, json.loads(body))
        except CloudError as error:
            status = _STATUS.get(error.code, 500)
            text = json.dumps(error.text).encode()
            return b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n%s" % (status, len(text), text)
        if not isinstance(found, bytes):
            found = b"" if found is None else json.dumps(found).encode()
        return _OK % len(found) + found

    def _call(self, path: str, fields: dict[str, Any]) -> Any:
        cloud = self.cloud
        token = fields.pop("token", None)
        if path == "things/register/":
            epoch = cloud.register(fields, False, 0)
            self.sessions += 1
            return {"token": "token-%d" % self.sessions, "epoch": epoch}
        if token != "token-%d" % self.sessions:
            raise CloudError("session", "token not found")
        if path == "apps/management/":
            settings, message = cloud.management()
            assert message is None
            return {"settings": settings}
        if path == "apps/worker/":
            return cloud.reading(fields["msg"], fields.get("ts"))
        if path == "things/report/":
            return cloud.report(fields["what"], fields["status"], fields["msg"])
        return self._file(path, fields)

    def _file(self, path: str, fields: dict[str, Any]) -> Any:
        cloud, version = self.cloud, fields["version"]
        if path == "pythings/get/":
            return whole(cloud.os_file(version, fields["platform"], fields["file_name"]))
        if fields.get("list"):
            return cloud.app_files(version)
        return whole(cloud.app_file(version, fields["file_name"]))


class WiredCloud(Gateway):
    """The gateway of the Thing, with the clock and `restart` of a `FakeCloud`."""

    def __init__(self, cloud: FakeCloud, crypto: Any) -> None:
        self.wire = Wire(Server(cloud).answer)
        self._fake = cloud
        self._http = StreamTransport(self.wire, self.wire.clock)
        super().__init__(self._http, crypto, 16384)

    @property
    def clock(self) -> FakeClock:
        """The Thing's clock, which is also the cloud's."""
        return self.wire.clock

    @clock.setter
    def clock(self, clock: FakeClock) -> None:
        self.wire.clock = self._http._clock = self._fake.clock = clock

    def restart(self) -> WiredCloud:
        """Forget the session, as a restart of the Thing does; return itself."""
        self.forget()
        return self
