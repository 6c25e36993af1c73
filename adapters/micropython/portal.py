"""The setup portal: an access point of our own, and on it a page and its JSON calls.

The calls are those of the portal before it, so that the vendor's page works unchanged; the password
is not: each Thing has one of its own. The permitted callers: docs/security.md, 9.
"""

from __future__ import annotations

import binascii
import errno
import json
import os
import socket
from typing import Any

import machine
import network

from adapters.micropython.page import PAGE
from adapters.micropython.query import MAX_HEAD, host, parse
from domain.errors import DeviceError
from domain.levels import WARNING
from domain.settings import networks
from domain.settings.parameters import MAX_TID

PASSWORD = "setup_password"  # noqa: S105 - the name of a file
_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"  # 32 that cannot be mistaken for another
_LENGTH = 12  # 60 bits
_PORT = 80
_CLIENT_MS = 3000  # a request is one packet
_JOIN_MS = 25000
_NAP_MS = 20
_MAX_APN = 256  # characters
_HEAD = (
    "HTTP/1.0 200 OK\r\nAccess-Control-Allow-Origin: *\r\nAccess-Control-Allow-Methods: GET\r\n"
    "Access-Control-Allow-Headers: *\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n"
)


class SetupPortal:
    """The portal. `link` joins networks; `about`: platform, version; `button`: the pin that is low
    while it is held, or None. `kept` outlives this object: the socket that listens. Files: `wifi`,
    `aid`, `apn`, `setup_password` (8 to 63 letters; made when there is none, and shown once on the
    console, which only a person beside the Thing can read)."""

    def __init__(
        self,
        storage: Any,
        clock: Any,
        link: Any,
        console: Any,
        about: dict[str, str],
        button: Any,
        kept: Any,
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._link = link
        self._console = console
        self._about = about
        self._button = button
        self._kept = kept

    def offered(self) -> bool:
        """Return False for a Thing that woke by itself: no person stands beside it."""
        return bool(machine.reset_cause() != machine.DEEPSLEEP_RESET)

    def asked(self) -> bool:
        """Return whether the button is held down."""
        return self._button is not None and not self._button.value()

    def open(self, tid: str) -> None:
        """Open the access point `Thing_<tid>`, 192.168.4.1. The station leaves its network
        meanwhile, from which other clients could come."""
        self._about["tid"] = tid
        try:
            self._link.down()
            network.WLAN(network.STA_IF).active(True)  # random numbers are made of its noise
            password = self._password()
            point = network.WLAN(network.AP_IF)
            point.active(True)
            # WPA2 alone; the names that every firmware since 1.16 knows
            point.config(essid="Thing_" + tid, authmode=3, password=password)
            address = socket.getaddrinfo(point.ifconfig()[0], _PORT)[0][-1]
            listening = socket.socket()
            self._kept.append(listening)
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(address)
            listening.listen(1)
            listening.setblocking(False)
        except (OSError, ValueError, RuntimeError) as error:
            self.close()
            raise DeviceError("portal", "no setup portal: %r" % error) from error

    def poll(self, limit_ms: int) -> tuple[bool, bool]:
        """Serve one client, if one comes; return whether it used the portal, and closed it."""
        if not self._kept:
            raise DeviceError("portal", "the setup portal is not open")
        until = self._clock.monotonic() + limit_ms
        while True:
            try:
                client, peer = self._kept[0].accept()
                break
            except OSError as error:
                if error.args[0] != errno.EAGAIN:
                    raise DeviceError("portal", "the setup portal: %r" % error) from error
            if self._clock.monotonic() >= until:
                return False, False
            self._clock.sleep(_NAP_MS)
        try:
            # lwIP accepts packets for this address from any interface.
            address = network.WLAN(network.AP_IF).ifconfig()[0]
            if peer[0].split(".")[:3] == address.split(".")[:3]:
                return self._serve(client, address)
        except OSError:
            pass  # a client that has gone is ignored
        finally:
            client.close()
        return False, False

    def close(self) -> None:
        """Close the socket and the access point."""
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

    def _serve(self, client: Any, address: str) -> tuple[bool, bool]:
        client.settimeout(_CLIENT_MS / 1000)
        until = self._clock.monotonic() + _CLIENT_MS
        head = b""
        while b"\r\n\r\n" not in head:
            piece = client.recv(256)
            head += piece
            if not piece or len(head) > MAX_HEAD or self._clock.monotonic() > until:
                return False, False
        kind, used, closing = "application/json", False, False
        try:
            query = parse(head)
            if query is None:
                answer = ""
            elif "cmd" not in query:
                kind, answer = "text/html", PAGE
            elif host(head) not in (address, address + ":80"):  # another name: DNS rebinding
                raise ValueError("ask http://%s" % address)
            else:
                found = self._answer(query)
                used = isinstance(found, list) or found["status"] == "OK"
                closing = used and query["cmd"] == "close"
                answer = json.dumps(found)
        except ValueError as error:
            answer = json.dumps({"status": "ERROR", "error": str(error)})
        body = answer.encode()
        client.sendall((_HEAD % (kind, len(body))).encode() + body)
        return used, closing

    def _answer(self, query: dict[str, str]) -> Any:
        """Execute one command and return its answer."""
        cmd = query["cmd"]
        answer: dict[str, object] = {"status": "OK"}
        try:
            if cmd == "check":
                answer.update(self._about)
                answer["aid"] = self._read("aid")
                answer["apn"] = self._read("apn")
                answer["essid"] = self._known()["name"] or None
            elif cmd == "scan":
                return self._scan()
            elif cmd == "join":
                self._join(answer, query["essid"], query["password"], True)
            elif cmd == "check_wifi":
                found = self._known()
                self._join(answer, found["name"], found["password"], False)
            elif cmd in ("set_aid", "set_app"):
                self._set(answer, "aid", query["aid"], MAX_TID)
            elif cmd == "set_apn":
                self._set(answer, "apn", query["apn"], _MAX_APN)
            elif cmd != "close":
                raise ValueError("unknown command")
        except (KeyError, ValueError, DeviceError, OSError, RuntimeError) as error:
            answer["status"] = "ERROR"
            answer["error"] = str(error)
        return answer

    def _set(self, answer: dict[str, object], name: str, value: str, most: int) -> None:
        if len(value) > most or min(value.encode() or b" ") < 32:
            raise ValueError("%s has at most %d characters, none of them control" % (name, most))
        if name == "aid" and not value.strip():
            raise ValueError("there is no app id")
        self._storage.replace(name, value.encode())
        answer[name] = value

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

    def _known(self) -> dict[str, str]:
        """Return the network that was joined last."""
        known = networks.load(self._storage)
        return max(known, key=_last) if known else {"name": "", "password": ""}

    def _join(self, answer: dict[str, object], name: str, password: str, save: bool) -> None:
        answer["isconnected"] = False
        if save:
            answer["saved"] = False
        why = networks.problem(name, password)
        if why:
            raise ValueError(why)
        until = self._clock.monotonic() + _JOIN_MS
        joined = not self._link.join(name, password, until)
        self._link.down()
        answer["isconnected"] = joined
        answer["essid"] = name
        if save:
            if joined:
                networks.add(self._storage, name, password)
            answer["saved"] = joined

    def _read(self, name: str) -> str | None:
        content = self._storage.read(name, 1024)
        return None if content is None else content.decode().strip()


def _last(known: dict[str, Any]) -> int:
    number: int = known["last"]
    return number
