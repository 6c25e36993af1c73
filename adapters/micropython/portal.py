"""The setup portal: an access point of our own, and on it a page and its JSON calls.

The calls are those of the portal before it, so that the vendor's page works unchanged; the password
is not: each Thing has one of its own (docs/security.md).
"""

from __future__ import annotations

import binascii
import errno
import json
import os
import socket
from typing import Any

import network

from adapters.micropython.page import PAGE
from adapters.micropython.query import MAX_HEAD, parse
from domain.errors import DeviceError
from domain.levels import WARNING

PASSWORD = "setup_password"  # noqa: S105 - the name of a file
_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"  # 32 that nobody mistakes for another
_LENGTH = 12  # 60 bits
_PORT = 80
_CLIENT_MS = 3000  # a request is one packet
_JOIN_MS = 25000
_NAP_MS = 20
_MAX_VALUE = 256
_KEPT = 4  # networks
_HEAD = (
    "HTTP/1.0 200 OK\r\nAccess-Control-Allow-Origin: *\r\nAccess-Control-Allow-Methods: GET\r\n"
    "Access-Control-Allow-Headers: *\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n"
)


class SetupPortal:
    """`link` joins networks; `about`: platform, version. `kept` outlives this object: the socket
    that listens. Files: `wifi`, `aid`, `apn`, `setup_password` (8 to 63 letters; made when there is
    none, and told once on the console, which only who stands beside the Thing can read)."""

    def __init__(
        self, storage: Any, clock: Any, link: Any, console: Any, about: dict[str, str], kept: Any
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._link = link
        self._console = console
        self._about = about
        self._kept = kept

    def offered(self) -> bool:
        """True."""
        return True

    def open(self, tid: str) -> None:
        """The access point `Thing_<tid>`, 192.168.4.1."""
        self._about["tid"] = tid
        try:
            password = self._password()
            point = network.WLAN(network.AP_IF)
            point.active(True)
            # WPA/WPA2; the names that every firmware since 1.16 knows
            point.config(essid="Thing_" + tid, authmode=4, password=password)
            listening = socket.socket()
            self._kept.append(listening)
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(socket.getaddrinfo("0.0.0.0", _PORT)[0][-1])  # noqa: S104
            listening.listen(1)
            listening.setblocking(False)
        except (OSError, ValueError, RuntimeError) as error:
            self.close()
            raise DeviceError("portal", "no setup portal: %r" % error) from error

    def poll(self, limit_ms: int) -> tuple[bool, bool]:
        """Serves one client at a time."""
        if not self._kept:
            raise DeviceError("portal", "the setup portal is not open")
        until = self._clock.monotonic() + limit_ms
        while True:
            try:
                client = self._kept[0].accept()[0]
                break
            except OSError as error:
                if error.args[0] != errno.EAGAIN:
                    raise DeviceError("portal", "the setup portal: %r" % error) from error
            if self._clock.monotonic() >= until:
                return False, False
            self._clock.sleep(_NAP_MS)
        try:
            return self._serve(client)
        except OSError:  # a client that has gone is no trouble of ours
            return True, False
        finally:
            client.close()

    def close(self) -> None:
        """The access point goes, too."""
        while self._kept:
            self._kept.pop().close()
        try:  # noqa: SIM105 - a board has no contextlib
            network.WLAN(network.AP_IF).active(False)
        except (OSError, RuntimeError):
            pass

    def _password(self) -> str:
        content = self._storage.read(PASSWORD)
        if content is not None:
            password: str = content.decode().strip()
            if not 8 <= len(password) <= 63:
                raise ValueError("the file %s needs 8 to 63 letters" % PASSWORD)
            return password
        password = "".join([_LETTERS[byte & 31] for byte in os.urandom(_LENGTH)])
        self._storage.replace(PASSWORD, password.encode())
        self._console.event(WARNING, "setup_password", {"shown_once": password})
        return password

    def _serve(self, client: Any) -> tuple[bool, bool]:
        client.settimeout(_CLIENT_MS / 1000)
        until = self._clock.monotonic() + _CLIENT_MS
        head = b""
        while b"\r\n\r\n" not in head:
            piece = client.recv(256)
            head += piece
            if not piece or len(head) > MAX_HEAD or self._clock.monotonic() > until:
                return True, False
        kind, closing = "application/json", False
        try:
            query = parse(head)
        except ValueError:
            answer = '{"status":"ERROR"}'
        else:
            if query is None:
                answer = ""
            elif "cmd" in query:
                answer = json.dumps(self._answer(query))
                closing = query["cmd"] == "close"
            else:
                kind, answer = "text/html", PAGE
        body = answer.encode()
        client.sendall((_HEAD % (kind, len(body))).encode() + body)
        return True, closing

    def _answer(self, query: dict[str, str]) -> Any:
        """What one command gives."""
        cmd = query["cmd"]
        answer: dict[str, object] = {"status": "OK"}
        try:
            if cmd == "check":
                answer.update(self._about)
                answer["aid"] = self._read("aid")
                answer["apn"] = self._read("apn")
                answer["essid"] = (self._read("wifi") or "").split("\n")[0] or None
            elif cmd == "scan":
                return self._scan()
            elif cmd == "join":
                self._join(answer, query["essid"], query["password"], True)
            elif cmd == "check_wifi":
                lines = ((self._read("wifi") or "") + "\n").split("\n")
                self._join(answer, lines[0], lines[1], False)
            elif cmd in ("set_aid", "set_app", "set_apn"):
                name = "apn" if cmd == "set_apn" else "aid"
                value = _checked(query[name])
                if not value and name == "aid":
                    raise ValueError("there is no app id")
                self._storage.replace(name, value.encode())
                answer[name] = value
            elif cmd != "close":
                raise ValueError("unknown command")
        except (KeyError, ValueError, DeviceError, OSError, RuntimeError) as error:
            return {"status": "ERROR", "error": str(error)}
        return answer

    def _scan(self) -> list[list[object]]:
        station = network.WLAN(network.STA_IF)
        station.active(True)
        found: list[list[object]] = []
        for item in station.scan():
            try:
                name = item[0].decode()
            except UnicodeError:
                continue
            found.append([name, binascii.hexlify(item[1]).decode()] + list(item[2:6]))
        return found

    def _join(self, answer: dict[str, object], name: str, password: str, save: bool) -> None:
        if not name:
            raise ValueError("no network is given")
        name, password = _checked(name), _checked(password)
        joined = not self._link.join(name, password, self._clock.monotonic() + _JOIN_MS)
        answer["isconnected"] = joined
        answer["essid"] = name
        if save:
            if joined:
                lines = ((self._read("wifi") or "") + "\n").split("\n")
                kept = [name, password]
                for at in range(0, len(lines) - 1, 2):
                    if lines[at] and lines[at] != name and len(kept) < 2 * _KEPT:
                        kept += [lines[at], lines[at + 1]]
                self._storage.replace("wifi", "\n".join(kept).encode())
            answer["saved"] = joined

    def _read(self, name: str) -> str | None:
        content = self._storage.read(name, 1024)
        return None if content is None else content.decode().strip()


def _checked(value: str) -> str:
    """What fits into a line of a file."""
    if len(value) > _MAX_VALUE or min(value.encode() or b" ") < 32:
        raise ValueError("a value is too long, or has control characters")
    return value
