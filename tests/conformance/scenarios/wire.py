# Untyped: the fakes implement no port completely. Running them checks their results.
# mypy: no-check-untyped-defs
"""The cloud's codec, its cipher and the gateway, over generated inputs and scripted answers."""

from __future__ import annotations

import json
from typing import Any

from adapters.cloud import cipher, codec, keys
from adapters.cloud.body import Decrypted, Marked
from adapters.cloud.gateway import Gateway
from adapters.cloud.jsontext import dump
from domain.streams import gather
from tests.conformance.scenarios.shown import attempt, show


class Scrambler:
    """A substitute for AES where there is none: 16 bytes to 16 bytes, and back."""

    def __init__(self, key):
        self.secret = key

    def encrypt(self, block):
        return bytes([byte ^ self.secret[at] for at, byte in enumerate(block)])

    def decrypt(self, block):
        return self.encrypt(block)


class Secrets:
    """A crypto port without randomness."""

    def random(self, size):
        return bytes([(at * 37 + 11) & 0xFF for at in range(size)])

    def aes(self, key):
        return Scrambler(key)

    def hmac_sha256(self, key, data):
        return (data * 32)[:32]


class Pieces:
    """A stream of the given pieces."""

    def __init__(self, pieces):
        self.pieces = pieces

    def readinto(self, buffer):
        while self.pieces and not self.pieces[0]:
            del self.pieces[0]
        if not self.pieces:
            return 0
        piece = self.pieces[0][: len(buffer)]
        self.pieces[0] = self.pieces[0][len(piece) :]
        buffer[: len(piece)] = piece
        return len(piece)


class Answers:
    """A transport that returns scripted answers, in pieces."""

    def __init__(self, answers, out):
        self.answers = answers
        self.out = out

    def use(self, backend, ssl):
        self.out("use %s %s" % (backend, ssl))

    def close(self):
        self.out("close")

    def post(self, path, body, limit):
        self.out("post %s %s %d" % (path, _body(body), limit))
        status, kind, text = self.answers.pop(0) if self.answers else (200, "text/html", "")
        data = text.encode()
        self.body = Pieces([data[start : start + 7] for start in range(0, len(data), 7)])
        return status, kind

    def readinto(self, buffer):
        return self.body.readinto(buffer)


def _body(body):
    """Show a body with its keys sorted: a device's dicts have no order."""
    return show(json.loads(body.decode()))


def run(out, cases):
    """Trace each case: a list with the name of the step and its arguments."""
    steps: Any = {
        "dump": _dump,
        "cipher": _cipher,
        "answer": _answer,
        "file": _file,
        "seal": _seal,
        "gateway": _gateway,
    }
    for case in cases:
        out("%s %s" % (case[0], steps[case[0]](*case[1:])))


def _dump(value):
    """Return the value of the JSON text, and the text if its order is certain, else its length."""
    text = dump(value)
    return "%s %s" % (show(json.loads(text)), text if _certain(value) else len(text))


def _certain(value):
    if isinstance(value, dict):
        return len(value) < 2 and all(_certain(item) for item in value.values())
    if isinstance(value, list):
        return all(_certain(item) for item in value)
    return not isinstance(value, float)


def _cipher(key, text, cuts):
    aes = Scrambler(bytes(key))
    wire = cipher.encrypt(aes, text).encode()
    parts = []
    start = 0
    for size in cuts:
        parts.append(wire[start : start + size])
        start += size
    parts.append(wire[start:])
    text = attempt(gather, Decrypted(Pieces(parts), aes), 100000)
    wrong = wire[:5] + b"x" + wire[6:]
    return "%s %s %s" % (wire.decode(), text, attempt(cipher.decrypt, aes, wrong))


def _answer(status, kind, text, encrypted):
    aes = Scrambler(bytes(range(16))) if encrypted else None
    body = cipher.encrypt(aes, text) if encrypted == 2 else text
    return attempt(codec.answer, status, kind, body.encode(), aes)


def _file(pieces, version, encrypted):
    source: Any = Pieces([piece.encode() for piece in pieces])
    if encrypted:
        source = Decrypted(source, Scrambler(bytes(range(16))))
    return attempt(gather, Marked(source, version, "f"), 1000)


def _seal(key, modulus):
    return attempt(keys.seal_key, Secrets(), bytes(key), int(modulus))


def _gateway(answers, calls, encrypted):
    said = []
    gateway = Gateway(Answers(answers, said.append), Secrets())
    gateway.use("cloud.example.org", True)
    written = []
    choices: Any = {
        "register": lambda: gateway.register({"tid": "t"}, encrypted, 0),
        "management": gateway.management,
        "salt": gateway.salt,
        "show": lambda: gateway.identify(bytes(16), False),
        "prove": lambda: gateway.identify(bytes(16), True),
        "reply": lambda: gateway.reply("m1", {"ok": True}),
        "reading": lambda: gateway.reading([1, "a"], 1700000000),
        "report": lambda: gateway.report("management", "KO", "no mid"),
        "app_files": lambda: gateway.app_files("v1"),
        "app_file": lambda: written.append(gather(gateway.app_file("v1", "a.py"), 1000)),
        "os_file": lambda: written.append(gather(gateway.os_file("v2", "esp32", "pt.mpy"), 1000)),
        "forget": gateway.forget,
    }
    for call in calls:
        said.append("%s %s %s" % (call, attempt(choices[call]), gateway.in_session()))
    return " ".join(said) + show(b"".join(written))
