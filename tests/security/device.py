"""A Thing with an identity, written from docs/protocol.md and not from our code."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Any

from tests.unit.cloud.wire import Answer, Thing, Wire


class Device(Thing):
    """A Thing that keeps a `secret`; `known` has the salts for which it has shown a key."""

    def __init__(self, wire: Wire, aid: str, tid: str | None = None) -> None:
        super().__init__(wire, aid, tid)
        self.secret = secrets.token_bytes(16)
        self.salt = ""
        self.known: set[str] = set()

    def open(self, modulus: int = 0) -> Answer:
        """Register again, encrypted if a modulus is given, and return the answer."""
        self.token, self.cipher = "", None
        if modulus:
            self.preregister(modulus)
        answer = self.register(identity=1)
        self.salt = self.read(answer)["salt"] if answer.status == 200 else ""
        return answer

    def shown(self) -> dict[str, str]:
        """Return the identity fields of its first management call: a proof, or the key itself."""
        if self.salt in self.known:
            return {"proof": proof(self.key(), self.token)}
        return {"key": self.key().hex()}

    def key(self) -> bytes:
        return hmac.new(self.secret, self.salt.encode(), hashlib.sha256).digest()[:16]

    def begin(self, modulus: int = 0) -> Answer:
        """Register, make the first management call, and return its answer."""
        assert self.open(modulus).status == 200
        answer = self.call("apps/management/", **self.shown())
        if answer.status == 200:
            self.known.add(self.salt)
        return answer

    def run(self, modulus: int = 0) -> Any:
        """Begin a session, which must succeed, and return the decoded management answer."""
        answer = self.begin(modulus)
        assert answer.status == 200, answer.body
        return self.read(answer)


def proof(key: bytes, token: str) -> str:
    """Return the proof that the holder of the key opened this session."""
    return hmac.new(key, b"prove " + token.encode(), hashlib.sha256).digest()[:16].hex()


def fingerprint(key: bytes) -> str:
    """Return the fingerprint of the key, 16 hexadecimal digits for people to compare."""
    return hashlib.sha256(b"pythings identity " + key).hexdigest()[:16]
