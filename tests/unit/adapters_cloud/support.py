"""Shared helpers: AES, a scripted transport, and the cloud's own arithmetic."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher as Aes
from cryptography.hazmat.primitives.ciphers import algorithms, modes

from adapters.cloud.gateway import Gateway
from domain.errors import CloudError
from ports.crypto import Hasher
from tests.fakes.source import Pieces

KEY = 57811460909138771071931939740208549692
JSON = "application/json"
TEXT = "text/html"  # of files, and of everything encrypted
OOPS = (
    b'"Hi, Pythings Cloud here. It seems like we are experiencing a problem, '
    b'please try again later."'
)

Answer = tuple[int, str, bytes]


class Block:
    """ports.crypto.Cipher on `cryptography`."""

    def __init__(self, key: bytes) -> None:
        self._aes = Aes(algorithms.AES(key), modes.ECB())

    def encrypt(self, block: bytes) -> bytes:
        return self._aes.encryptor().update(block)

    def decrypt(self, block: bytes) -> bytes:
        return self._aes.decryptor().update(block)


def block(key: int = KEY) -> Block:
    return Block(key.to_bytes(16, "big"))


class Crypto:
    """The part of ports.crypto.Crypto that the gateway needs; its random bytes repeat each run."""

    def __init__(self) -> None:
        self.asked = 0

    def hasher(self) -> Hasher:
        raise NotImplementedError

    def random(self, size: int) -> bytes:
        self.asked += 1
        if self.asked % 2 and size == 16:
            return KEY.to_bytes(16, "big")
        stream = b"".join(hashlib.sha256(b"%d %d" % (self.asked, i)).digest() for i in range(9))
        return stream[:size]

    def aes(self, key: bytes) -> Block:
        return Block(key)

    def sha256(self, data: bytes) -> bytes:
        raise NotImplementedError

    def hmac_sha256(self, key: bytes, data: bytes) -> bytes:
        raise NotImplementedError

    def equal(self, a: bytes, b: bytes) -> bool:
        raise NotImplementedError

    def verify(self, modulus: int, signature: bytes, digest: bytes) -> bool:
        raise NotImplementedError


class Script:
    """A transport that returns the given answers in turn and records the requests.

    An answer may be a callable of (path, body). Files arrive in pieces of `cut` bytes.
    """

    def __init__(self, *answers: Answer | Callable[[str, bytes], Answer], cut: int = 7) -> None:
        self.answers = list(answers)
        self.cut = cut
        self.asked: list[tuple[str, bytes]] = []
        self.limits: list[int] = []
        self.used: list[tuple[str, bool]] = []
        self.closed = 0
        self.body = Pieces([])

    def use(self, backend: str, ssl: bool) -> None:
        self.used.append((backend, ssl))

    def post(self, path: str, body: bytes, limit: int) -> tuple[int, str]:
        assert path.startswith("/api/v1/") and path.endswith("/")
        self.asked.append((path[8:], body))
        self.limits.append(limit)
        answer = self.answers.pop(0)
        status, kind, data = answer if isinstance(answer, tuple) else answer(path, body)
        cuts = range(0, len(data), self.cut)
        self.body = Pieces(data[start : start + self.cut] for start in cuts)
        return status, kind

    def readinto(self, buffer: memoryview) -> int:
        return self.body.readinto(buffer)

    def close(self) -> None:
        self.closed += 1

    def sent(self, which: int = -1) -> tuple[str, Any]:
        """Return the path of a request and the JSON of its body."""
        path, body = self.asked[which]
        return path, json.loads(body.decode("ascii"))


class CloudCipher:
    """The payload cipher as the cloud has it, `&` trouble included; written apart from ours."""

    def __init__(self, key: int = KEY) -> None:
        self.aes = block(key)

    def encrypt(self, text: str) -> str:
        coded = ""
        while text:
            piece, text = text[:12].ljust(12, "&"), text[12:]
            slots = [int(piece[i : i + 4].encode().hex(), 16) for i in (0, 4, 8)]
            number = sum(slot * 10 ** (11 * i) for i, slot in enumerate(slots)) % 2**128
            secret = self.aes.encrypt(number.to_bytes(16, "big"))
            coded += str(int(secret.hex(), 16)).ljust(39, "&")
        return coded

    def decrypt(self, coded: str) -> str:
        text = ""
        for i in range(0, len(coded), 39):
            secret = int(coded[i : i + 39].replace("&", ""))
            number = int(self.aes.decrypt(secret.to_bytes(16, "big")).hex(), 16)
            for _ in range(3):
                number, slot = divmod(number, 10**11)
                text += slot.to_bytes(4, "big").decode()
        return text.replace("&", "")

    def request(self, body: bytes) -> dict[str, Any]:
        """Return the fields of an encrypted request."""
        outer = json.loads(body)
        assert set(outer) <= {"encrypted", "token"}, "something travels in the clear"
        fields = json.loads(self.decrypt(outer.pop("encrypted")))
        assert isinstance(fields, dict)
        return {**fields, **outer}


def key_found(text: bytes) -> int:
    """Return the AES key, as the cloud finds it in the decrypted text."""
    found = re.search(r"\d+", text.decode())
    assert found is not None
    return int(found.group())


def plain(value: Any, status: int = 200) -> Answer:
    """Return an answer as the cloud sends it in the clear."""
    return status, JSON, json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def coded(text: str, status: int = 200) -> Answer:
    """Return an answer with an encrypted body."""
    return status, TEXT, CloudCipher().encrypt(text).encode()


def secret(value: Any, status: int = 200) -> Answer:
    """Return an answer as the cloud sends it in an encrypted session."""
    return coded(json.dumps(value), status)


GONE = plain("Hi, Pythings Cloud here. Error: token not found.", 401)
TOKEN = "63aeb723-944c-4c6d-a893-ac6403e4256c"
SESSION = {"token": TOKEN, "epoch": 1795402014}
IDENTITY = {
    "tid": "T-PY2",
    "aid": "af40",
    "app_version": "1001",
    "pythings_version": "v2.0.0",
    "pool": None,
    "frozen": True,
    "platform": "Python",
}


def in_session(
    *answers: Answer | Callable[[str, bytes], Answer], encrypted: bool = False, cut: int = 7
) -> tuple[Gateway, Script]:
    """Return a registered gateway, and the transport that will return `answers` to it."""
    opening = [secret({"token": "pre"}), secret(SESSION)] if encrypted else [plain(SESSION)]
    script = Script(*opening, *answers, cut=cut)
    gateway = Gateway(script, Crypto())
    assert gateway.register(IDENTITY, encrypted, 0) == SESSION["epoch"]
    return gateway, script


both = pytest.mark.parametrize("encrypted", [False, True])


def answered(value: Any, encrypted: bool) -> Answer:
    """Return an answer of a session that is encrypted or not."""
    return secret(value) if encrypted else plain(value)


def fields(script: Script, encrypted: bool) -> tuple[str, Any]:
    """Return the last request as the cloud reads it: the path and the fields."""
    path, body = script.asked[-1]
    return path, CloudCipher().request(body) if encrypted else json.loads(body)


def code_of(call: Callable[..., object], *args: object) -> str:
    """Return the code of the CloudError that the call raises; its text is fit to be shown."""
    try:
        call(*args)
    except CloudError as error:
        assert 0 < len(error.text) <= 200
        assert error.text.isascii() and error.text.isprintable()
        assert TOKEN not in error.text and str(KEY) not in error.text
        return error.code
    raise AssertionError("no CloudError")


def error_of(call: Callable[..., object], *args: object) -> tuple[str, str]:
    """Return the code and the text of the CloudError that the call raises."""
    try:
        call(*args)
    except CloudError as error:
        return error.code, error.text
    raise AssertionError("no CloudError")
