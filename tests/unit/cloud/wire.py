"""A client of a local cloud, in bytes and as a Thing."""

from __future__ import annotations

import json
import secrets
import socket
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from app.cloud.cipher import SessionCipher
from tests.patience import PATIENCE_S

TROUBLE = (
    b'"Hi, Pythings Cloud here. It seems like we are experiencing a problem,'
    b' please try again later."'
)
LOST = "Hi, Pythings Cloud here. Error: token not found."
NO_TOKEN = 'Hi, Pythings Cloud here. Sorry, but I got an empty "token".'


@dataclass
class Answer:
    """A response as it came: status line, headers in order, body."""

    raw: bytes
    line: str = ""
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    def __post_init__(self):
        head, _, self.body = self.raw.partition(b"\r\n\r\n")
        self.line, *lines = head.decode("latin-1").split("\r\n")
        self.headers = [
            (name, value) for name, _, value in (line.partition(": ") for line in lines)
        ]

    @property
    def status(self) -> int:
        return int(self.line.split()[1])

    def header(self, name: str) -> str | None:
        return dict(self.headers).get(name)

    def json(self) -> Any:
        return json.loads(self.body)


class Wire:
    """A sender of raw requests to one server, each on a connection of its own."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        assert parts.hostname and parts.port
        self.address = (parts.hostname, parts.port)

    def send(self, data: bytes) -> Answer:
        """Send bytes, read until the server closes."""
        with socket.create_connection(self.address, timeout=PATIENCE_S) as connection:
            connection.sendall(data)
            received = b""
            while chunk := connection.recv(65536):
                received += chunk
        return Answer(received)

    def request(
        self, method: str, path: str, body: bytes = b"", kind: str = "application/json"
    ) -> Answer:
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: cloud\r\nContent-Type: {kind}\r\n"
            f"Connection: close\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return self.send(head.encode("latin-1") + body)

    def post(self, path: str, fields: Any) -> Answer:
        """POST a JSON value to a path below /api/v1/."""
        return self.request("POST", "/api/v1/" + path, json.dumps(fields).encode())


class Thing:
    """A device with its session, encrypted or not."""

    def __init__(self, wire: Wire, aid: str, tid: str | None = None) -> None:
        self.wire = wire
        self.aid = aid
        self.tid = tid or "T-" + secrets.token_hex(6)
        self.token = ""
        self.cipher: SessionCipher | None = None

    def register(self, **fields: Any) -> Answer:
        if self.cipher is not None:
            fields["token"] = self.token
        answer = self.call("things/register/", tid=self.tid, aid=self.aid, **fields)
        if answer.status == 200:
            self.token = self.read(answer)["token"]
        return answer

    def preregister(self, modulus: int, key: int = 2**127 + 12345) -> Answer:
        fields = {"key": transport(str(key), modulus), "kty": "aes128ecb", "ken": "srsa1"}
        answer = self.wire.post("things/preregister/", fields)
        self.cipher = SessionCipher(key)
        self.token = self.read(answer)["token"]
        return answer

    def call(self, path: str, **fields: Any) -> Answer:
        """Call with the token, encrypted if the session is."""
        if self.token:
            fields.setdefault("token", self.token)
        if self.cipher is not None:
            coded = self.cipher.encrypt(json.dumps(fields))
            fields = {"encrypted": coded, "token": self.token}
        return self.wire.post(path, fields)

    def read(self, answer: Answer) -> Any:
        if self.cipher is None or answer.body[:1] in b'{"':
            return answer.json()
        return json.loads(self.clear(answer))

    def clear(self, answer: Answer) -> str:
        assert self.cipher is not None
        return self.cipher.decrypt(answer.body.decode("ascii"))

    def management(self) -> Any:
        return self.read(self.call("apps/management/"))

    def report(self, status: str = "OK", what: str = "management", msg: Any = None) -> Answer:
        return self.call("things/report/", what=what, status=status, msg=msg)


def transport(text: str, modulus: int, size: int = 4) -> list[int]:
    """Encrypt text for srsa1, in pieces of `size` characters."""
    pieces = (text[i : i + size].encode() for i in range(0, len(text), size))
    return [pow(int.from_bytes(piece, "big"), 65537, modulus) for piece in pieces]
