"""HTTP exchanges by the modem itself: it connects, sends, receives, and keeps the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.sim800.at import text_of
from adapters.sim800.modem import Modem
from domain.errors import CloudError, LinkError

if TYPE_CHECKING:
    from adapters.sim800.link import CellularLink

_TOTAL_MS = 120000
_ACTION_MS = 60000  # the modem itself gives up after 30 s without a sign of life
_MAX_PROBLEM = 1024  # bytes of the body of a status that is not 200
_MAX_HEAD = 2048
_AGAIN = 3  # a piece that came short is still in the modem
_STATUSES = 600  # from here on they are the modem's own (§11.2.5; SSL application note)

_TROUBLE = {
    602: ("cut", "the modem has no memory for it"),
    603: ("no_address", "%s has no address - check the backend"),
    604: ("cut", "the modem is busy"),
    605: ("tls", "the modem gets no TLS with %s - check the setting ssl"),
    606: ("tls", "the modem gets no TLS with %s - check the setting ssl"),
}


class ModemTransport:
    """A transport over the HTTP of the modem. `link` opens the bearer when that is due; `piece`:
    bytes of a body that are read at once; `heads`: whether to read the content type, which takes
    memory."""

    def __init__(
        self,
        modem: Modem,
        link: CellularLink,
        piece: int = 512,
        heads: bool = True,
    ) -> None:
        self._piece = piece
        self._heads = heads
        self._modem = modem
        self._link = link
        self._backend = ""
        self._ssl = True
        self._at = 0  # of the body
        self._length = 0

    def use(self, backend: str, ssl: bool) -> None:
        """Set the backend of the next requests; each exchange is a connection of its own."""
        self._backend, self._ssl = backend, ssl

    def post(self, path: str, body: bytes, limit: int) -> tuple[int, str]:
        """Send a POST once: a request that may have been received is not sent again."""
        if not self._backend:
            raise RuntimeError("no backend to speak to: call use first")
        modem = self._modem
        modem.until = modem.clock.monotonic() + _TOTAL_MS
        if modem.ready:
            modem.listen()
        if modem.tries or not (modem.ready and modem.bearer):
            self._link.connect()
        self._at = self._length = 0
        try:
            self._prepare(path, body)
            status, length = self._act()
            kind = self._kind() if self._heads else ""
        except LinkError:
            modem.tries += 1
            raise
        if status != 200:
            length = min(length, _MAX_PROBLEM)
        elif length > limit:
            raise CloudError(
                "too_long", "%s answers with more than %d bytes" % (self._backend, limit)
            )
        self._length = length
        if not length:
            modem.tries = 0
            self.close()
        return status, kind

    def readinto(self, buffer: memoryview) -> int:
        """Read at most `piece` bytes of the body; the modem keeps the rest."""
        size = min(self._piece, self._length - self._at, len(buffer))
        if not size:
            return 0
        try:
            data = self._piece_of(size)
        except LinkError:
            self._modem.tries += 1
            raise
        self._at += len(data)
        if self._at == self._length:
            self._modem.tries = 0
            self.close()
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        """Make the modem discard the answer."""
        if self._modem.ready:
            try:  # noqa: SIM105 - a board has no contextlib
                self._modem.ask(b"AT+HTTPTERM")
            except LinkError:
                pass

    def _prepare(self, path: str, body: bytes) -> None:
        modem = self._modem
        if not modem.ask(b"AT+HTTPINIT"):
            modem.ask(b"AT+HTTPTERM")
            self._must(b"AT+HTTPINIT")
        if modem.ask(b"AT+HTTPSSL=%d" % self._ssl) == b"" and self._ssl:
            raise LinkError("tls", "the modem's firmware has no TLS - set ssl to false")
        self._must(b'AT+HTTPPARA="CID",1')
        self._must(('AT+HTTPPARA="URL","%s%s"' % (self._backend, path)).encode())
        self._must(b'AT+HTTPPARA="CONTENT","application/json"')
        self._must(b'AT+HTTPPARA="TIMEOUT",30')
        if body:
            self._must(b"AT+HTTPDATA=%d,%d" % (len(body), min(5000 + len(body), 120000)), body)

    def _must(self, command: bytes, send: bytes = b"") -> None:
        if not self._modem.ask(command, 0, send):
            said = text_of(command.split(b",")[0] + b": " + self._modem.said)
            raise LinkError("no_link", "the modem refuses %s" % said)

    def _act(self) -> tuple[int, int]:
        """Send the request; return the status and the length of the answer."""
        modem = self._modem
        modem.action = b""
        self._must(b"AT+HTTPACTION=1")
        now = modem.clock.monotonic
        until = min(modem.until, now() + _ACTION_MS)
        while not modem.action:
            if not modem.ready:
                raise LinkError("cut", "the modem has restarted - look after its power")
            if now() >= until:
                modem.ready = False
                raise LinkError("timeout", "%s did not answer in time" % self._backend)
            modem.hear(until - now())
        fields = [field.strip() for field in modem.action.split(b",")]
        if len(fields) != 3 or not (fields[1].isdigit() and fields[2].isdigit()):
            raise LinkError("cut", "the modem does not say what came of the request")
        status, length = int(fields[1]), int(fields[2])
        if status == _STATUSES:
            raise CloudError("not_http", "%s does not speak HTTP - check it" % self._backend)
        if status > _STATUSES:
            code, text = _TROUBLE.get(status, ("cut", "the modem lost the connection to %s"))
            raise LinkError(code, (text % self._backend if "%s" in text else text))
        return status, length

    def _kind(self) -> str:
        """Return the content type; "" on firmware that does not report it."""
        head = self._modem.ask(b"AT+HTTPHEAD", _MAX_HEAD)
        for line in head.split(b"\n"):
            if line[:13].lower() == b"content-type:":
                return "".join([chr(byte) for byte in line[13:].split(b";")[0].strip().lower()])
        return ""

    def _piece_of(self, size: int) -> bytes:
        """Return a piece, or raise LinkError; with one `return`, so that boards have no call for
        it: 240 bytes of an ESP8266's stack."""
        modem = self._modem
        data, again = b"", _AGAIN
        while again and not data:
            again -= 1
            try:
                data = modem.ask(b"AT+HTTPREAD=%d,%d" % (self._at, size), size)
            except LinkError:
                data = b""
            if not data and modem.clock.monotonic() >= modem.until:
                again = 0
            elif not data:
                modem.wake()
        if not data:
            raise LinkError("cut", "the answer did not come out of the modem whole")
        return data
